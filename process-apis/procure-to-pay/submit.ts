import { createHash, randomUUID } from 'node:crypto';
import { ApiError } from '#chassis/errors/failures.ts';
import { lineAmount, sum } from '#chassis/money/money.ts';
import type { Lives } from '#chassis/lifecycle/lives.ts';
import type { Database, Transaction } from '#chassis/storage/database.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { NewRequisition } from '#contracts/generated/process/procure-to-pay/v1.ts';
import { PROCESS } from './definition.ts';
import { gatherFacts } from './facts.ts';
import type { Line, Order } from './order.ts';
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

/** Judges a person's need at once, so that what is plainly wrong is answered now and not by a refused order later. */
export async function factsForPerson({ systems, clock }: SubmitDeps, need: NeedIn): Promise<Facts> {
  const facts = await gatherFacts(systems, need, '0', clock.now());
  const faults = faultsOf(need, facts);
  if (faults.length > 0) {
    const [first] = faults;
    throw new ApiError('refused', faults.map((fault) => fault.detail).join(' '), { code: first!.code, errors: faults.map(({ pointer = '', detail, code }) => ({ pointer, detail, code })) });
  }
  return facts;
}

/** Begins one order per supplier. The reference makes a repeat harmless; the same reference for another need is a conflict. */
export async function submit(tx: Transaction, { lives, clock, policy }: SubmitDeps, need: NeedIn, facts: Facts): Promise<RequisitionRow> {
  const now = clock.now();
  const fingerprint = createHash('sha256').update(JSON.stringify([need.facility, need.costCenter, need.urgency, need.requester, need.lines])).digest('base64');
  const known = await findRequisition(tx, { reference: need.reference });
  if (known) return sameOrConflict(known, fingerprint);
  const priced = need.lines.map((line, index) => lineOf(index + 1, line, facts));
  const row: RequisitionRow = {
    number: await nextNumber(tx), reference: need.reference, fingerprint, facility: need.facility, cost_center: need.costCenter, requester: need.requester, origin: need.origin,
    urgency: need.urgency ?? 'standard', justification: need.justification ?? null, currency: policy.currency,
    total: sum(priced.map((line) => lineAmount(line.quantity, line.unitPrice))), submitted_at: now,
  };
  if (!await insertRequisition(tx, row)) return sameOrConflict((await findRequisition(tx, { reference: need.reference }))!, fingerprint);
  for (const [supplierNumber, lines] of bySupplier(priced, facts)) {
    const order = newOrder(need, row, supplierNumber, lines, now);
    await lives.start(tx, PROCESS, order, { identity: `${need.reference}/${supplierNumber}`, id: order.orderId, actor: need.origin === 'person' ? need.requester : undefined });
  }
  return row;
}

function sameOrConflict(known: RequisitionRow, fingerprint: string): RequisitionRow {
  if (known.fingerprint === fingerprint) return known;
  throw new ApiError('conflict', 'This reference belongs to another requisition.', { code: 'reference-used', errors: [{ pointer: '/reference', detail: 'belongs to another requisition' }] });
}

function lineOf(line: number, { itemNumber, quantity, unit }: NeedIn['lines'][number], facts: Facts): Line {
  const item = facts.items[itemNumber];
  return { line, itemNumber, quantity, unit, description: item?.description ?? '', unitPrice: priceOf(itemNumber, facts), account: item?.expenseAccount ?? '', receivedQuantity: 0, invoicedQuantity: 0 };
}

/** An item without a supplier stands by itself, so that its refusal does not hold up the others. */
function bySupplier(lines: Line[], facts: Facts): Map<string, Line[]> {
  return Map.groupBy(lines, (line) => facts.items[line.itemNumber]?.preferredSupplier ?? 'unknown');
}

function newOrder(need: NeedIn, row: RequisitionRow, supplierNumber: string, lines: Line[], now: Date): Order {
  return {
    orderId: randomUUID(), requisitionNumber: row.number, reference: need.reference, requester: need.requester, origin: need.origin, urgency: row.urgency, justification: row.justification,
    facility: need.facility, costCenter: need.costCenter, location: need.location ?? need.costCenter, neededBy: need.neededBy ?? null, encounterId: need.encounterId ?? null, department: need.department ?? null,
    supplierNumber, currency: row.currency, submittedAt: now.toISOString(), lines, reasons: [], path: [], tier: 0, escalations: 0, approvals: [], approvedTotal: null,
    erpRequisitionNumber: null, orderNumber: null, answer: null, shipNotices: [], delivery: null, deliveries: [], grown: [], invoice: null, invoices: [],
  };
}
