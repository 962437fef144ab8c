import { Type, type Static } from '@sinclair/typebox';

const FacilityCode = Type.String({ pattern: '^[A-Z][A-Z0-9-]{1,15}$' });

export const MllpSettings = Type.Object({
  host: Type.String({ default: '127.0.0.1' }),
  /** 0 takes a free port. */
  port: Type.Integer({ minimum: 0, maximum: 65_535 }),
  /** Whose messages these are when `facilities` does not know the sending facility. */
  facility: Type.Optional(FacilityCode),
  /** Our facility code for each MSH-4. */
  facilities: Type.Record(Type.String(), FacilityCode, { default: {} }),
  /** MSH-5 and MSH-6 that we answer to; any when absent. */
  receivingApplications: Type.Optional(Type.Array(Type.String())),
  receivingFacilities: Type.Optional(Type.Array(Type.String())),
  /** MSH-11, table 0103; a production system leaves out T and D. */
  processingIds: Type.Optional(Type.Array(Type.String())),
  maxMessageBytes: Type.Integer({ minimum: 1_024, maximum: 16 * 1024 * 1024, default: 1024 * 1024 }),
  maxConnections: Type.Integer({ minimum: 1, maximum: 10_000, default: 200 }),
  /** Unfinished messages of all connections together. */
  maxUnfinishedBytes: Type.Integer({ minimum: 1_024, default: 64 * 1024 * 1024 }),
  /** A connection on which nothing happens for so long is closed. */
  idleMs: Type.Integer({ minimum: 100, default: 3_600_000 }),
  /** How long one message may take from its first byte to its last. */
  messageMs: Type.Integer({ minimum: 100, default: 30_000 }),
}, { additionalProperties: false });

export type MllpSettings = Static<typeof MllpSettings>;
