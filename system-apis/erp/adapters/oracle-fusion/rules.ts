import type { Clock } from '#chassis/time/clock.ts';
import { Lookup } from './cache.ts';
import type { FusionClient } from './client.ts';
import { equals, oneOf } from './query.ts';
import type { Row } from './record.ts';
import { ItemSubinventory } from './records.ts';
import type { FusionSettings } from './settings.ts';

export type RuleRow = Row<typeof ItemSubinventory>;

/** When an item is planned at which places of an organization. Every use asks. */
export class Rules {
  readonly #byItem: Lookup<RuleRow[]>;

  constructor(client: FusionClient, settings: FusionSettings, clock: Clock) {
    this.#byItem = new Lookup({ clock, lifeMs: settings.cacheMs, entries: settings.cacheEntries }, async (keys) => {
      const asked = Map.groupBy(keys.map(split), ([organization]) => organization);
      const found = await Promise.all([...asked].map(([organization, pairs]) =>
        client.all(ItemSubinventory, 'itemSubinventories', { where: [equals('OrganizationCode', organization), oneOf('ItemNumber', pairs.map(([, item]) => item))] })));
      return Map.groupBy(found.flat(), (row) => keyOf(row.OrganizationCode, row.ItemNumber));
    });
  }

  async of(organization: string, itemNumber: string): Promise<RuleRow[]> {
    return (await this.#byItem.get(keyOf(organization, itemNumber))) ?? [];
  }
}

const keyOf = (organization: string, itemNumber: string) => `${organization}\n${itemNumber}`;
const split = (key: string) => key.split('\n') as [organization: string, item: string];
