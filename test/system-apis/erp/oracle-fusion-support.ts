import pg from 'pg';
import { checkSection } from '#chassis/config/config.ts';
import type { Closable } from '#chassis/adapters/adapter.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock, type Clock } from '#chassis/time/clock.ts';
import { startErp, type RunningErp } from '../../../sandbox/erp/start-erp.ts';
import { oracleFusion } from '../../../system-apis/erp/adapters/oracle-fusion/adapter.ts';
import { FusionSettings } from '../../../system-apis/erp/adapters/oracle-fusion/settings.ts';
import type { ErpPort } from '../../../system-apis/erp/port.ts';
import { createTestDatabase } from '../../support/database.ts';

/** The settings that the sandbox hospital's books need. */
export function settingsFor(baseUrl: string, { user, password }: { user: string; password: string }, changes: object = {}): FusionSettings {
  const mistakes: string[] = [];
  const settings = checkSection(FusionSettings, {
    baseUrl, user, password, businessUnit: 'Lakeside US Business Unit', currency: 'USD',
    facilities: {
      MAIN: { organization: 'MAIN', entity: '101', subinventories: { 7010: 'CATHLAB', 7020: 'THEATRE', 7030: 'EPLAB', 7040: 'ED', 7050: 'CLINIC', 7090: 'STORES' } },
      EAST: { organization: 'EAST', entity: '102', subinventories: { 7050: 'CLINIC', 7090: 'STORES' } },
    },
    chart: { costCenterSet: 'LAKESIDE_COST_CENTER', accountSet: 'LAKESIDE_ACCOUNT' },
    accounts: { inventory: '1310', stockClearing: '2190' },
    ledger: { id: '1', dataAccessSetId: '1001' },
    journals: { gatherMs: 10, pollMs: 10, settleMs: 700 },
    cacheMs: 0,
    ...changes,
  }, '', mistakes);
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  return settings;
}

export function openAdapter(settings: FusionSettings, clock: Clock = systemClock): ErpPort & Closable {
  return oracleFusion.create(settings, { log: createLog('oracle-fusion-test', 'error'), metrics: createMetrics('oracle-fusion-test'), clock });
}

export interface Sandbox {
  erp: RunningErp;
  databaseUrl: string;
  stop(): Promise<void>;
}

/** One simulated ERP with books of its own, and one item more than the hospital has: bought, kept and used piece by piece, untraced. */
export async function startSandbox(jobDelayMs = 5): Promise<Sandbox> {
  const database = await createTestDatabase();
  const start = () => startErp({ databaseUrl: database.url, port: 0, seed: 1, jobDelayMs });
  await (await start()).close();
  await query(database.url, `
    insert into erp.items (number, description, category, status, manufacturer, manufacturer_part, stocking_uom, purchasing_uom, list_price, contract_price, unit_cost,
      lot_controlled, serial_controlled, expiry_controlled, expense_account, supplier_number, supplier_item)
    select 'SPL-1001', 'Reusable instrument tray', category, status, manufacturer, manufacturer_part, 'EA', 'EA', 9.00, 8.50, 8.25, false, false, false, '5110', 'SUP-130', '130-1001' from erp.items where number = 'CON-3002'`);
  await query(database.url, "insert into erp.item_gtins (gtin, item_number, uom) values ('09520000010010', 'SPL-1001', 'EA')");
  const erp = await start();
  return {
    erp, databaseUrl: database.url,
    async stop() {
      await erp.close();
      await database.drop();
    },
  };
}

export async function query<Row extends object>(databaseUrl: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}
