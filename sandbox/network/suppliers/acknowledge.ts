import { masterData } from '../../hospital/master-data.ts';
import type { Queryable } from '../database.ts';
import { decide } from './decide.ts';
import type { LineDecision } from './decide.ts';
import { scheduleOddities } from './oddities.ts';
import type { Desk } from './desk.ts';
import { exportedAtFirst } from './documents.ts';
import type { Acknowledgement } from './documents.ts';
import type { SupplierOrder, SupplierOrderLine } from './order.ts';
import { dispatch } from './dispatch.ts';
import { linesOf, saveLines } from './take-order.ts';
import { schedule } from './tasks.ts';
import { planWaves } from './waves.ts';

/** Answers every line that waits for an answer, in one acknowledgement, and plans the shipping of what was accepted. */
export async function acknowledge(tx: Queryable, desk: Desk, order: SupplierOrder): Promise<void> {
  const lines = (await linesOf(tx, order.id)).filter((line) => line.toAcknowledge);
  if (lines.length === 0) return;
  const today = desk.today();
  const leadTimeDays = masterData.suppliers.find((each) => each.number === order.supplierNumber)?.leadTimeDays ?? 1;
  const decisions = lines.map((line) => decide(line, order, desk.seed, { today, leadTimeDays }));
  const answered = lines.map((line, index) => applyDecision(line, decisions[index]));
  await saveLines(tx, order.id, answered);

  const status = statusOf(decisions);
  const document: Acknowledgement = {
    kind: 'acknowledgement',
    id: await insertAcknowledgement(tx, order, status, decisions),
    order,
    date: today,
    status,
    lines: decisions.map((decision, index) => ({
      ...decision,
      orderedItem: lines[index]?.itemNumber ?? decision.itemNumber,
      description: lines[index]?.description ?? '',
    })),
  };
  await dispatch(tx, desk, document);
  await planShipping(tx, desk, order, answered);
  await scheduleOddities(tx, desk, order, lines);
}

/** Puts the shipping of accepted lines on the supplier's list. */
export async function planShipping(
  tx: Queryable,
  desk: Desk,
  order: SupplierOrder,
  lines: readonly SupplierOrderLine[],
): Promise<void> {
  const accepted = lines.filter(({ state }) => state === 'accepted' || state === 'backordered');
  for (const wave of planWaves(order, accepted, desk.seed)) {
    await schedule(tx, desk, order, 'ship', { lines: wave.lines }, wave.hours);
  }
}

function applyDecision(line: SupplierOrderLine, decision: LineDecision | undefined): SupplierOrderLine {
  if (!decision) return line;
  const waits = decision.state === 'awaiting-buyer';
  return {
    ...line,
    state: decision.state,
    toAcknowledge: false,
    proposedItem: waits && decision.itemNumber !== line.itemNumber ? decision.itemNumber : null,
    proposedPrice: waits ? decision.price : null,
    promisedOn: decision.promisedOn,
  };
}

function statusOf(decisions: readonly LineDecision[]): Acknowledgement['status'] {
  if (decisions.some(({ state }) => state === 'awaiting-buyer')) return 'pending_buyer_review';
  return decisions.every(({ decision }) => decision === 'reject' || decision === 'cancel') ? 'rejected' : 'confirmed';
}

async function insertAcknowledgement(
  tx: Queryable,
  order: SupplierOrder,
  status: Acknowledgement['status'],
  lines: readonly LineDecision[],
): Promise<number> {
  const { rows } = await tx.query<{ id: number }>({
    name: 'network-acknowledge',
    text: `with head as (
        insert into network.acknowledgements (order_id, revision, status, exported) values ($1, $2, $3, $5) returning id
      ), body as (
        insert into network.acknowledgement_lines
          (acknowledgement_id, line_number, decision, item_number, uom, quantity, price, promised_on, reason)
        select head.id, "lineNumber", decision, "itemNumber", uom, quantity, price, "promisedOn", reason
        from head, jsonb_to_recordset($4::jsonb) as n("lineNumber" int, decision text, "itemNumber" text, uom text,
          quantity numeric, price numeric, "promisedOn" date, reason text)
      ) select id from head`,
    values: [order.id, order.revision, status, JSON.stringify(lines), exportedAtFirst(order)],
  });
  const id = rows[0]?.id;
  if (id === undefined) throw new Error(`The acknowledgement of ${order.poNumber} was not stored`);
  return id;
}
