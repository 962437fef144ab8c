import { move } from '#chassis/moves/move.ts';
import { compare } from '#chassis/money/money.ts';
import type { Delivery, Line } from '../order.ts';
import { secondHalf } from '../half-done.ts';
import type { Ledger } from '../ledger.ts';
import { documentReference } from '../references.ts';
import type { Systems } from '../systems.ts';

export interface GoodsToReceive {
  orderNumber: string;
  facility: string;
  costCenter: string;
  currency: string;
  location: string;
  postedOn: string;
  delivery: Delivery;
  lines: Line[];
  /** Lines that grew because a surplus was kept. */
  grown: { line: number; quantity: number }[];
}

/** Put what came into stock and owe it to the supplier as received and not invoiced. No undo: the goods are here. */
export const receiveGoods = ({ erp }: Systems, ledger: Ledger) =>
  move('receive-goods', async (run, goods: GoodsToReceive) => {
    if (goods.grown.length > 0) {
      await run.step('raise ordered quantity', (idempotencyKey) => erp.changePurchaseOrder({
        orderNumber: goods.orderNumber, body: { reference: documentReference(goods.orderNumber, goods.delivery.reference, 'surplus'), reason: 'Surplus kept', lines: goods.grown },
      }, { idempotencyKey }));
    }
    const receipt = await run.step('create receipt in ERP', (idempotencyKey) => erp.createReceipt({
      body: {
        // The dock's reference may be that of a delivery note with goods of several orders.
        reference: documentReference(goods.orderNumber, goods.delivery.reference), orderNumber: goods.orderNumber, location: goods.location, receivedOn: goods.delivery.receivedOn,
        ...(goods.delivery.shipNoticeNumber ? { shipNoticeNumber: goods.delivery.shipNoticeNumber } : {}),
        lines: goods.delivery.lines.map((each) => receiptLine(each, goods.lines)),
      },
    }, { idempotencyKey }));
    if (compare(receipt.value, '0') > 0) {
      await run.step('post receipt journal', secondHalf((idempotencyKey) => ledger.postReceipt({
        reference: receipt.number, orderNumber: goods.orderNumber, facility: goods.facility, costCenter: goods.costCenter, postedOn: goods.postedOn, currency: goods.currency, value: receipt.value, stockValue: receipt.stockValue,
      }, idempotencyKey)));
    }
    return { type: 'goods received', lines: goods.delivery.lines, receiptNumber: receipt.number };
  });

function receiptLine({ line, quantity, tracking }: Delivery['lines'][number], lines: Line[]) {
  const ordered = lines.find((each) => each.line === line);
  if (!ordered) throw new Error(`line ${line} is not on the order`);
  return { orderLine: line, itemNumber: ordered.itemNumber, quantity, unit: ordered.unit, ...(tracking ? { tracking } : {}) };
}
