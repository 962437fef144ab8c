import type { Watch } from '#chassis/watches/watch.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { Policy } from './policy.ts';

type Types = (keyof EventData)[];

/** What a buyer and a clerk would ask about if nobody told them. */
export function watchesOf({ acknowledgedWithinMs, invoicedWithinMs }: Policy['watches']): Watch[] {
  const over: Types = ['order.cancelled.v1', 'order.closed.v1'];
  return [
    {
      name: 'procure-to-pay.order-acknowledged', title: 'The supplier has not answered order {key}', key: 'order',
      begins: 'order.placed.v1' satisfies keyof EventData, ends: ['order.acknowledged.v1'] satisfies Types, callsOff: over,
      withinMs: acknowledgedWithinMs, owner: 'role:buyer', tier: 'standard',
    },
    {
      // Of an order that comes in parts the first receipt is watched: what is owed after that is the order's own to chase.
      name: 'procure-to-pay.receipt-invoiced', title: 'Goods of order {key} came and no invoice for them', key: 'order',
      begins: 'goods.received.v1' satisfies keyof EventData, ends: ['invoice.received.v1'] satisfies Types, callsOff: over,
      withinMs: invoicedWithinMs, owner: 'role:accounts-payable-clerk', tier: 'standard',
    },
  ];
}
