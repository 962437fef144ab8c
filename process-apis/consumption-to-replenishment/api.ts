import { defineApi } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { workItemsOf } from '#chassis/lifecycle/work-items.ts';
import { consumptionToReplenishment } from '#contracts/generated/process/consumption-to-replenishment/v1.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { ehr } from '#contracts/generated/system/ehr/v1.ts';
import { erp } from '#contracts/generated/system/erp/v1.ts';
import { definitionOf, PROCESS } from './definition.ts';
import { orders, uses } from './messages.ts';
import { MIGRATIONS } from './migrations.ts';
import { Settings } from './settings.ts';
import { listConsumptions, readConsumption } from './views.ts';

/** What was used, what it cost, and what was ordered for it. */
export const consumptionToReplenishmentApi = defineApi<EventData>()({
  contract: consumptionToReplenishment,
  settings: Settings,
  migrations: MIGRATIONS,
  create(platform, settings) {
    const { database, lives, moves, clock } = platform;
    const definition = definitionOf({ systems: { erp: platform.connect(erp), ehr: platform.connect(ehr) }, database, clock, settings });
    lives.register(definition);
    moves.register(PROCESS, definition.tier, Object.values(definition.moves).map((binding) => binding.move), async (tx, lifeId, outcome) => {
      await lives.apply(tx, lifeId, { ...outcome, at: clock.now().toISOString() });
    });
    platform.subscribe(uses(lives));
    platform.subscribe(orders());
    const work = workItemsOf(PROCESS, { database, lives, moves, clock });
    return {
      operations: {
        listConsumptions: (query, { principal }) => listConsumptions(database, query, principal),
        getConsumption: ({ consumptionId }, { principal }) => readConsumption(database, consumptionId, principal),
        listWorkItems: (query, { principal }) => work.list(query, principal),
        getWorkItem: ({ workItemId }, { principal }) => work.get(workItemId, principal),
        resolveWorkItem({ workItemId, body }, { principal }) {
          if (principal.kind !== 'user') throw new ApiError('forbidden', 'Only a person may do this.', { code: 'person-needed' });
          if (body.resolution === 'map-item' && typeof body.values?.['itemNumber'] !== 'string') {
            throw new ApiError('refused', 'The item number is needed.', { code: 'item-number-needed', errors: [{ pointer: '/values/itemNumber', detail: 'is required to map an item' }] });
          }
          return work.resolve(workItemId, body, principal);
        },
      },
    };
  },
});
