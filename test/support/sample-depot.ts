import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { startDeployable } from '#chassis/deployable/deployable.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { freePort } from './free-port.ts';
import { depotApi, newShelves, sampleEventSchemas, type Shelves } from './sample-apis.ts';

/** A depot in a deployable of its own, which counts what it was asked to do by key. */
export interface SampleDepot {
  shelves: Shelves;
  keys: string;
  neighbours: PlatformConfig['deployables'];
  stop(): Promise<void>;
}

export async function startSampleDepot(databaseUrl: string, callers: string[]): Promise<SampleDepot> {
  const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
  await ensureServiceKeys(keys, ['lower', ...callers]);
  const shelves = newShelves();
  const neighbours: PlatformConfig['deployables'] = { lower: { port: await freePort(), apis: ['depot'], grants: Object.fromEntries(callers.map((caller) => [caller, { scopes: ['depot:*'] }])) } };
  const deployable = await startDeployable({
    name: 'lower', modules: [depotApi(shelves)], eventSchemas: sampleEventSchemas,
    config: { environment: 'test', log: { level: 'error' }, database: { url: databaseUrl }, keys: { directory: keys }, apis: {}, deployables: neighbours },
  });
  return {
    shelves, keys, neighbours,
    async stop() {
      await deployable.stop();
      await rm(keys, { recursive: true });
    },
  };
}
