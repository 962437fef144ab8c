import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Contract } from '#chassis/contract/contract.ts';
import type { TierName } from '#chassis/resilience/tiers.ts';
import { depot, type DepotOperations } from './sample-apis.ts';

/** A system that stores boxes, behind a contract of its own, and does to its callers what a test wants. */
export interface FakeDepot {
  contract: Contract<DepotOperations>;
  port: number;
  /** `dead` answers that nobody is there, `hanging` does not answer until `resume`. */
  mode: 'well' | 'dead' | 'hanging';
  /** Labels in the order of the calls, served or not. */
  calls: string[];
  /** Labels by the number of times that they were stored under different keys. */
  stored: Map<string, number>;
  /** Serves from now on, those that hang first. */
  resume(): void;
  stop(): Promise<void>;
}

export async function startFakeDepot(name: string, tier: TierName = 'standard'): Promise<FakeDepot> {
  const keys = new Map<string, string>();
  const hanging: (() => void)[] = [];
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (body: string) => { meet(JSON.parse(body) as { label: string }, String(request.headers['idempotency-key']), response); });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  function meet({ label }: { label: string }, key: string, response: ServerResponse): void {
    fake.calls.push(label);
    if (fake.mode === 'dead') response.writeHead(503).end();
    else if (fake.mode === 'hanging') hanging.push(() => store(label, key, response));
    else store(label, key, response);
  }

  function store(label: string, key: string, response: ServerResponse): void {
    if (!keys.has(key)) fake.stored.set(label, (fake.stored.get(label) ?? 0) + 1);
    keys.set(key, label);
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ label, shelf: keys.size }));
  }

  const fake: FakeDepot = {
    contract: { ...depot, name, document: { ...depot.document, 'x-tier': tier, 'servers': [{ url: `/${name}/v1` }] } },
    port: (server.address() as AddressInfo).port,
    mode: 'well', calls: [], stored: new Map(),
    resume() {
      fake.mode = 'well';
      for (const serve of hanging.splice(0)) serve();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
  return fake;
}
