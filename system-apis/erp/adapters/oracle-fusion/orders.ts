import type { NewPurchaseOrder, PurchaseOrder } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { placeOf } from './destination.ts';
import { hasCode, invalid, notFound, refused, tidied } from './errors.ts';
import { facilityNamed } from './facilities.ts';
import { checkCurrency, type Fusion } from './fusion.ts';
import { billedOf, ORDER_STATES, orderBody, orderOf, orderStatusOf, receivedOf, type OrderRow } from './mapping/orders.ts';
import { total } from './mapping/amounts.ts';
import { pageById } from './pages.ts';
import { equals, oneOf } from './query.ts';
import { DraftOrder, Order } from './records.ts';
import { purchasingSiteOf } from './suppliers.ts';

type Operations = Pick<ErpPort, 'createPurchaseOrder' | 'listPurchaseOrders' | 'getPurchaseOrder' | 'cancelPurchaseOrder' | 'closePurchaseOrder'>;

const CHILDREN = 'lines.schedules.distributions';
/** Without validation the vendor answers `Success` and leaves an order that its budget does not cover incomplete. */
export const SUBMISSION = { bypassApprovalsFlag: 'true', validateFlag: 'true' };

export async function findOrder({ client }: Fusion, orderNumber: string): Promise<OrderRow | undefined> {
  const { items: [row] } = await client.page(Order, 'purchaseOrders', { where: [equals('OrderNumber', orderNumber)], expand: CHILDREN, limit: 1 });
  return row;
}

export function readOrder({ client }: Fusion, headerId: string): Promise<OrderRow> {
  return client.item(Order, `purchaseOrders/${headerId}`, { expand: CHILDREN });
}

/** The order of the path. @throws not-found */
export async function orderOfPath(fusion: Fusion, orderNumber: string): Promise<OrderRow> {
  const row = await findOrder(fusion, orderNumber);
  if (!row) throw notFound('unknown-order', 'The ERP has no such order.');
  return row;
}

