import { ApiError } from '#chassis/errors/failures.ts';
import type { NewPurchaseOrder, PurchaseOrder } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import type { Domain } from './client.ts';
import { mustFind } from './directory.ts';
import { invalid, refused } from './failures.ts';
import { itemLines, pendingMoves, progressOf, purchaseOrderOf, statusOf, type Line, type Order } from './mapping/orders.ts';
import { requisitionStatus } from './mapping/requisitions.ts';
import { pageById } from './pages.ts';
import { Purchase, Requested, Requisition } from './records.ts';
import { printStamp, readStamp, withStamp } from './stamp.ts';
import type { Tryton } from './tryton.ts';
import { date, decimal } from './wire.ts';

type Operations = Pick<ErpPort, 'createPurchaseOrder' | 'listPurchaseOrders' | 'getPurchaseOrder' | 'cancelPurchaseOrder' | 'closePurchaseOrder'>;

const MODEL = 'purchase.purchase';

export function orderOperations(tryton: Tryton): Operations {
  const { client, settings } = tryton;
  const present = (order: Order): PurchaseOrder => purchaseOrderOf(order, settings.unitCodes);
  const read = async (id: number): Promise<Order> => (await client.read(Purchase, [id]))[0]!;
  const find = (number: string) => findOrder(tryton, number);

  /** From draft to open: what is asked for quotation, confirmation and processing is all done by us. */
  async function open(id: number): Promise<Order> {
    for (const button of ['quote', 'confirm', 'process']) {
      const { state } = await read(id);
      if (OPENING[state] === button) await client.press(MODEL, button, [id]);
    }
    const opened = await read(id);
    if (!['processing', 'done', 'cancelled'].includes(opened.state)) throw new ApiError('refused', 'The ERP does not open the order.', { code: 'vendor-refused' });
    return opened;
  }

  return {
    async createPurchaseOrder({ body }, { repeated }) {
      const known = repeated ? await client.first(Purchase, [['reference', '=', body.reference]]) : undefined;
      const id = known?.id ?? await enter(tryton, body);
      try {
        return present(await open(id));
      } catch (thrown) {
        // A draft that was refused must not be found, and opened, later.
        if (!known && thrown instanceof ApiError && thrown.kind === 'refused') await discard(tryton, id);
        throw thrown;
      }
    },

    async listPurchaseOrders({ reference, supplierNumber, status, ...page }) {
      const domain = [
        ...(reference === undefined ? [] : [['reference', '=', reference]]), ...(supplierNumber === undefined ? [] : [['party.code', '=', supplierNumber]]),
        ...(status === undefined ? [] : [['state', 'in', STATES[status]]]), ['number', '!=', null],
      ];
      return pageById(client, Purchase, domain, page, (rows) => rows.map((row) => (status === undefined || statusOf(row) === status ? present(row) : undefined)));
    },

    async getPurchaseOrder({ orderNumber }) {
      return present(await find(orderNumber));
    },

    async cancelPurchaseOrder({ orderNumber }) {
      const order = await find(orderNumber);
      if (itemLines(order).some((line) => progressOf(line).received > 0)) throw refused('order-has-receipts', 'Goods of this order were received.');
      if (statusOf(order) === 'closed') throw refused('order-not-open', 'The order is closed.');
      if (order.state !== 'cancelled') {
        await end(tryton, order, 'cancelled');
        await dropLines(tryton, order.id, itemLines(order).map((line) => line.id));
      }
      return present(await read(order.id));
    },

    async closePurchaseOrder({ orderNumber }) {
      const order = await find(orderNumber);
      if (statusOf(order) === 'cancelled') throw refused('order-not-open', 'The order is cancelled.');
      await end(tryton, order, 'closed');
      await dropLines(tryton, order.id, itemLines(order).map((line) => line.id));
      return present(await read(order.id));
    },
  };
}

async function discard({ client }: Tryton, id: number): Promise<void> {
  const requests = await client.search(Requested, [['purchase_line.purchase', '=', id]]);
  if (requests.length > 0) await client.write('purchase.request', requests.map((request) => request.id), { purchase_line: null });
  await client.remove(MODEL, [id]);
}

/** The button that leads on from a state. */
const OPENING: Record<string, string> = { draft: 'quote', quotation: 'confirm', confirmed: 'process' };

/** Tryton's states that can stand for one of ours; what they stand for, the lines decide. */
const STATES: Record<PurchaseOrder['status'], string[]> = {
  draft: ['draft', 'quotation'], open: ['confirmed', 'processing', 'done'], closed: ['processing', 'done'], cancelled: ['processing', 'done', 'cancelled'],
};

export function findOrder({ client }: Tryton, number: string): Promise<Order> {
  return mustFind(client, Purchase, [['number', '=', number]] satisfies Domain, 'unknown-order', 'There is no such order.');
}

