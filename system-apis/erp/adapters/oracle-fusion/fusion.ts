import type { AdapterDeps } from '#chassis/adapters/adapter.ts';
import { Chart } from './chart.ts';
import { FusionClient } from './client.ts';
import { refused } from './errors.ts';
import { Items } from './items.ts';
import { Rules } from './rules.ts';
import type { FusionSettings } from './settings.ts';
import { Suppliers } from './suppliers.ts';

/** What the groups of operations share. */
export interface Fusion {
  client: FusionClient;
  settings: FusionSettings;
  chart: Chart;
  items: Items;
  suppliers: Suppliers;
  rules: Rules;
  today(): string;
}

export function connectFusion(settings: FusionSettings, deps: AdapterDeps): Fusion {
  const client = new FusionClient(settings, deps);
  return {
    client, settings,
    chart: new Chart(client, settings, deps.clock),
    items: new Items(client, settings, deps.clock),
    suppliers: new Suppliers(client, settings, deps.clock),
    rules: new Rules(client, settings, deps.clock),
    today: () => deps.clock.now().toISOString().slice(0, 10),
  };
}

/** The books are kept in one currency. */
export function checkCurrency({ settings }: Pick<Fusion, 'settings'>, currency: string): void {
  if (currency !== settings.currency) throw refused('unknown-currency', `The ERP's books are kept in ${settings.currency}.`);
}
