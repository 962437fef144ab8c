import Big from 'big.js';
import { itemByNumber } from '../../hospital/master-data.ts';
import { dayAfter } from './desk.ts';
import type { LineState, SupplierOrder, SupplierOrderLine } from './order.ts';
import { between } from './seeded.ts';

export type Decision = 'accept' | 'change-price' | 'substitute' | 'backorder' | 'reject' | 'cancel';

/** What the supplier says about a line and what state that leaves it in. */
export interface LineDecision {
  lineNumber: number;
  decision: Decision;
  state: LineState;
  itemNumber: string;
  uom: string;
  quantity: string;
  price: string;
  promisedOn: string | null;
  reason: string | null;
}

const BACKORDER_DAYS = 7;

/** The supplier's answer to one line. Pure: the same line on the same day gets the same answer. */
export function decide(
  line: SupplierOrderLine,
  order: SupplierOrder,
  seed: number,
  calendar: { today: string; leadTimeDays: number },
): LineDecision {
  const earliest = dayAfter(calendar.today, calendar.leadTimeDays);
  const promised = line.needBy !== null && line.needBy > earliest ? line.needBy : earliest;
  const answer = (decision: Decision, state: LineState, change: Partial<LineDecision> = {}): LineDecision => ({
    lineNumber: line.lineNumber,
    decision,
    state,
    itemNumber: line.itemNumber,
    uom: line.uom,
    quantity: line.quantity,
    price: line.price,
    promisedOn: promised,
    reason: null,
    ...change,
  });

  if (line.state === 'cancelled') return answer('cancel', 'cancelled', { promisedOn: null, reason: 'Cancelled at the buyer\'s request' });
  if (line.state === 'rejected') return answer('reject', 'rejected', { promisedOn: null, reason: 'No longer supplied' });
  if (line.state === 'shipped') return answer('accept', 'shipped', { reason: 'Already shipped' });
  if (line.settled) return answer('accept', 'accepted');

  switch (line.behaviour) {
    case 'substitute': {
      const substitute = itemByNumber(itemByNumber(line.itemNumber)?.substitute ?? '');
      if (!substitute) return answer('accept', 'accepted');
      return answer('substitute', 'awaiting-buyer', {
        itemNumber: substitute.number,
        price: substitute.contractPrice,
        reason: `${line.itemNumber} is out of stock, ${substitute.number} is offered instead`,
      });
    }
    case 'price-higher-on-acknowledgement':
    case 'price-higher-said-twice':
      return answer('change-price', 'awaiting-buyer', {
        price: raisedPrice(line.price, seed, order.reference, line.itemNumber, 'acknowledgement'),
        reason: 'Price increase of the manufacturer',
      });
    case 'backorder':
      return answer('backorder', 'backordered', {
        promisedOn: dayAfter(promised, BACKORDER_DAYS),
        reason: 'Out of stock, on order with the manufacturer',
      });
    case 'reject-line':
    case 'reject-order':
    case 'reject-said-twice':
    case 'reject-but-ship':
    case 'reject-but-bill':
      return answer('reject', 'rejected', {
        promisedOn: null,
        reason: itemByNumber(line.itemNumber) ? 'Discontinued by the manufacturer' : 'Unknown item',
      });
    default:
      return answer('accept', 'accepted');
  }
}

/** Four to fifteen per cent more, at least a cent. */
export function raisedPrice(price: string, seed: number, ...parts: readonly (string | number)[]): string {
  const raised = new Big(price).times(100 + between(4, 15, seed, 'raise', ...parts)).div(100).round(2, Big.roundUp);
  const least = new Big(price).plus('0.01');
  return (raised.gt(least) ? raised : least).toFixed(2);
}