export function orders(fusion: Fusion): Operations {
  const { client, settings, suppliers, repeats } = fusion;

  async function stampedWith(reference: string): Promise<OrderRow | undefined> {
    const found = await client.all(Order, 'purchaseOrders', { where: [equals('ReferenceNumber', reference)], expand: CHILDREN, orderBy: 'POHeaderId:desc' });
    return found.find((row) => orderStatusOf(row) !== 'cancelled');
  }

  async function createDraft(body: NewPurchaseOrder): Promise<string> {
    checkCurrency(fusion, body.currency);
    const facility = facilityNamed(settings, body.facility);
    const numbers = body.lines.map((line) => line.line);
    if (new Set(numbers).size < numbers.length) throw invalid('/lines', 'have a number twice');
    const supplier = await suppliers.named(body.supplierNumber);
    const requisitionLines = await linesOfRequisition(body);
    const lines = await Promise.all(body.lines.map(async (line, index) => {
      const { costCenter, account, itemNumber } = line;
      return { ...line, place: await placeOf(fusion, { facility, costCenter, account, itemNumber, location: body.location }), requisitionLine: requisitionLines[index] };
    }));
    return (await client.create(DraftOrder, 'draftPurchaseOrders', orderBody(body, lines, purchasingSiteOf(supplier), settings))).POHeaderId;
  }

  /** For each line the requisition's line with the same item, each used once. */
  async function linesOfRequisition({ requisitionNumber, lines }: NewPurchaseOrder): Promise<(string | undefined)[]> {
    if (requisitionNumber === undefined) return [];
    const requisition = await fusion.requisitionRows.get(requisitionNumber);
    if (!requisition) throw refused('unknown-requisition', `The ERP has no requisition ${requisitionNumber}.`);
    const rest = [...requisition.lines];
    return lines.map(({ itemNumber }) => {
      const at = rest.findIndex((line) => line.Item === itemNumber);
      return at < 0 ? undefined : rest.splice(at, 1)[0]!.LineNumber;
    });
  }

  /** Submits a draft and sees whether it really opened. What is refused does not stay. */
  async function opened(headerId: string): Promise<OrderRow> {
    const draft = `draftPurchaseOrders/${headerId}`;
    try {
      await client.act(`${draft}/action/submit`, SUBMISSION);
      const row = await readOrder(fusion, headerId);
      if (!isIncomplete(row)) return row;
      if (row.FundsStatus?.toUpperCase() === 'FAILED') throw refused('budget-exceeded', 'The budget of the cost centre does not suffice.');
      throw refused('order-not-opened', 'The ERP left the order incomplete.');
    } catch (failure) {
      const row = hasCode(failure, 'order-not-open') ? await readOrder(fusion, headerId) : undefined;
      // An attempt that was given up may have been faster.
      if (row && !isIncomplete(row)) return row;
      return tidied(failure, () => client.remove(draft));
    }
  }

  /** Ends an order, which somebody else may have done a moment before. */
  async function ended(row: OrderRow, status: 'cancelled' | 'closed', end: () => Promise<void>): Promise<PurchaseOrder> {
    try {
      await end();
    } catch (failure) {
      const now = hasCode(failure, 'order-not-open') ? await readOrder(fusion, row.POHeaderId) : row;
      if (orderStatusOf(now) !== status) throw failure;
    }
    return orderOf({ ...row, Status: status === 'closed' ? 'Closed' : 'Canceled' }, settings);
  }

  return {
    async createPurchaseOrder({ body }, { repeated }) {
      const found = await repeats.once<OrderRow | string>(`order ${body.reference}`, repeated, () => stampedWith(body.reference), () => createDraft(body));
      const row = typeof found === 'string' ? await opened(found) : isIncomplete(found) ? await opened(found.POHeaderId) : found;
      return orderOf(row, settings);
    },

    async listPurchaseOrders({ reference, supplierNumber, status, ...page }) {
      const where = [
        ...(reference === undefined ? [] : [equals('ReferenceNumber', reference)]), ...(supplierNumber === undefined ? [] : [equals('SupplierNumber', supplierNumber)]),
        ...(status === undefined ? [] : [oneOf('StatusCode', ORDER_STATES[status])]),
      ];
      return pageById(client, {
        shape: Order, path: 'purchaseOrders', key: 'POHeaderId', search: { where, expand: CHILDREN }, present: (rows) => rows.map((row) => orderOf(row, settings)),
      }, page);
    },

    async getPurchaseOrder({ orderNumber }) {
      return orderOf(await orderOfPath(fusion, orderNumber), settings);
    },

    async cancelPurchaseOrder({ orderNumber }) {
      const row = await orderOfPath(fusion, orderNumber);
      if (orderStatusOf(row) === 'cancelled') return orderOf(row, settings);
      if (row.lines.some((line) => receivedOf(line).gt(0))) throw refused('order-has-receipts', 'Goods of this order were received.');
      if (row.lines.some((line) => billedOf(line).gt(0))) throw refused('order-has-invoices', 'The order was invoiced.');
      return ended(row, 'cancelled', () => client.act(`purchaseOrders/${row.POHeaderId}/action/cancel`, { cancellationReason: 'Withdrawn by the buyer', cancelUnfulfilledDemandFlag: 'true' }));
    },

    async closePurchaseOrder({ orderNumber }) {
      const row = await orderOfPath(fusion, orderNumber);
      // An order that has all its goods and bills looks closed before anybody closes it.
      if (orderStatusOf(row) === 'closed' && row.ClosedDate) return orderOf(row, settings);
      return ended(row, 'closed', () => client.act(`purchaseOrders/${row.POHeaderId}/action/close`, { closeAction: closeActionOf(row), reason: 'Nothing more is expected' }));
    },
  };
}

/**
 * A closed order can still be billed, and its reservation stays. Where nothing is left to bill, closing finally gives
 * back what is reserved for goods that never came.
 */
function closeActionOf(row: OrderRow): 'CLOSE' | 'FINALLY_CLOSE' {
  const reserved = total(row.lines.flatMap((line) => line.schedules.flatMap((schedule) => schedule.distributions.map((each) => each.FundsReservedAmount ?? '0'))));
  return reserved.gt(0) && row.lines.every((line) => billedOf(line).gte(receivedOf(line))) ? 'FINALLY_CLOSE' : 'CLOSE';
}

const isIncomplete = (row: OrderRow) => row.Status.toUpperCase() === 'INCOMPLETE';
