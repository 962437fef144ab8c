import { ApiError } from '#chassis/errors/failures.ts';
import { addQuantities } from '#chassis/money/money.ts';
import type { NewReceipt, Receipt as ReceiptModel } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import type { Values } from './client.ts';
import { refused } from './failures.ts';
import { lotFor, lotNumber } from './lots.ts';
import { inUnit, priceInUnit } from './mapping/amounts.ts';
import { itemLines, pendingMoves, progressOf, statusOf, type Line, type Order } from './mapping/orders.ts';
import { receiptOf } from './mapping/receipts.ts';
import { lineOf } from './order-changes.ts';
import { pageById } from './pages.ts';
import { OrderLine, Purchase, Receipt } from './records.ts';
import type { Row } from './record.ts';
import { idOf } from './stamp.ts';
import type { Tryton } from './tryton.ts';
import { date, decimal, type WireDecimal } from './wire.ts';

type Operations = Pick<ErpPort, 'createReceipt' | 'listReceipts'>;

const MODEL = 'stock.shipment.in';
const ATTEMPTS = 4;

/** A line of a receipt that was checked against its order line. */
interface Part {
  quantity: number;
  uom: number;
  unit_price: WireDecimal;
  lot: number | null;
}

export function receiptOperations(tryton: Tryton): Operations {
  const { client, directory, settings } = tryton;

  async function present(rows: Row<typeof Receipt>[]): Promise<(ReceiptModel | undefined)[]> {
    const origins = rows.flatMap((row) => row['incoming_moves.'].flatMap((move) => (move.origin?.startsWith('purchase.line,') ? [idOf(move.origin)] : [])));
    const lines = new Map((await client.read(OrderLine, [...new Set(origins)])).map((line) => [line.id, line]));
    return rows.map((row) => receiptOf(row, lines, settings.unitCodes));
  }

  const read = async (id: number) => (await client.read(Receipt, [id]))[0]!;

  /** From draft to done; goods pass the input zone of the warehouse on their way to the shelf. */
  async function complete(id: number, facility: { id: number }, location: string): Promise<ReceiptModel> {
    if ((await read(id)).state === 'draft') await client.press(MODEL, 'receive', [id]);
    const { state, 'inventory_moves.': moves } = await read(id);
    if (state === 'received') {
      const shelf = await directory.storageLocation(facility, location);
      await client.write('stock.move', moves.map((move) => move.id), { to_location: shelf.id });
      await client.press(MODEL, 'done', [id]);
    }
    const done = await read(id);
    const [receipt] = await present([done]);
    if (done.state !== 'done' || !receipt) throw new ApiError('refused', 'The ERP does not take the goods in.', { code: 'vendor-refused' });
    return receipt;
  }

  async function enter(body: NewReceipt, attempt = 1): Promise<number> {
    const order = await orderToReceive(tryton, body);
    try {
      return await takeGoods(tryton, order, body);
    } catch (thrown) {
      // Somebody else received against the same order in the meantime; what is left must be read again.
      if (!(thrown instanceof ApiError && thrown.code === 'vendor-conflict') || attempt === ATTEMPTS) throw thrown;
      return enter(body, attempt + 1);
    }
  }

  return {
    async createReceipt({ body }, { repeated }) {
      const known = repeated ? await client.first(Receipt, [['reference', '=', body.reference], ['state', '!=', 'cancelled']]) : undefined;
      if (known?.state === 'done') return (await present([known]))[0]!;
      const order = await orderToReceive(tryton, body);
      const facility = { id: order.warehouse! };
      await directory.storageLocation(facility, body.location);
      const id = known?.id ?? await enter(body);
      try {
        return await complete(id, facility, body.location);
      } catch (thrown) {
        if (thrown instanceof ApiError && thrown.kind === 'refused') await giveBack(tryton, id);
        throw thrown;
      }
    },

    async listReceipts({ orderNumber, reference, ...page }) {
      const order = orderNumber === undefined ? undefined : await client.first(Purchase, [['number', '=', orderNumber]]);
      const lines = order ? itemLines(order).map((line) => `purchase.line,${line.id}`) : [];
      const domain = [
        ['state', '=', 'done'], ...(reference === undefined ? [] : [['reference', '=', reference]]), ...(orderNumber === undefined ? [] : [['moves.origin', 'in', lines]]),
      ];
      return pageById(client, Receipt, domain, page, present);
    },
  };
}

