import { Type, type Static } from '@sinclair/typebox';

const Category = Type.Unsafe<'voluntary' | 'involuntary' | 'for-cause' | 'retirement' | 'end-of-contract' | 'death'>({
  type: 'string', enum: ['voluntary', 'involuntary', 'for-cause', 'retirement', 'end-of-contract', 'death'],
});

export const WorkdaySettings = Type.Object({
  /** Of the tenant's host, such as `https://wd5-services1.workday.com`. */
  baseUrl: Type.String({ format: 'uri' }),
  tenant: Type.String({ pattern: '^[A-Za-z0-9_]+$' }),
  clientId: Type.String({ minLength: 1 }),
  clientSecret: Type.String({ minLength: 1 }),
  /** Milliseconds for one exchange. */
  timeoutMs: Type.Integer({ minimum: 100, maximum: 60_000, default: 8_000 }),
  /** How long a write that was given up may still take effect. */
  lateMs: Type.Integer({ minimum: 0, maximum: 600_000, default: 10_000 }),
  /** A little below what the vendor was seen to grant to one integration. */
  quota: Type.Object({
    perSecond: Type.Number({ exclusiveMinimum: 0, default: 9.5 }),
    burst: Type.Integer({ minimum: 1, default: 8 }),
  }, { additionalProperties: false, default: {} }),
  /** Milliseconds that a call may wait for its turn, or for the vendor after a 429, before the caller is told. */
  patienceMs: Type.Integer({ minimum: 0, default: 5_000 }),
  businessProcesses: Type.Object({
    /** Asks the vendor to complete what a call starts, where the tenant allows that. */
    autoComplete: Type.Boolean({ default: true }),
    /** First pause between two looks at one that was only started; the pauses grow. */
    pollMs: Type.Integer({ minimum: 10, maximum: 10_000, default: 200 }),
    /** So long a call follows one; after that its caller is told to come back. */
    followMs: Type.Integer({ minimum: 0, maximum: 60_000, default: 6_000 }),
  }, { additionalProperties: false, default: {} }),
  /** Our facility by the vendor's location, where they are called differently. */
  facilities: Type.Record(Type.String(), Type.String({ pattern: '^[A-Z][A-Z0-9-]{1,15}$' }), { default: {} }),
  /** What the tenant's reasons mean. The first of a category is the one that is written. */
  terminationReasons: Type.Record(Type.String(), Category, { default: {
    Voluntary_Resignation: 'voluntary', Involuntary_Position_Eliminated: 'involuntary', Involuntary_Misconduct: 'for-cause', Retirement: 'retirement', End_of_Contract: 'end-of-contract', Deceased: 'death',
  } }),
  changes: Type.Object({
    /** What was entered before is not told. The moment of the first start when absent. */
    startAt: Type.Optional(Type.String({ format: 'date-time' })),
    /** Longer than an entry may take from its moment to where the feed shows it. */
    lookBackMs: Type.Integer({ minimum: 0, maximum: 3_600_000, default: 10_000 }),
  }, { additionalProperties: false, default: {} }),
}, { additionalProperties: false });

export type WorkdaySettings = Static<typeof WorkdaySettings>;
