import type { Subscription } from '#chassis/events/subscription.ts';
import type { Lives } from '#chassis/lifecycle/lives.ts';
import { addQuantities } from '#chassis/money/money.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { Consumption } from './consumption.ts';
import { PROCESS } from './definition.ts';
import { closeDemand, noteArrival, noteOrder } from './demand.ts';

/** Every use that the EHR announces begins a life; one that was entered in error ends or reverses it. */
export function uses(lives: Lives): Subscription {
  return {
    group: 'consumption-to-replenishment.uses',
    types: ['supply.used.v1', 'supply.use-withdrawn.v1'] satisfies (keyof EventData)[],
    async handle(tx, event) {
      if (event.type === 'supply.used.v1') {
        const { use } = event.data as EventData['supply.used.v1'];
        if (use.status === 'completed') await lives.start(tx, PROCESS, newConsumption(use), { identity: use.id });
        return;
      }
      for (const id of await lives.find(tx, PROCESS, 'use', (event.data as EventData['supply.use-withdrawn.v1']).useId)) await lives.apply(tx, id, { type: event.type });
    },
  };
}

/** What was asked for arrives, or will not come: it is no longer on its way. */
export function orders(): Subscription {
  return {
    group: 'consumption-to-replenishment.orders',
    types: ['order.placed.v1', 'goods.received.v1', 'order.closed.v1', 'order.cancelled.v1', 'order.rejected.v1', 'order.refused.v1'] satisfies (keyof EventData)[],
    async handle(tx, event) {
      if (event.type === 'goods.received.v1') {
        const { orderId, lines } = event.data as EventData['goods.received.v1'];
        return noteArrival(tx, orderId, addQuantities(...lines.map((line) => line.quantity)));
      }
      const { reference, orderId } = event.data as EventData['order.placed.v1'];
      return event.type === 'order.placed.v1' ? noteOrder(tx, reference, orderId) : closeDemand(tx, reference);
    },
  };
}

function newConsumption(use: Consumption['use']): Consumption {
  return {
    use, namedItem: null, problem: null, place: null, item: null, failedDepletions: 0, isShort: false, movementNumber: null, cost: null, taken: null, requisitionReference: null, replenishment: null,
  };
}
