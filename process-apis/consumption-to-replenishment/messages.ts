import type { Subscription } from '#chassis/events/follower.ts';
import type { Lives } from '#chassis/lifecycle/lives.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { Consumption } from './consumption.ts';
import { PROCESS } from './definition.ts';
import { closeDemand } from './demand.ts';

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

/** What is received, refused or cancelled is no longer on its way. */
export function endedOrders(): Subscription {
  return {
    group: 'consumption-to-replenishment.ended-orders',
    types: ['order.closed.v1', 'order.cancelled.v1', 'order.rejected.v1', 'order.refused.v1'] satisfies (keyof EventData)[],
    handle: (tx, event) => closeDemand(tx, (event.data as EventData['order.closed.v1']).reference),
  };
}

function newConsumption(use: Consumption['use']): Consumption {
  return { use, mappedItem: null, problem: null, place: null, item: null, movementNumber: null, cost: null, requisitionReference: null, replenishment: null };
}
