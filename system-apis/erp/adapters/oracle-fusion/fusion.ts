import type { AdapterDeps } from '#chassis/adapters/adapter.ts';
import type { Clock } from '#chassis/time/clock.ts';
import { Lookup } from './cache.ts';
import { Chart } from './chart.ts';
import { FusionClient } from './client.ts';
import { refused } from './errors.ts';
import { Items } from './items.ts';
import type { BatchRow } from './mapping/ledger.ts';
import type { RequisitionRow } from './mapping/requisitions.ts';
import { anyOf, inChunks, oneOf } from './query.ts';
import { JournalBatch, Requisition } from './records.ts';
import { Repeats } from './repeats.ts';
import { Rules } from './rules.ts';
import type { FusionSettings } from './settings.ts';
import { Suppliers } from './suppliers.ts';

/** What the groups of operations share. */
export interface Fusion {
  client: FusionClient;
  /** The same pod's application for people. */
  people: FusionClient;
  clock: Clock;
  settings: FusionSettings;
  chart: Chart;
  items: Items;
  suppliers: Suppliers;
  rules: Rules;
  /** Requisitions by number, for the orders that follow at once. */
  requisitionRows: Lookup<RequisitionRow>;
  /** Journal batches by name, many in one question; what was posted never changes. */
  batches: Lookup<BatchRow>;
  /** Writes of which a repeat must not make a second. */
  repeats: Repeats;
  today(): string;
}

const PEOPLE_CONNECTIONS = 4;

export function connectFusion(settings: FusionSettings, deps: AdapterDeps): Fusion {
  const client = new FusionClient(settings, deps);
  const cache = { clock: deps.clock, lifeMs: settings.cacheMs, entries: settings.cacheEntries };
  return {
    client, settings,
    people: new FusionClient({ ...settings, connections: Math.min(settings.connections, PEOPLE_CONNECTIONS) }, deps, 'hcmRestApi'),
    clock: deps.clock,
    chart: new Chart(client, settings, deps.clock),
    items: new Items(client, settings, deps.clock),
    suppliers: new Suppliers(client, settings, deps.clock),
    rules: new Rules(client, settings, deps.clock),
    requisitionRows: new Lookup(cache, async (numbers) => {
      const rows = await client.all(Requisition, 'purchaseRequisitions', { where: [oneOf('Requisition', numbers)], expand: 'lines' });
      return new Map(rows.map((row) => [row.Requisition, row]));
    }),
    batches: new Lookup({ ...cache, lifeMs: 0 }, async (names) => {
      const rows = (await Promise.all(inChunks(names).map((chunk) => client.all(JournalBatch, 'journalBatches', { where: [anyOf('BatchName', chunk)], expand: 'journalHeaders.journalLines' })))).flat();
      return new Map(rows.map((row) => [row.BatchName, row]));
    }),
    // A connection that was cut has had its effect or none; a request that was given up may still wait in line.
    repeats: new Repeats({ clock: deps.clock, lateMs: settings.lateMs, mayComeLate: (failure) => failure.kind === 'upstream-timeout', mayComeFromElsewhere: false }),
    today: () => deps.clock.now().toISOString().slice(0, 10),
  };
}

/** The books are kept in one currency. */
export function checkCurrency({ settings }: Pick<Fusion, 'settings'>, currency: string): void {
  if (currency !== settings.currency) throw refused('unknown-currency', `The ERP's books are kept in ${settings.currency}.`);
}
