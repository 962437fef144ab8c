import { Type, type Static } from '@sinclair/typebox';

const Code = Type.String({ minLength: 1, maxLength: 64 });
const Milliseconds = (fallback: number, most = 600_000) => Type.Integer({ minimum: 0, maximum: most, default: fallback });

const Facility = Type.Object({
  /** Inventory organization that keeps the facility's stock. */
  organization: Code,
  /** Balancing segment of the facility's accounts. */
  entity: Code,
  /** Subinventory that serves a cost centre, where an order names no location. */
  subinventories: Type.Record(Type.String(), Code, { default: {} }),
}, { additionalProperties: false });

export const FusionSettings = Type.Object({
  /** Address of the pod. */
  baseUrl: Type.String({ format: 'uri' }),
  user: Type.String({ minLength: 1 }),
  password: Type.String({ minLength: 1 }),
  /** Milliseconds for one exchange. */
  timeoutMs: Type.Integer({ minimum: 100, maximum: 120_000, default: 8_000 }),
  /** How long a write that was given up may still take effect. */
  lateMs: Milliseconds(10_000),
  connections: Type.Integer({ minimum: 1, maximum: 64, default: 16 }),
  businessUnit: Type.String({ minLength: 1 }),
  /** Under which the platform's documents stand: source of journals, invoices and inventory transactions. */
  source: Type.String({ minLength: 1, maxLength: 25, default: 'Callosum' }),
  currency: Type.String({ pattern: '^[A-Z]{3}$', default: 'USD' }),
  /** By the platform's code of the facility. The first one also holds what belongs to none. */
  facilities: Type.Record(Type.String({ pattern: '^[A-Z][A-Z0-9-]{1,15}$' }), Facility, { minProperties: 1 }),
  chart: Type.Object({
    /** How the vendor writes an account combination. Further segments stand in it with their fixed values. */
    combination: Type.String({ pattern: '\\{entity\\}.*\\{costCenter\\}.*\\{account\\}', default: '{entity}-{costCenter}-{account}' }),
    /** Fills the cost centre segment of accounts that are charged to none. */
    noCostCenter: Type.String({ default: '0000' }),
    /** Codes of the value sets behind the segments. */
    costCenterSet: Code,
    accountSet: Code,
  }, { additionalProperties: false }),
  accounts: Type.Object({
    /** Charged by orders that go into stock. */
    inventory: Code,
    /** Takes the other side of stock that is counted or put in without a cost centre. */
    stockClearing: Code,
  }, { additionalProperties: false }),
  /** How people are entered; without it employees are not kept. */
  employees: Type.Optional(Type.Object({
    legalEmployer: Type.String({ minLength: 1 }),
    legislation: Type.String({ pattern: '^[A-Z]{2}$', default: 'US' }),
    /** With facility and cost centre the default expense account of a person. */
    expenseAccount: Code,
  }, { additionalProperties: false })),
  ledger: Type.Object({
    id: Type.String({ pattern: '^\\d+$' }),
    dataAccessSetId: Type.String({ pattern: '^\\d+$' }),
    /** Journal category by source of the entry. */
    categories: Type.Object({
      receipt: Type.String({ default: 'Receiving' }), invoice: Type.String({ default: 'Purchase Invoices' }), payment: Type.String({ default: 'Payments' }),
      consumption: Type.String({ default: 'Inventory' }), adjustment: Type.String({ default: 'Adjustment' }),
    }, { additionalProperties: false, default: {} }),
  }, { additionalProperties: false }),
  journals: Type.Object({
    /** How long entries of many callers are gathered for one import file, and how many at most. */
    gatherMs: Milliseconds(75, 5_000),
    maxPerFile: Type.Integer({ minimum: 1, maximum: 1_000, default: 200 }),
    /** Files that may be imported at the same time. */
    filesAtOnce: Type.Integer({ minimum: 1, maximum: 16, default: 3 }),
    /** First pause between two looks at the job; the pauses grow. */
    pollMs: Milliseconds(100, 10_000),
    /** How long an import whose fate is unknown may still come into the books before it is sent again. */
    settleMs: Milliseconds(60_000, 3_600_000),
  }, { additionalProperties: false, default: {} }),
  /** Days by name of the terms, where the name does not end with them. */
  paymentTerms: Type.Record(Type.String(), Type.Integer({ minimum: 0, maximum: 365 }), { default: { IMMEDIATE: 0 } }),
  /** X12 unit code by the vendor's code, where they differ. */
  unitCodes: Type.Record(Type.String(), Type.String({ pattern: '^[A-Z0-9]{2}$' }), { default: {} }),
  /** How long master data may be older than the vendor's, and how many entries are kept. */
  cacheMs: Milliseconds(60_000),
  cacheEntries: Type.Integer({ minimum: 10, maximum: 1_000_000, default: 20_000 }),
}, { additionalProperties: false });

export type FusionSettings = Static<typeof FusionSettings>;
export type FacilitySettings = Static<typeof Facility>;
