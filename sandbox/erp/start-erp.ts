import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createFaults, refuseAsLoadBalancer, type FaultOptions, type Faults } from '../faults.ts';
import { openCatalog } from './adf/collections.ts';
import { openBooks } from './database.ts';
import { isoDate, loadMasterData } from './load-master-data.ts';
import { readMaster } from './master.ts';
import type { Erp } from './operation.ts';
import { createErpServer } from './server.ts';
import { startScheduler } from './scheduler.ts';

export interface ErpOptions {
  databaseUrl: string;
  /** 0 for any free port. */
  port: number;
  seed: number;
  faults?: Faults;
  /** The integration user; a random password when absent. */
  credentials?: { user: string; password: string };
  host?: string;
  /** How long a bulk import waits before it runs. */
  jobDelayMs?: number;
  now?: () => Date;
}

export interface RunningErp {
  /** Address of the pod, without the path of the resources. */
  url: string;
  credentials: { user: string; password: string };
  faults: Faults;
  /** Answered requests as `METHOD resource status`. */
  requests: ReadonlyMap<string, number>;
  /** Empties the books and loads the master data anew. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** The simulated ERP of the sandbox hospital: Oracle Fusion Cloud REST over books in PostgreSQL, schema `erp`. */
export async function startErp(options: ErpOptions): Promise<RunningErp> {
  const now = options.now ?? (() => new Date());
  const credentials = options.credentials ?? { user: 'callosum.integration', password: randomBytes(18).toString('base64url') };
  const faults = options.faults ?? createFaults(options.seed, { refuse });
  const books = await openBooks(options.databaseUrl);
  const requests = new Map<string, number>();
  let url = '';
  try {
    const [loaded] = await books.rows<{ exists: boolean }>('select exists (select 1 from facilities) as exists');
    if (!loaded?.exists) await books.transaction((database) => loadMasterData(database, now()));
    const erp: Erp = {
      books,
      master: await readMaster(books),
      now,
      today: () => isoDate(now()),
      async reloadMaster() { erp.master = await readMaster(books); },
      wakeScheduler: () => scheduler.wake(),
    };
    const scheduler = startScheduler(erp, options.jobDelayMs ?? 200);
    const catalog = await openCatalog(books, () => url);
    const server = createErpServer({
      erp, catalog, faults, credentials,
      count(method, resource, status) {
        const key = `${method} ${resource} ${status}`;
        requests.set(key, (requests.get(key) ?? 0) + 1);
      },
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.host ?? '127.0.0.1', resolve);
    });
    url = `http://${options.host ?? '127.0.0.1'}:${(server.address() as AddressInfo).port}`;
    return {
      url, credentials, faults, requests,
      async reset() {
        await books.transaction((database) => loadMasterData(database, now()));
        await erp.reloadMaster();
        requests.clear();
      },
      async close() {
        server.closeIdleConnections();
        await new Promise<void>((resolve) => server.close(() => resolve()));
        await scheduler.stop();
        await saveCounts(requests, books);
        await books.close();
      },
    };
  } catch (error) {
    await books.close();
    throw error;
  }
}

async function saveCounts(requests: ReadonlyMap<string, number>, books: { rows(text: string, values: unknown[]): Promise<object[]> }): Promise<void> {
  const rows = [...requests].map(([key, count]) => {
    const [method, resource, status] = key.split(' ');
    return { method, resource, status, count };
  });
  await books.rows(`
    insert into request_counts as c (method, resource, status, count)
    select method, resource, status, count from jsonb_to_recordset($1::jsonb) as r(method text, resource text, status int, count bigint)
    on conflict (method, resource, status) do update set count = c.count + excluded.count`, [JSON.stringify(rows)]);
}

/** What the ERP itself refuses it words itself; for everything else somebody in front of it answers. */
const refuse: FaultOptions['refuse'] = (response, status, headers) => {
  if (status !== 400) return refuseAsLoadBalancer(response, status, headers);
  response.writeHead(status, { 'Content-Type': 'application/vnd.oracle.adf.error+json', ...headers });
  response.end(JSON.stringify({ title: 'Bad Request', status: '400', 'o:errorDetails': [{ detail: 'The security policy does not allow this.', 'o:errorCode': 'FND-100400' }] }));
};
