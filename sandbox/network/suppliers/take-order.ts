import Big from 'big.js';
import { itemByNumber } from '../../hospital/master-data.ts';
import type { Queryable } from '../database.ts';
import { behaviourOf, possibleBehaviour, rejectsOrder } from './behaviour.ts';
import type { Behaviour } from './behaviour.ts';
import { changeLine } from './change-line.ts';
import { hoursUntil } from './delays.ts';
import type { Desk } from './desk.ts';
import { LINE_COLUMNS, ORDER_COLUMNS } from './order.ts';
import type { IncomingLine, IncomingOrder, SupplierOrder, SupplierOrderLine } from './order.ts';
import { schedule } from './tasks.ts';

/**
 * The supplier enters a new order and sets itself to acknowledge it.
 *
 * @param source named in the books when the same order comes again, which changes nothing
 */
export async function takeOrder(
  tx: Queryable,
  desk: Desk,
  incoming: IncomingOrder,
  source: string,
): Promise<'taken' | 'repeated'> {
  const inserted = await tx.query<{ id: number }>({
    name: 'network-take-order',
    text: `insert into network.orders (channel, supplier_number, po_number, revision, reference, facility, currency, reply_to, ordered_on)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (supplier_number, po_number) do nothing returning id`,
    values: [incoming.channel, incoming.supplierNumber, incoming.poNumber, incoming.revision, incoming.reference, incoming.facility, incoming.currency, incoming.replyTo, incoming.orderedOn],
  });
  const id = inserted.rows[0]?.id;
  if (id === undefined) {
    await tx.query(
      `insert into network.order_repeats (order_id, source)
       select id, $3 from network.orders where supplier_number = $1 and po_number = $2`,
      [incoming.supplierNumber, incoming.poNumber, source],
    );
    return 'repeated';
  }
  await addLines(tx, desk, { ...incoming, id }, incoming.lines);
  await scheduleAcknowledgement(tx, desk, { ...incoming, id });
  return 'taken';
}

/**
 * The supplier takes the buyer's new version of an order. Lines that left already stay as they are; lines that the new
 * version lacks are cancelled.
 */
export async function takeChange(
  tx: Queryable,
  desk: Desk,
  incoming: IncomingOrder,
  source: string,
): Promise<'taken' | 'repeated' | 'changed'> {
  const order = await lockOrder(tx, incoming.supplierNumber, incoming.poNumber);
  if (!order) return takeOrder(tx, desk, incoming, source);
  const lines = await linesOf(tx, order.id);
  const changed = lines.flatMap((line) => {
    const wanted = incoming.lines.find((each) => each.lineNumber === line.lineNumber);
    return changeLine(line, wanted) ?? [];
  });
  const added = incoming.lines.filter((each) => lines.every((line) => line.lineNumber !== each.lineNumber));
  await tx.query('update network.orders set revision = greatest(revision, $2) where id = $1', [order.id, incoming.revision]);
  await closeProposals(tx, order.id);
  if (added.length > 0) await addLines(tx, desk, order, added);
  await saveLines(tx, order.id, changed);
  await billWhatWasHeldBack(tx, desk, order);
  if (changed.length > 0 || added.length > 0) await scheduleAcknowledgement(tx, desk, order);
  return 'changed';
}

/** The supplier cancels what has not left yet and says so. */
export async function takeCancellation(
  tx: Queryable,
  desk: Desk,
  supplierNumber: string,
  poNumber: string,
): Promise<'cancelled' | 'unknown'> {
  const order = await lockOrder(tx, supplierNumber, poNumber);
  if (!order) return 'unknown';
  await tx.query(`update network.orders set state = 'cancelled' where id = $1`, [order.id]);
  await tx.query(
    `update network.order_lines set to_acknowledge = true,
       state = case when state in ('shipped', 'rejected') then state else 'cancelled' end
     where order_id = $1`,
    [order.id],
  );
  await closeProposals(tx, order.id);
  await billWhatWasHeldBack(tx, desk, order);
  await scheduleAcknowledgement(tx, desk, order);
  return 'cancelled';
}

/** The supplier thinks better of what it has accepted and not shipped. */
export async function takeBackWord(tx: Queryable, desk: Desk, poNumber: string): Promise<boolean> {
  const { rows } = await tx.query<SupplierOrder>(`select ${ORDER_COLUMNS} from network.orders o where po_number = $1 for no key update`, [poNumber]);
  const [order] = rows;
  if (!order) return false;
  const { rowCount } = await tx.query(`update network.order_lines set state = 'rejected', to_acknowledge = true where order_id = $1 and state = 'accepted' and shipped_quantity = 0`, [order.id]);
  if ((rowCount ?? 0) > 0) await scheduleAcknowledgement(tx, desk, order);
  return true;
}

