import { createHash, randomUUID } from 'node:crypto';
import { ApiError } from '#chassis/errors/failures.ts';
import { subtract } from '#chassis/money/money.ts';
import type { Lives } from '#chassis/lifecycle/lives.ts';
import type { Database, Transaction } from '#chassis/storage/database.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { NewRequisition } from '#contracts/generated/process/procure-to-pay/v1.ts';
import { PROCESS } from './definition.ts';
import { gatherFacts } from './facts.ts';
import { totalOf, UNKNOWN_SUPPLIER, type Line, type Order } from './order.ts';
import type { Policy } from './policy.ts';
import { findRequisition, insertRequisition, nextNumber, type RequisitionRow } from './requisitions.ts';
import { faultsOf, priceOf, type Facts } from './rules.ts';
import type { Systems } from './systems.ts';

/** A need as it comes in: from a person, or from a rule. */
export interface NeedIn extends NewRequisition {
  requester: string;
  origin: 'person' | 'demand';
  encounterId?: string | undefined;
  department?: string | undefined;
}

export interface SubmitDeps {
  systems: Systems;
  database: Database;
  lives: Lives;
  clock: Clock;
  policy: Policy;
}

/**
 * Takes a person's need. It is judged at once, so that what is plainly wrong is answered now and not by a refused order
 * later; a repeat is recognised before that, for what was right then may be wrong by now.
 */
export async function submitForPerson(deps: SubmitDeps, need: NeedIn): Promise<RequisitionRow> {
  const known = await findRequisition(deps.database, { reference: need.reference });
  if (known) return sameOrConflict(known, need);
  const facts = await gatherFacts(deps.systems, need, '0', deps.clock.now());
  const faults = faultsOf(need, facts, deps.policy.currency);
  if (faults.length > 0) {
    const [first] = faults;
    throw new ApiError('refused', faults.map((fault) => fault.detail).join(' '), { code: first!.code, errors: faults.map(({ pointer = '', detail, code }) => ({ pointer, detail, code })) });
  }
  return deps.database.transaction((tx) => submit(tx, deps, need, facts));
}

/** Takes what a rule asks for. Nothing outside is asked here: the order finds its supplier and its faults in its first move. */
export function submitDemand(tx: Transaction, deps: SubmitDeps, need: NeedIn): Promise<RequisitionRow> {
  return submit(tx, deps, need, { items: {}, prices: {} });
}

/** Begins one order per supplier. The reference makes a repeat harmless; the same reference for another need is a conflict. */
async function submit(tx: Transaction, { lives, clock, policy }: SubmitDeps, need: NeedIn, facts: Pick<Facts, 'items' | 'prices'>): Promise<RequisitionRow> {
  const now = clock.now();
  const known = await findRequisition(tx, { reference: need.reference });
  if (known) return sameOrConflict(known, need);
  const priced = need.lines.map((line, index) => lineOf(index + 1, line, facts as Facts));
  const row: RequisitionRow = {
    number: await nextNumber(tx), reference: need.reference, fingerprint: fingerprintOf(need), facility: need.facility, cost_center: need.costCenter, requester: need.requester, origin: need.origin,
    urgency: need.urgency ?? 'standard', justification: need.justification ?? null, currency: policy.currency, total: totalOf({ lines: priced }), submitted_at: now,
  };
  if (!await insertRequisition(tx, row)) return sameOrConflict((await findRequisition(tx, { reference: need.reference }))!, need);
  for (const [supplierNumber, lines] of bySupplier(priced, facts)) {
    const order = newOrder(need, row, supplierNumber, lines, now);
    await lives.start(tx, PROCESS, order, { identity: `${need.reference}/${supplierNumber}`, id: order.orderId, actor: need.origin === 'person' ? need.requester : undefined });
  }
  return row;
}

function sameOrConflict(known: RequisitionRow, need: NeedIn): RequisitionRow {
  if (known.fingerprint === fingerprintOf(need)) return known;
  throw new ApiError('conflict', 'This reference belongs to another requisition.', { code: 'reference-used', errors: [{ pointer: '/reference', detail: 'belongs to another requisition' }] });
}

/** What makes two needs the same, in whatever order their fields came. */
function fingerprintOf({ facility, costCenter, location, urgency, requester, lines }: NeedIn): string {
  const facts = [facility, costCenter, location ?? null, urgency ?? 'standard', requester, lines.map(({ itemNumber, quantity, unit }) => [itemNumber, quantity, unit])];
  return createHash('sha256').update(JSON.stringify(facts)).digest('base64');
}

function lineOf(line: number, { itemNumber, quantity, unit }: NeedIn['lines'][number], facts: Facts): Line {
  const item = facts.items[itemNumber];
  return { line, itemNumber, quantity, unit, description: item?.description ?? '', unitPrice: priceOf(itemNumber, facts), account: item?.expenseAccount ?? '', receivedQuantity: 0, invoicedQuantity: 0 };
}

/** An item without a supplier stands by itself, so that its refusal does not hold up the others. */
function bySupplier(lines: Line[], facts: Pick<Facts, 'items'>): Map<string, Line[]> {
  return Map.groupBy(lines, (line) => facts.items[line.itemNumber]?.preferredSupplier ?? UNKNOWN_SUPPLIER);
}

function newOrder(need: NeedIn, row: RequisitionRow, supplierNumber: string, lines: Line[], now: Date): Order {
  return {
    orderId: randomUUID(), requisitionNumber: row.number, reference: need.reference, requester: need.requester, origin: need.origin, urgency: row.urgency, justification: row.justification,
    facility: need.facility, costCenter: need.costCenter, location: need.location ?? need.costCenter, neededBy: need.neededBy ?? null, encounterId: need.encounterId ?? null, department: need.department ?? null,
    supplierNumber, currency: row.currency, submittedAt: now.toISOString(), siblingsTotal: subtract(row.total, totalOf({ lines })), lines, reasons: [],
    path: [], tier: 0, split: false, escalations: 0, approvals: [], approvedTotal: null, erpRequisitionNumber: null, orderNumber: null, failedPlacements: 0, isCancelling: false, isRevising: false, answer: null, answeredAt: null, shipNotices: [],
    delivery: null, deliveries: [], grown: [], invoice: null, invoices: [], trouble: null, writtenOffAccrual: '0', clearingBalance: null, writesOff: false,
  };
}