/** What an order must be for anything to be done with it. */
export function requireOpen(order: Order): void {
  const status = statusOf(order);
  if (status !== 'open') throw refused('order-not-open', `The order is ${status}.`);
}

async function enter(tryton: Tryton, body: NewPurchaseOrder): Promise<number> {
  const { client, directory } = tryton;
  if (new Set(body.lines.map((line) => line.line)).size < body.lines.length) throw invalid('/lines', 'numbers a line twice');
  const [supplier, facility, currency, items, costCenters, root] = await Promise.all([
    directory.supplier(body.supplierNumber), directory.facility(body.facility), directory.currency(body.currency), directory.items(body.lines.map((line) => line.itemNumber)),
    directory.openCostCenters(body.lines.map((line) => line.costCenter)), directory.costCenterRoot(), directory.accounts(body.lines.map((line) => line.account)),
  ]);
  // Goods are put on their shelf by the receipt; until then Tryton knows no more of it than its warehouse.
  if (body.location !== undefined) await directory.storageLocation(facility, body.location);
  const lines = body.lines.map((line) => {
    const item = items.get(line.itemNumber)!;
    return {
      sequence: line.line, product: item.id, quantity: line.quantity, unit: directory.unitOf(item, line.unit).id, unit_price: decimal(line.unitPrice),
      description: line.description ?? null, note: printStamp({ account: line.account }),
      ...(line.promisedOn ? { delivery_date_edit: true, delivery_date_store: date(line.promisedOn) } : {}),
      analytic_accounts: [['create', [{ root, account: costCenters.get(line.costCenter)!.id }]]],
    };
  });
  const requests = body.requisitionNumber === undefined ? [] : await approvedRequests(tryton, body.requisitionNumber, facility.id);
  const [id] = await client.create(MODEL, [{
    reference: body.reference, description: body.description ?? null, comment: printStamp({ requisitionNumber: body.requisitionNumber, location: body.location }),
    party: supplier.id, invoice_address: supplier.addresses[0], payment_term: supplier.supplier_payment_term, warehouse: facility.id, currency,
    // Invoices are entered from what the supplier sends, not made from what was ordered.
    invoice_method: 'manual',
    lines: [['create', withRequests(lines, requests)]],
  }]);
  return id!;
}

/** Tryton's purchase requests of a requisition, which come into being by its approval there. */
async function approvedRequests({ client }: Tryton, number: string, warehouse: number): Promise<{ id: number; product: number | null }[]> {
  const load = () => client.first(Requisition, [['number', '=', number], ['warehouse', '=', warehouse]]);
  const requisition = await load();
  if (!requisition) throw refused('unknown-requisition', 'There is no such requisition in the facility.');
  if (requisitionStatus(requisition) === 'cancelled') throw refused('requisition-cancelled', 'The requisition is cancelled.');
  if (requisition.state === 'waiting') await client.press('purchase.requisition', 'approve', [requisition.id]);
  return ((await load())?.['lines.'] ?? []).flatMap((line) => line['purchase_requests.']).filter((request) => request.purchase_line === null);
}

/** Each request goes to the line of its product; what the order names otherwise than the requisition stays with the first line. */
function withRequests<L extends { product: number }>(lines: L[], requests: { id: number; product: number | null }[]): object[] {
  return lines.map((line, index) => {
    const own = requests.filter((request) => lines.findIndex((each) => each.product === request.product) === index || (index === 0 && !lines.some((each) => each.product === request.product)));
    return own.length === 0 ? line : { ...line, requests: [['add', own.map((request) => request.id)]] };
  });
}

/** Shuts the order for receipts and changes before anything else is done to it. */
async function end({ client }: Tryton, order: Order, ended: 'closed' | 'cancelled'): Promise<void> {
  await client.write(MODEL, [order.id], { comment: withStamp(order.comment, { ...readStamp(order.comment), ended }) });
}

/**
 * Gives up what has not come of some lines: its moves are cancelled, and the exception that Tryton sees in this is
 * answered with "ignore". The order itself is still being processed there, so it cannot be cancelled.
 *
 * @source purchase.handle.shipment.exception in modules/purchase/purchase.py of Tryton 6.0
 */
export async function dropLines({ client }: Tryton, id: number, lineIds: number[]): Promise<void> {
  const lines = async () => itemLines((await client.read(Purchase, [id]))[0]!).filter((line) => lineIds.includes(line.id));
  const pending = (await lines()).flatMap(pendingMoves).map((move) => move.id);
  if (pending.length > 0) await client.press('stock.move', 'cancel', pending);
  const cancelled = (line: Line) => line['moves.'].filter((move) => move.state === 'cancelled').map((move) => move.id);
  const moves = (await lines()).flatMap(cancelled);
  if (moves.length === 0) return;
  await client.wizard('purchase.handle.shipment.exception', MODEL, [id], (go) => go('handle', { ask: { recreate_moves: [], domain_moves: moves } }));
}