async function orderToReceive({ client }: Tryton, { orderNumber }: NewReceipt): Promise<Order> {
  const load = () => client.first(Purchase, [['number', '=', orderNumber]]);
  const order = await load();
  if (!order) throw refused('unknown-order', 'There is no such order.');
  // The moves that wait for the goods are made after each step by a job of its own, which may have been lost.
  const incomplete = order.state === 'processing' && itemLines(order).some((line) => {
    const waiting = addQuantities(0, ...pendingMoves(line).map((move) => inUnit(move.quantity, move['uom.'], line['unit.']!)));
    return waiting < progressOf(line).outstanding;
  });
  if (!incomplete) return order;
  await client.press('purchase.purchase', 'process', [order.id]);
  return (await load())!;
}

/** Puts the moves that the order waits for into a shipment, cut to what came, in one transaction. */
async function takeGoods(tryton: Tryton, order: Order, body: NewReceipt): Promise<number> {
  const { client } = tryton;
  const parts = await partsOf(tryton, order, body);
  const moves: unknown[] = [];
  const timestamps: Values = {};
  for (const [line, [first, ...others]] of parts) {
    const [waiting, ...rest] = pendingMoves(line);
    if (!waiting || !first) throw refused('over-receipt', 'More goods came than the order still expects.');
    for (const move of [waiting, ...rest]) timestamps[`stock.move,${move.id}`] = move._timestamp;
    moves.push(['add', [waiting.id]], ['write', [waiting.id], first]);
    if (others.length > 0) moves.push(['create', others.map((part) => ({ ...part, origin: `purchase.line,${line.id}`, ...placesOf(waiting, order) }))]);
  }
  const [id] = await client.create(MODEL, [{
    reference: body.reference, supplier: order.party, contact_address: order.invoice_address, warehouse: order.warehouse,
    planned_date: date(body.receivedOn), effective_date: date(body.receivedOn), incoming_moves: moves,
  }], { context: { _timestamp: timestamps }, repeatConflicts: false });
  return id!;
}

async function partsOf(tryton: Tryton, order: Order, body: NewReceipt): Promise<Map<Line, Part[]>> {
  const { directory } = tryton;
  const status = statusOf(order);
  if (status !== 'open') throw refused('order-not-open', `The order is ${status}.`);
  const lines = body.lines.map((received) => ({ received, line: lineOf(order, received.orderLine) }));
  if (lines.some(({ received, line }) => received.itemNumber !== line['product.']?.code)) throw refused('item-differs-from-order', 'The order line is for another item.');
  const items = await directory.items(body.lines.map((line) => line.itemNumber));
  const arrived = new Map<Line, number>();
  for (const { received, line } of lines) {
    const unit = directory.unitOf(items.get(received.itemNumber)!, received.unit);
    arrived.set(line, addQuantities(arrived.get(line) ?? 0, inUnit(received.quantity, unit, line['unit.']!)));
  }
  for (const [line, quantity] of arrived) {
    const { outstanding, dropped } = progressOf(line);
    if (outstanding === 0 && dropped > 0) throw refused('order-line-not-open', 'The order line is not open.');
    if (quantity > outstanding) throw refused('over-receipt', 'More goods came than the order still expects.');
  }
  const parts = new Map<Line, Part[]>();
  for (const { received, line } of lines) {
    const item = items.get(received.itemNumber)!;
    const unit = directory.unitOf(item, received.unit);
    const number = lotNumber(item, received.tracking, inUnit(received.quantity, unit, item['default_uom.']));
    const lot = number === undefined ? null : await lotFor(tryton, item, number, received.tracking?.expiresOn);
    parts.set(line, [...parts.get(line) ?? [], { quantity: received.quantity, uom: unit.id, unit_price: decimal(pricePer(unit, line)), lot }]);
  }
  return parts;
}

function pricePer(unit: { factor: number }, line: Line): string {
  return priceInUnit(line.unit_price ?? '0', line['unit.']!, unit);
}

/** What a further move of the same goods has in common with the one that waits. */
function placesOf(waiting: Line['moves.'][number], order: Order): Values {
  const { product, from_location, to_location } = waiting;
  return { product, from_location, to_location, currency: order.currency };
}

/** Undoes a shipment that the ERP refused to receive. The order makes its moves anew when they are deleted. */
async function giveBack({ client }: Tryton, id: number): Promise<void> {
  const [shipment] = await client.read(Receipt, [id]);
  if (shipment?.state !== 'draft') return;
  await client.remove('stock.move', shipment['incoming_moves.'].map((move) => move.id));
  await client.remove(MODEL, [id]);
}