/** A new version of an order answers whatever was proposed for the one before. */
async function closeProposals(tx: Queryable, orderId: number): Promise<void> {
  await tx.query(
    `update network.acknowledgements set status = 'superseded', updated_at = clock_timestamp()
     where order_id = $1 and status = 'pending_buyer_review'`,
    [orderId],
  );
}

export async function lockOrder(tx: Queryable, supplierNumber: string, poNumber: string): Promise<SupplierOrder | undefined> {
  const { rows } = await tx.query<SupplierOrder>(
    `select ${ORDER_COLUMNS} from network.orders o where supplier_number = $1 and po_number = $2 for no key update`,
    [supplierNumber, poNumber],
  );
  return rows[0];
}

export async function linesOf(tx: Queryable, orderId: number): Promise<SupplierOrderLine[]> {
  const { rows } = await tx.query<SupplierOrderLine>({
    name: 'network-lines-of',
    text: `select ${LINE_COLUMNS} from network.order_lines l where l.order_id = $1 order by l.line_number`,
    values: [orderId],
  });
  return rows;
}

/** Writes back what may change in the life of a line. */
export async function saveLines(tx: Queryable, orderId: number, lines: readonly SupplierOrderLine[]): Promise<void> {
  if (lines.length === 0) return;
  await tx.query({
    name: 'network-save-lines',
    text: `update network.order_lines l set item_number = n."itemNumber", description = n.description, uom = n.uom,
        quantity = n.quantity, price = n.price, need_by = n."needBy", state = n.state, settled = n.settled,
        to_acknowledge = n."toAcknowledge", proposed_item = n."proposedItem", proposed_price = n."proposedPrice",
        promised_on = n."promisedOn"
      from jsonb_to_recordset($2::jsonb) as n("lineNumber" int, "itemNumber" text, description text, uom text, quantity numeric,
        price numeric, "needBy" date, state text, settled boolean, "toAcknowledge" boolean, "proposedItem" text,
        "proposedPrice" numeric, "promisedOn" date)
      where l.order_id = $1 and l.line_number = n."lineNumber"`,
    values: [orderId, JSON.stringify(lines)],
  });
}

async function addLines(
  tx: Queryable,
  desk: Desk,
  order: { id: number; reference: string },
  lines: readonly IncomingLine[],
): Promise<void> {
  const rows = behavioursFor(desk, order.reference, lines).map((behaviour, index) => ({ ...lines[index], behaviour }));
  await tx.query({
    name: 'network-add-lines',
    text: `insert into network.order_lines (order_id, line_number, item_number, description, uom, quantity, price, need_by, behaviour)
      select $1, "lineNumber", "itemNumber", description, uom, quantity, price, "needBy", behaviour
      from jsonb_to_recordset($2::jsonb) as n("lineNumber" int, "itemNumber" text, description text, uom text, quantity numeric,
        price numeric, "needBy" date, behaviour text)`,
    values: [order.id, JSON.stringify(rows)],
  });
}

/** One line that makes the supplier refuse the order takes all others with it. */
function behavioursFor(desk: Desk, reference: string, lines: readonly IncomingLine[]): Behaviour[] {
  const each = lines.map((line) => {
    const wanted = desk.settings.overrideFor(reference, line.itemNumber) ?? behaviourOf(desk.seed, reference, line.itemNumber);
    return possibleBehaviour(wanted, {
      quantity: new Big(line.quantity).toFixed(),
      isKnown: itemByNumber(line.itemNumber) !== undefined,
      hasSubstitute: itemByNumber(line.itemNumber)?.substitute !== undefined,
    });
  });
  const rejecting = each.find(rejectsOrder);
  return rejecting ? each.map(() => rejecting) : each;
}

function scheduleAcknowledgement(tx: Queryable, desk: Desk, order: Pick<SupplierOrder, 'id' | 'supplierNumber' | 'reference' | 'revision'>) {
  const hours = hoursUntil('acknowledge', desk.seed, order.reference, order.supplierNumber, order.revision);
  return schedule(tx, desk, order, 'acknowledge', {}, hours);
}

/** A line that was to be invoiced once the rest had left may have no rest any more. */
async function billWhatWasHeldBack(tx: Queryable, desk: Desk, order: SupplierOrder): Promise<void> {
  const { rows } = await tx.query(
    `select 1 from network.shipment_lines s
     join network.order_lines l on l.order_id = s.order_id and l.line_number = s.order_line_number
     where s.order_id = $1 and s.invoice_id is null and l.behaviour = 'short-shipment-one-invoice' limit 1`,
    [order.id],
  );
  if (rows.length === 0) return;
  await schedule(tx, desk, order, 'invoice', { shipmentId: null }, hoursUntil('invoice', desk.seed, order.reference, 'held back'));
}
