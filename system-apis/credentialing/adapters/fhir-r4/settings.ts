import { Type, type Static } from '@sinclair/typebox';

const Uri = Type.String({ minLength: 3, maxLength: 200 });
export const KINDS = ['licence', 'privilege', 'board-certification', 'certificate', 'registration'] as const;

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
  /** Identifier and code systems of the credentialing system. */
  systems: Type.Object({
    /** Under which a Practitioner carries the platform's id of the person. */
    person: Uri,
    /** Under which a qualification carries an id of its own. */
    credential: Uri,
    code: Uri,
    kind: Uri,
    facility: Uri,
    /** Codes of a Flag that make it a sanction; other flags are none. */
    sanctionList: Uri,
    npi: Type.String({ default: 'http://hl7.org/fhir/sid/us-npi' }),
  }, { additionalProperties: false }),
  /** The kind of a credential by its code, where the system behind does not say. */
  kinds: Type.Record(Type.String(), Type.Unsafe<typeof KINDS[number]>({ type: 'string', enum: [...KINDS] }), { default: {} }),
  /** Base of the national registry of providers; provider numbers cannot be looked up when absent. */
  registryUrl: Type.Optional(Type.String({ format: 'uri' })),
  /** Twice as long as a resource may take from its time stamp to where a search finds it. */
  lookBackMs: Type.Integer({ minimum: 0, maximum: 3_600_000, default: 10_000 }),
  pageSize: Type.Integer({ minimum: 1, maximum: 1_000, default: 200 }),
  timeoutMs: Type.Integer({ minimum: 100, maximum: 60_000, default: 8_000 }),
  connections: Type.Integer({ minimum: 1, maximum: 100, default: 4 }),
}, { additionalProperties: false });

export type FhirSettings = Static<typeof FhirSettings>;
