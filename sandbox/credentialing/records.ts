import { credentialKinds } from '../hospital/workforce.ts';
import type { JsonObject } from '../ehr/json.ts';

/** Identifier and code systems that the credentialing office assigns or uses. */
export const SYSTEMS = {
  person: 'https://lakeside.example/ids/person',
  credential: 'https://lakeside.example/ids/credential',
  code: 'https://lakeside.example/ids/credential-code',
  kind: 'https://lakeside.example/ids/credential-kind',
  facility: 'https://lakeside.example/ids/facility',
  sanctionList: 'https://lakeside.example/ids/sanction-list',
  number: 'https://lakeside.example/ids/credential-number',
  npi: 'http://hl7.org/fhir/sid/us-npi',
} as const;

/** @source Da Vinci PDex Plan Net 1.2.0, practitioner-qualification and QualificationStatusCS */
const PLAN_NET = 'http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/practitioner-qualification';
export type Status = 'active' | 'inactive' | 'issiner' | 'revoked' | 'pending' | 'unknown';

export interface Credential {
  credentialId: string;
  code: string;
  number: string;
  status: Status;
  issuedOn: string;
  /** The last day on which it is valid. */
  expiresOn?: string;
  /** Of a privilege: the one facility of which it is. */
  facility?: string;
}

/** A code that is on no list of licences and certificates is a privilege, which the facility's own staff office grants. */
export function qualificationOf({ credentialId, code, number, status, issuedOn, expiresOn, facility }: Credential): JsonObject {
  const { kind, issuer } = credentialKinds[code] ?? { kind: 'privilege', issuer: 'Medical staff office' };
  return {
    extension: [{
      url: PLAN_NET,
      extension: [
        { url: 'status', valueCode: status },
        ...(facility === undefined ? [] : [{ url: 'whereValid', valueCodeableConcept: { coding: [{ system: SYSTEMS.facility, code: facility }] } }]),
      ],
    }],
    identifier: [{ system: SYSTEMS.credential, value: credentialId }, { system: SYSTEMS.number, value: number }],
    code: { coding: [{ system: SYSTEMS.code, code }, { system: SYSTEMS.kind, code: kind }] },
    period: { start: issuedOn, ...(expiresOn === undefined ? {} : { end: expiresOn }) },
    issuer: { display: issuer },
  };
}

export function practitionerOf(id: string, { personId, npi, given, family }: { personId: string; npi?: string; given: string; family: string }): JsonObject {
  return {
    resourceType: 'Practitioner', id, active: true,
    identifier: [{ system: SYSTEMS.person, value: personId }, ...(npi === undefined ? [] : [{ system: SYSTEMS.npi, value: npi }])],
    name: [{ use: 'official', family, given: [given] }],
  };
}

export function flagOf(id: string, practitionerId: string, { source, from, to }: { source: string; from: string; to?: string | undefined }): JsonObject {
  return {
    resourceType: 'Flag', id, status: to === undefined ? 'active' : 'inactive',
    code: { coding: [{ system: SYSTEMS.sanctionList, code: source }] },
    subject: { reference: `Practitioner/${practitionerId}` },
    period: { start: from, ...(to === undefined ? {} : { end: to }) },
  };
}
