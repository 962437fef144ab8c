import { Type, type Static } from '@sinclair/typebox';

export const CoupaSettings = Type.Object({
  /** Of the instance, such as `https://hospital.coupahost.com`. */
  baseUrl: Type.String({ format: 'uri' }),
  clientId: Type.String({ minLength: 1 }),
  clientSecret: Type.String({ minLength: 1 }),
  /** Milliseconds for one exchange. */
  timeoutMs: Type.Integer({ minimum: 100, default: 8_000 }),
  /** A little below what the vendor grants to one integration: it counts arrivals, and requests do not arrive evenly. */
  quota: Type.Object({
    perSecond: Type.Number({ exclusiveMinimum: 0, default: 24 }),
    burst: Type.Integer({ minimum: 1, default: 18 }),
  }, { additionalProperties: false, default: {} }),
  /** Milliseconds that a call may wait for its turn, or for the vendor after a 429, before the caller is told. */
  patienceMs: Type.Integer({ minimum: 0, default: 5_000 }),
  /** Milliseconds for which a price once read is used again. */
  priceCacheMs: Type.Integer({ minimum: 0, default: 60_000 }),
}, { additionalProperties: false });

export type CoupaSettings = Static<typeof CoupaSettings>;
