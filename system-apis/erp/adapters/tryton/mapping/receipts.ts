import type { Receipt as ReceiptModel } from '#contracts/generated/system/erp/v1.ts';
import { lineAmount, sum } from '#chassis/money/money.ts';
import type { OrderLine, Receipt } from '../records.ts';
import type { Row } from '../record.ts';
import { idOf } from '../stamp.ts';
import { bookValue, decimalText } from './amounts.ts';
import { trackingOf } from './tracking.ts';
import { unitCodeOf } from './units.ts';

/** A receipt of Tryton may serve several orders; ours names the first of them. @returns undefined when it serves none */
export function receiptOf(row: Row<typeof Receipt>, orderLines: Map<number, Row<typeof OrderLine>>, units: Record<string, string>): ReceiptModel | undefined {
  const moves = row['incoming_moves.'].filter((move) => move.state === 'done' && orderLines.has(idOf(move.origin)));
  const orderOf = (move: (typeof moves)[number]) => orderLines.get(idOf(move.origin))!;
  const [first] = moves;
  const orderNumber = first && orderOf(first)['purchase.'].number;
  if (!first || !orderNumber) return undefined;
  const shown = moves.filter((move) => orderOf(move)['purchase.'].number === orderNumber).toSorted((a, b) => a.id - b.id);
  const location = row['inventory_moves.'][0]?.['to_location.'].code;
  return {
    number: row.number ?? '', reference: row.reference ?? row.number ?? '', orderNumber, ...(location ? { location } : {}), receivedOn: row.effective_date ?? '',
    lines: shown.map((move) => ({
      orderLine: orderOf(move).sequence ?? 1, itemNumber: move['product.'].code ?? '', quantity: move.quantity, unit: unitCodeOf(move['uom.'].symbol, units),
      ...(move['lot.'] ? { tracking: trackingOf(move['lot.']) } : {}),
    })),
    stockValue: sum(shown.map(bookValue)), value: sum(shown.map((move) => lineAmount(move.quantity, decimalText(move.unit_price ?? '0')))), currency: first['currency.']?.code ?? '',
  };
}
