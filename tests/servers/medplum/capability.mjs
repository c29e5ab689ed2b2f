// What the server can do, said truthfully for the profile it runs in.
import { getSearchParameters } from '@medplum/core';

const TYPES = [
  'Appointment', 'AuditEvent', 'CarePlan', 'Communication', 'Composition', 'Consent', 'Device', 'DocumentReference',
  'Encounter', 'EpisodeOfCare', 'Flag', 'Goal', 'Observation', 'Organization', 'Patient', 'Practitioner',
  'PractitionerRole', 'Provenance', 'Questionnaire', 'QuestionnaireResponse', 'ServiceRequest', 'Task',
];
const INTERACTIONS = [
  'read', 'vread', 'update', 'patch', 'delete', 'history-instance', 'create', 'search-type',
];

export function capabilityStatement({ base, profile, tokenUrl }) {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-11-22',
    kind: 'instance',
    software: { name: `gsh-console test server (${profile})`, version: '5.2.13' },
    implementation: { description: `Medplum FHIR router, profile ${profile}`, url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    rest: [
      {
        mode: 'server',
        ...(tokenUrl && { security: security(tokenUrl) }),
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
        resource: TYPES.map((type) => resource(type, profile === 'open')),
      },
    ],
  };
}

function resource(type, updateCreate) {
  const parameters = Object.values(getSearchParameters(type) ?? {});
  return {
    type,
    versioning: 'versioned-update',
    readHistory: true,
    updateCreate,
    conditionalCreate: true,
    conditionalRead: 'not-supported',
    conditionalUpdate: true,
    conditionalDelete: 'single',
    referencePolicy: ['literal', 'logical'],
    interaction: INTERACTIONS.map((code) => ({ code })),
    searchParam: parameters.map(({ code, type: kind }) => ({ name: code, type: kind })),
  };
}

function security(tokenUrl) {
  return {
    service: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' },
        ],
      },
    ],
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: [{ url: 'token', valueUri: tokenUrl }],
      },
    ],
  };
}
