import { Type, type Static } from '@sinclair/typebox';

export const UkgSettings = Type.Object({
  /** Of the tenant, without a slash at its end. */
  baseUrl: Type.String({ format: 'uri' }),
  tokenUrl: Type.String({ format: 'uri' }),
  clientId: Type.String({ minLength: 1 }),
  secret: Type.String({ minLength: 1 }),
  /** IANA name: the vendor's times are those of the hospital's clocks, without a zone. */
  timeZone: Type.String({ default: 'UTC' }),
  /** What stands before facility and unit in the vendor's organizational paths. */
  orgRoot: Type.String({ minLength: 1 }),
  /** The form of person numbers that are ids of ours; people with others are somebody else's. */
  personNumbers: Type.String({ format: 'regex', default: '^[A-Za-z0-9][A-Za-z0-9-]{0,39}$' }),
  /** Name of a comment that is set up for shifts. */
  comment: Type.String({ minLength: 1, default: 'Callosum' }),
  /** How far ahead, and back, shifts are looked at when nothing is said. */
  horizonDays: Type.Integer({ minimum: 1, maximum: 1_000, default: 400 }),
  timeoutMs: Type.Integer({ minimum: 100, maximum: 60_000, default: 8_000 }),
  connections: Type.Integer({ minimum: 1, maximum: 100, default: 4 }),
}, { additionalProperties: false });

export type UkgSettings = Static<typeof UkgSettings>;
