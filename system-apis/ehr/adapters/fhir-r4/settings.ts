import { Type, type Static } from '@sinclair/typebox';

const Uri = Type.String({ minLength: 3, maxLength: 200 });

export const FhirSettings = Type.Object({
  /** FHIR R4 base, without a slash at its end. */
  baseUrl: Type.String({ format: 'uri' }),
  tokenUrl: Type.String({ format: 'uri' }),
  clientId: Type.String({ minLength: 1 }),
  /** Either a shared secret or a private key (SMART backend services). */
  secret: Type.Optional(Type.String({ minLength: 1 })),
  privateKey: Type.Optional(Type.Object({
    /** PKCS#8 in PEM. */
    pem: Type.String({ minLength: 1 }),
    keyId: Type.String({ minLength: 1 }),
    algorithm: Type.Unsafe<'RS384' | 'ES384'>({ type: 'string', enum: ['RS384', 'ES384'], default: 'RS384' }),
  }, { additionalProperties: false })),
  /** All that are registered for the client when absent. */
  scopes: Type.Optional(Type.Array(Type.String())),
  /** Identifier and code systems that the hospital assigns. */
  systems: Type.Object({
    /** Codes of the EHR's supply dictionary: the hospital's item numbers. */
    item: Uri,
    location: Uri,
    facility: Uri,
    /** Under which a notice carries the platform's reference. */
    notice: Uri,
    /** Under which a Practitioner carries our person id, and the codes of PractitionerRoles. Without both there are no clinical users. */
    person: Type.Optional(Uri),
    role: Type.Optional(Uri),
    npi: Type.String({ default: 'http://hl7.org/fhir/sid/us-npi' }),
    gtin: Type.String({ default: 'https://www.gs1.org/gtin' }),
  }, { additionalProperties: false }),
  /** Our department code for the identifier of a Location; otherwise that identifier without `FACILITY-` before it. */
  departments: Type.Record(Type.String(), Type.String(), { default: {} }),
  /** Our unit (X12 element 355) for a UCUM code, beside those that are known. */
  units: Type.Record(Type.String(), Type.String({ pattern: '^[A-Z0-9]{2}$' }), { default: {} }),
  uses: Type.Object({
    /** Uses recorded before are not told. The moment of the first start when absent. */
    startAt: Type.Optional(Type.String({ format: 'date-time' })),
    /** Twice as long as a resource may take from its time stamp to where a search finds it. */
    lookBackMs: Type.Integer({ minimum: 0, maximum: 3_600_000, default: 10_000 }),
    pageSize: Type.Integer({ minimum: 1, maximum: 1_000, default: 200 }),
  }, { additionalProperties: false, default: {} }),
  timeoutMs: Type.Integer({ minimum: 100, maximum: 60_000, default: 8_000 }),
  connections: Type.Integer({ minimum: 1, maximum: 100, default: 8 }),
}, { additionalProperties: false });

export type FhirSettings = Static<typeof FhirSettings>;
