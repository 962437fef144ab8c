import type { Clock } from '#chassis/time/clock.ts';
import { Cache, Lookup } from './cache.ts';
import type { FusionClient } from './client.ts';
import { refused } from './errors.ts';
import { oneOf } from './query.ts';
import type { Row } from './record.ts';
import { Supplier } from './records.ts';
import type { FusionSettings } from './settings.ts';

export type SupplierRow = Row<typeof Supplier>;

/** Suppliers with their sites: one place that orders go to and one that is paid. */
export class Suppliers {
  readonly #client: FusionClient;
  readonly #byNumber: Lookup<SupplierRow>;
  readonly #all: Cache<SupplierRow[]>;

  constructor(client: FusionClient, settings: FusionSettings, clock: Clock) {
    const cache = { clock, lifeMs: settings.cacheMs, entries: settings.cacheEntries };
    this.#client = client;
    this.#all = new Cache({ ...cache, entries: 1 });
    this.#byNumber = new Lookup(cache, async (numbers) => {
      const rows = await client.all(Supplier, 'suppliers', { where: [oneOf('SupplierNumber', numbers)], expand: 'sites' });
      return new Map(rows.map((row) => [row.SupplierNumber, row]));
    });
  }

  find(number: string): Promise<SupplierRow | undefined> {
    return this.#byNumber.get(number);
  }

  /** All of them, for a search by name that the vendor cannot do regardless of case. */
  all(): Promise<SupplierRow[]> {
    return this.#all.get('suppliers', () => this.#client.all(Supplier, 'suppliers', { expand: 'sites' }));
  }

  /** The supplier that a body names. @throws refused */
  async named(number: string): Promise<SupplierRow> {
    const row = await this.find(number);
    if (!row) throw refused('unknown-supplier', `The ERP has no supplier ${number}.`);
    return row;
  }
}

export function purchasingSiteOf(row: SupplierRow): string | undefined {
  return row.sites.find((site) => site.SitePurposePurchasingFlag)?.SupplierSite;
}

export function paySiteOf(row: SupplierRow): string | undefined {
  return row.sites.find((site) => site.SitePurposePayFlag)?.SupplierSite;
}
