"""Real FHIR servers and a faulty network for the tests of sending; README.md says how each is used."""
