import { SEARCH_PARAMETERS } from './search-parameters.ts';
import { RESOURCES } from './structures.ts';

/** @source https://hl7.org/fhir/R4/capabilitystatement.html */
export function capabilityStatement(baseUrl: string, tokenUrl: string): object {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2026-11-20',
    kind: 'instance',
    software: { name: 'Callosum sandbox EHR' },
    implementation: { description: 'Simulated electronic health record of the sandbox hospital; all patients are synthetic', url: baseUrl },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [{
      mode: 'server',
      security: {
        service: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' }] }],
        extension: [{
          url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
          extension: [{ url: 'token', valueUri: tokenUrl }],
        }],
      },
      resource: Object.keys(RESOURCES).map((type) => ({
        type,
        interaction: ['read', 'vread', 'update', 'delete', 'history-instance', 'create', 'search-type'].map((code) => ({ code })),
        versioning: 'versioned-update',
        readHistory: true,
        updateCreate: true,
        conditionalCreate: true,
        conditionalRead: 'not-match',
        conditionalUpdate: false,
        conditionalDelete: 'not-supported',
        referencePolicy: ['literal', 'enforced'],
        searchInclude: parametersOf(type).filter(([, each]) => each.type === 'reference').map(([name]) => `${type}:${name}`),
        searchParam: [
          { name: '_id', type: 'token' },
          { name: '_lastUpdated', type: 'date' },
          ...parametersOf(type).map(([name, each]) => ({ name, type: each.type })),
        ],
      })),
      interaction: [{ code: 'transaction' }, { code: 'batch' }],
    }],
  };
}

/** @source https://hl7.org/fhir/smart-app-launch/conformance.html */
export function smartConfiguration(tokenUrl: string): object {
  return {
    token_endpoint: tokenUrl,
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_basic', 'client_secret_post'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    scopes_supported: ['system/*.cruds', 'system/*.rs', 'system/*.read', 'system/*.write'],
    capabilities: ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'],
  };
}

function parametersOf(type: string) {
  return Object.entries(SEARCH_PARAMETERS[type] ?? {});
}
