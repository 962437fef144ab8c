import { cursorOf } from '#chassis/contract/page.ts';
import type { NewReceipt, Receipt } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { FusionFailure, refusalOf, refused } from './errors.ts';
import { facilityNamed, facilityOfOrganization, subinventoryOf } from './facilities.ts';
import type { Fusion } from './fusion.ts';
import { quantity, total } from './mapping/amounts.ts';
import { trackingOf, unitOf } from './mapping/master-data.ts';
import { isCancelled, lineOf, orderStatusOf, organizationOf, receivedOf, type OrderLineRow, type OrderRow } from './mapping/orders.ts';
import { receiptBody, receiptOf, type PlacedReceiptLine, type ReceiptRow } from './mapping/receipts.ts';
import { findOrder } from './orders.ts';
import { DEFAULT_LIMIT, numberIn, pageById } from './pages.ts';
import { equals, oneOfIds } from './query.ts';
import { CompletedTransaction, ReceiptRequest, ReceivingTransaction } from './records.ts';

type Operations = Pick<ErpPort, 'createReceipt' | 'listReceipts'>;

const PATH = 'receivingReceiptRequests';
const SUCCESSFUL = equals('ReturnStatus', 'SUCCESS');

export function receipts(fusion: Fusion): Operations {
  const { client, settings, items, repeats } = fusion;

  /** With what the receipts did to the stock, in one question for all of them. */
  async function present(rows: readonly ReceiptRow[]): Promise<Receipt[]> {
    const ids = rows.flatMap((row) => row.lines.map((line) => line.InterfaceTransactionId));
    const completed = await client.allOf(CompletedTransaction, 'inventoryCompletedTransactions', 'ReceivingTransactionId', ids);
    return rows.map((row) => {
      const own = new Set(row.lines.filter((line) => line.TransactionType === 'RECEIVE').map((line) => line.InterfaceTransactionId));
      return receiptOf(row, completed.filter((each) => own.has(each.ReceivingTransactionId ?? '')), settings);
    });
  }

  async function stampedWith(reference: string): Promise<ReceiptRow | undefined> {
    const [newest] = await client.all(ReceiptRequest, PATH, { where: [equals('Comments', reference), SUCCESSFUL], expand: 'lines', orderBy: 'HeaderInterfaceId:desc' });
    return newest;
  }

  async function received(body: NewReceipt): Promise<ReceiptRow> {
    const order = await findOrder(fusion, body.orderNumber);
    if (!order) throw refused('unknown-order', `The ERP has no order ${body.orderNumber}.`);
    if (orderStatusOf(order) !== 'open') throw refused('order-not-open', 'The order is not open for goods.');
    const organization = organizationOf(order);
    const location = subinventoryOf(facilityNamed(settings, facilityOfOrganization(settings, organization)), body.location);
    checkQuantities(order, body);
    const lines = await Promise.all(body.lines.map((line) => placed(order, line, location)));
    const row = await client.create(ReceiptRequest, PATH, receiptBody(body, { supplierNumber: order.SupplierNumber, organization }, lines, settings));
    // Created is not received: what the rules refuse stays behind as interface rows.
    if (row.ReturnStatus !== 'SUCCESS') throw refusalOf(row.ErrorCode ?? undefined, new FusionFailure(201, row.ErrorCode ?? undefined, row.ErrorExplanation ?? 'no explanation'));
    return row;
  }

  async function placed(order: OrderRow, line: NewReceipt['lines'][number], location: string): Promise<PlacedReceiptLine> {
    const ordered = lineOf(order, line.orderLine)!;
    if (line.itemNumber !== ordered.Item) throw refused('item-differs-from-order', `Line ${line.orderLine} of the order is for another item.`);
    if (line.unit !== unitOf(ordered.UOMCode, settings.unitCodes)) throw refused((await isUnit(line.unit)) ? 'unit-differs-from-order' : 'unknown-unit', `Line ${line.orderLine} of the order is in another unit.`);
    const [schedule] = ordered.schedules;
    const stocked = schedule?.DestinationTypeCode === 'INVENTORY';
    const item = await items.named(line.itemNumber);
    return { ...line, scheduleNumber: schedule?.ScheduleNumber ?? '1', subinventory: stocked ? location : undefined, controlled: trackingOf(item) };
  }

  async function isUnit(code: string): Promise<boolean> {
    return (await items.units()).some((unit) => unitOf(unit.UOMCode, settings.unitCodes) === code);
  }

  /** Receipts of an order are known by their lines. */
  async function ofOrder(orderNumber: string, reference: string | undefined, { cursor, limit = DEFAULT_LIMIT }: { cursor?: string; limit?: number }) {
    const after = BigInt(numberIn(cursor) ?? 0);
    const lines = await client.all(ReceivingTransaction, 'receivingReceiptTransactionRequests', { where: [equals('DocumentNumber', orderNumber), equals('TransactionType', 'RECEIVE'), SUCCESSFUL] });
    const headers = [...new Set(lines.map((line) => line.HeaderInterfaceId).filter((each) => each !== undefined && each !== null))].map(BigInt).toSorted((a, b) => (a < b ? -1 : 1)).filter((each) => each > after);
    const shown = headers.slice(0, limit).map(String);
    const where = [oneOfIds('HeaderInterfaceId', shown), ...(reference === undefined ? [] : [equals('Comments', reference)])];
    const rows = shown.length === 0 ? [] : await client.all(ReceiptRequest, PATH, { where, expand: 'lines' });
    return { items: await present(rows), ...(headers.length > limit ? { next: cursorOf([shown.at(-1)!]) } : {}) };
  }

  return {
    async createReceipt({ body }, { repeated }) {
      const row = await repeats.once(`receipt ${body.reference}`, repeated, () => stampedWith(body.reference), () => received(body));
      const [receipt] = await present([row]);
      return receipt!;
    },

    async listReceipts({ orderNumber, reference, ...page }) {
      if (orderNumber !== undefined) return ofOrder(orderNumber, reference, page);
      return pageById(client, {
        shape: ReceiptRequest, path: PATH, key: 'HeaderInterfaceId', present,
        search: { where: [SUCCESSFUL, ...(reference === undefined ? [] : [equals('Comments', reference)])], expand: 'lines' },
      }, page);
    },
  };
}

/**
 * No more than was ordered, all lines together. The vendor would take a tolerance beyond it; who keeps a surplus says so
 * by a change of the order.
 */
function checkQuantities(order: OrderRow, { lines }: NewReceipt): void {
  for (const [number, parts] of Map.groupBy(lines, (line) => line.orderLine)) {
    const ordered: OrderLineRow | undefined = lineOf(order, number);
    if (!ordered) throw refused('unknown-order-line', `The order has no line ${number}.`);
    if (isCancelled(ordered)) throw refused('order-line-cancelled', `Line ${number} of the order is cancelled.`);
    const after = total([...parts.map((part) => String(part.quantity)), receivedOf(ordered).toString()]);
    if (after.gt(ordered.Quantity)) throw refused('over-receipt', `Line ${number} was ordered ${quantity(ordered.Quantity)} times, and ${quantity(after)} would be received.`);
  }
}
