import { Type, type Static } from '@sinclair/typebox';

const Amount = Type.String({ pattern: '^\\d{1,13}(\\.\\d{1,2})?$' });
const TierPolicy = Type.Object({
  name: Type.String(),
  role: Type.String(),
  /** Whether the role is held per cost centre. */
  perCostCenter: Type.Boolean({ default: false }),
  /** Amounts above this need the next tier as well. */
  upTo: Amount,
}, { additionalProperties: false });

/** Whole milliseconds, so that a sandbox day may run in seconds what a hospital gives days. */
const Limit = Type.Integer({ minimum: 100 });

export const Policy = Type.Object({
  currency: Type.String({ default: 'USD' }),
  demandNeedsNoApprovalUpTo: Amount,
  personNeedsNoApprovalUpTo: Amount,
  /** The first tier always approves; each further one when the amount is above the limit of the tier before. */
  tiers: Type.Array(TierPolicy, { minItems: 1 }),
  /** Cost centres with tiers of their own. */
  costCenters: Type.Record(Type.String(), Type.Object({ tiers: Type.Array(TierPolicy, { minItems: 1 }) }, { additionalProperties: false }), { default: {} }),
  /** Requests of one person for one cost centre within so many hours are judged together. */
  splitWindowHours: Type.Number({ minimum: 0, default: 24 }),
  /** How far above the approved amount a buyer may accept a supplier's proposal. */
  buyerMayExceedPercent: Type.Number({ minimum: 0, default: 10 }),
  match: Type.Object({
    pricePercent: Type.Number({ minimum: 0, default: 2 }),
    quantityPercent: Type.Number({ minimum: 0, default: 0 }),
  }, { additionalProperties: false, default: {} }),
  payment: Type.Object({
    needsNoApprovalUpTo: Amount,
    approverRole: Type.String({ default: 'accounts-payable-manager' }),
  }, { additionalProperties: false }),
  limits: Type.Object({
    approvalMs: Limit,
    acknowledgementMs: Limit,
    goodsMs: Limit,
    invoiceMs: Limit,
    reviewMs: Limit,
    /** How long a closed order still answers late documents. */
    archiveMs: Limit,
  }, { additionalProperties: false }),
  /** How long somebody is given before others hear of it; the order's own limits open work items. */
  watches: Type.Object({
    acknowledgedWithinMs: Type.Integer({ minimum: 100, default: 86_400_000 }),
    invoicedWithinMs: Type.Integer({ minimum: 100, default: 2_592_000_000 }),
  }, { additionalProperties: false, default: {} }),
  accounts: Type.Object({
    inventory: Type.String(), clearing: Type.String(), payables: Type.String(), cash: Type.String(), priceVariance: Type.String(),
  }, { additionalProperties: false }),
}, { additionalProperties: false });

export type Policy = Static<typeof Policy>;
