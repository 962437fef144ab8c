import type { PurchaseOrderChange } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { refused } from './failures.ts';
import { lineNumber, itemLines, progressOf, purchaseOrderOf, type Line, type Order } from './mapping/orders.ts';
import { dropLines, findOrder, requireOpen } from './orders.ts';
import { Amendment, Purchase, type Product } from './records.ts';
import type { Row } from './record.ts';
import { leaveStamp } from './stamp.ts';
import type { Tryton } from './tryton.ts';
import { date, decimal } from './wire.ts';

type Change = PurchaseOrderChange['lines'][number];

const MODEL = 'purchase.amendment';

/**
 * Changes of orders that are being processed go through Tryton's amendments. One is made for each change, also when it
 * only moves dates or drops lines, since it carries the reference by which a repeat is recognised; it comes last.
 */
export function orderChangeOperations(tryton: Tryton): Pick<ErpPort, 'changePurchaseOrder'> {
  const { client, directory, settings } = tryton;

  async function amend(order: Order, { reference, reason, lines }: PurchaseOrderChange): Promise<void> {
    requireOpen(order);
    const changes = lines.map((change) => ({ change, line: lineOf(order, change.line) }));
    for (const { change, line } of changes) requirePossible(change, line);
    const items = await directory.items(lines.flatMap((change) => (change.itemNumber ? [change.itemNumber] : [])));
    const dropped = changes.filter(({ change }) => change.cancel).map(({ line }) => line.id);
    const amended = changes.filter(({ change }) => !change.cancel).map(({ change, line }) => amendmentLine(change, line, items));
    for (const { change, line } of changes) {
      if (change.promisedOn) await client.write('purchase.line', [line.id], { delivery_date_edit: true, delivery_date_store: date(change.promisedOn) });
    }
    if (dropped.length > 0) await dropLines(tryton, order.id, dropped);
    const [id] = await client.create(MODEL, [{ purchase: order.id, description: reference, lines: [['create', amended]] }]);
    await leaveStamp(client, MODEL, id!, { reason });
    await client.press(MODEL, 'validate_amendment', [id!]);
  }

  return {
    async changePurchaseOrder({ orderNumber, body }, { repeated }) {
      const order = await findOrder(tryton, orderNumber);
      const known = repeated ? await client.first(Amendment, [['purchase', '=', order.id], ['description', '=', body.reference]]) : undefined;
      if (!known) await amend(order, body);
      else if (known.state === 'draft') await client.press(MODEL, 'validate_amendment', [known.id]);
      const [changed] = await client.read(Purchase, [order.id]);
      return purchaseOrderOf(changed!, settings.unitCodes);
    },
  };
}

export function lineOf(order: Order, number: number): Line {
  const line = itemLines(order).find((each) => lineNumber(order, each) === number);
  if (!line) throw refused('unknown-order-line', 'The order has no such line.');
  return line;
}

function requirePossible(change: Change, line: Line): void {
  const { received, dropped, outstanding } = progressOf(line);
  if (dropped > 0 && outstanding === 0) {
    if (change.cancel) return;
    throw refused('order-line-not-open', 'The order line is not open.');
  }
  if (change.quantity !== undefined && change.quantity < received) throw refused('below-received', 'More of this line was received already.');
  if (change.itemNumber !== undefined && received > 0 && change.itemNumber !== line['product.']?.code) throw refused('below-received', 'Goods of this line were received already.');
}

function amendmentLine(change: Change, line: Line, items: Map<string, Row<typeof Product>>): object {
  return {
    action: 'line', line: line.id, product: change.itemNumber === undefined ? line.product : items.get(change.itemNumber)!.id,
    quantity: change.quantity ?? line.quantity, unit: line['unit.']!.id, unit_price: decimal(change.unitPrice ?? line.unit_price ?? '0'), description: line.description,
  };
}
