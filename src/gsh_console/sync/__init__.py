"""From a signed contact to one FHIR R4 transaction, checked before it is frozen, and into the service's folder."""
