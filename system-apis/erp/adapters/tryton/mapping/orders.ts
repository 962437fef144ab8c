import type { PurchaseOrder, PurchaseOrderLine } from '#contracts/generated/system/erp/v1.ts';
import { addQuantities, lineAmount, sum } from '#chassis/money/money.ts';
import type { Purchase } from '../records.ts';
import type { Row } from '../record.ts';
import { readStamp, textIn } from '../stamp.ts';
import { decimalText, inUnit } from './amounts.ts';
import { unitCodeOf } from './units.ts';

export type Order = Row<typeof Purchase>;
export type Line = Order['lines.'][number];
type Move = Line['moves.'][number];

export interface LineProgress {
  ordered: number;
  /** In stock, or in a shipment on its way there. */
  received: number;
  /** Given up: its moves were cancelled and not made anew. */
  dropped: number;
  /** What may still come. */
  outstanding: number;
  invoiced: number;
}

/** Goods move in Tryton through stock moves that the order makes; what they say is how far a line has come. */
export function progressOf(line: Line): LineProgress {
  const ordered = line.quantity ?? 0;
  const unit = line['unit.'] ?? { factor: 1 };
  const of = (moves: Move[]) => addQuantities(0, ...moves.map((move) => inUnit(move.quantity, move['uom.'], unit)));
  const received = of(line['moves.'].filter((move) => move.state === 'done' || (move.state !== 'cancelled' && move.shipment !== null)));
  const dropped = of(line['moves.'].filter((move) => move.state === 'cancelled' && !line.moves_recreated.includes(move.id)));
  const billed = line['invoice_lines.'].filter((each) => each['invoice.'] && each['invoice.'].state !== 'cancelled');
  return {
    ordered, received, dropped,
    outstanding: Math.max(0, addQuantities(ordered, -received, -dropped)),
    invoiced: addQuantities(0, ...billed.map((each) => inUnit(each.quantity ?? 0, each['unit.'] ?? unit, unit))),
  };
}

/** Moves that wait for goods and that no shipment has taken. */
export function pendingMoves(line: Line): Move[] {
  return line['moves.'].filter((move) => ['draft', 'staging'].includes(move.state) && move.shipment === null);
}

export function itemLines(order: Order): Line[] {
  return order['lines.'].filter((line) => line.type === 'line').toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0) || a.id - b.id);
}

/** Lines that Tryton's own users entered may have no number: then their place counts. */
export function lineNumber(order: Order, line: Line): number {
  return line.sequence ?? itemLines(order).indexOf(line) + 1;
}

/**
 * Tryton knows no closed order, and cancels none that is being processed. Both are written into its comment when the
 * caller asks for them, and else follow from what became of the lines.
 */
export function statusOf(order: Order): PurchaseOrder['status'] {
  const ended = textIn(readStamp(order.comment), 'ended');
  if (ended === 'closed' || ended === 'cancelled') return ended;
  if (['draft', 'quotation'].includes(order.state)) return 'draft';
  const lines = itemLines(order);
  if (order.state === 'cancelled' || (lines.length > 0 && lines.every(isCancelled))) return 'cancelled';
  const progress = lines.map(progressOf);
  const nothingMore = progress.every((line) => line.outstanding === 0);
  if (nothingMore && (progress.some((line) => line.dropped > 0) || (order.state === 'done' && order.invoice_state === 'paid'))) return 'closed';
  return 'open';
}

function isCancelled(line: Line): boolean {
  const { ordered, received, dropped, outstanding } = progressOf(line);
  return outstanding === 0 && received === 0 && (dropped > 0 || ordered === 0);
}

function lineStatus(order: Order, line: Line): PurchaseOrderLine['status'] {
  const status = statusOf(order);
  if (status === 'cancelled' || isCancelled(line)) return 'cancelled';
  const { dropped, outstanding } = progressOf(line);
  return status === 'closed' || (dropped > 0 && outstanding === 0) ? 'closed' : 'open';
}

export function purchaseOrderOf(order: Order, units: Record<string, string>): PurchaseOrder {
  const lines = itemLines(order).map((line) => orderLineOf(order, line, units));
  const stamp = readStamp(order.comment);
  const [requisitionNumber, location] = [textIn(stamp, 'requisitionNumber'), textIn(stamp, 'location')];
  return {
    number: order.number ?? '', reference: order.reference ?? order.number ?? '', ...(requisitionNumber ? { requisitionNumber } : {}),
    supplierNumber: order['party.'].code, facility: order['warehouse.']?.code ?? '', ...(location ? { location } : {}), status: statusOf(order), currency: order['currency.'].code,
    total: sum(lines.filter((line) => line.status !== 'cancelled').map((line) => lineAmount(line.quantity, line.unitPrice))),
    lines,
  };
}

function orderLineOf(order: Order, line: Line, units: Record<string, string>): PurchaseOrderLine {
  const { received, invoiced } = progressOf(line);
  const account = textIn(readStamp(line.note), 'account');
  const costCenter = line['analytic_accounts.'].map((entry) => entry['account.']?.code).find(Boolean);
  return {
    line: lineNumber(order, line), itemNumber: line['product.']?.code ?? '', ...(line.description ? { description: line.description } : {}),
    quantity: line.quantity ?? 0, unit: unitCodeOf(line['unit.']?.symbol ?? '', units), unitPrice: decimalText(line.unit_price ?? '0'),
    ...(costCenter ? { costCenter } : {}), ...(account ? { account } : {}), ...(line.delivery_date_store ? { promisedOn: line.delivery_date_store } : {}),
    status: lineStatus(order, line), receivedQuantity: received, invoicedQuantity: Math.max(0, invoiced),
  };
}
