import type { LifeDefinition } from '#chassis/lifecycle/life.ts';
import type { Database } from '#chassis/storage/database.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { definitionOf as consumptionToReplenishment } from '../process-apis/consumption-to-replenishment/definition.ts';
import { definitionOf as hireToRetire } from '../process-apis/hire-to-retire/definition.ts';
import { definitionOf as procureToPay } from '../process-apis/procure-to-pay/definition.ts';

// A chart can be read without anything behind it; its limits have names there and no lengths.
const outside = { systems: {} as never, database: {} as Database, clock: systemClock };
const accounts = { inventory: '', clearing: '', payables: '', cash: '', priceVariance: '' };

/** The charts of all processes, by folder in `process-apis`. */
export const charts: Record<string, Pick<LifeDefinition<never>, 'process' | 'machine' | 'moves'>> = {
  'procure-to-pay': procureToPay({ ...outside, policy: {
    currency: 'USD', demandNeedsNoApprovalUpTo: '0', personNeedsNoApprovalUpTo: '0', tiers: [], costCenters: {}, splitWindowHours: 0, buyerMayExceedPercent: 0,
    match: { pricePercent: 0, quantityPercent: 0 }, payment: { needsNoApprovalUpTo: '0', approverRole: '' }, accounts,
    limits: { approvalMs: 1, acknowledgementMs: 1, goodsMs: 1, invoiceMs: 1, reviewMs: 1, archiveMs: 1 }, watches: { acknowledgedWithinMs: 1, invoicedWithinMs: 1 },
  } }),
  'consumption-to-replenishment': consumptionToReplenishment({ ...outside, settings: { places: {}, storesCostCenter: '', accounts, limits: { refillMs: 1, correctionMs: 1 } } }),
  'hire-to-retire': hireToRetire({ ...outside, settings: { calendar: { timeZone: 'UTC' }, policy: [], limits: { riskMs: 1, revokedWithinMs: 1 }, drift: { everyMs: 1, repair: false } } }),
};
