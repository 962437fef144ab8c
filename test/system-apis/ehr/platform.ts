import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { connect, type Client } from '#chassis/contract/connect.ts';
import { overHttp } from '#chassis/contract/transports.ts';
import { startDeployable, type Deployable } from '#chassis/deployable/deployable.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { ehr, type EhrOperations } from '#contracts/generated/system/ehr/v1.ts';
import schemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { ehrApi } from '../../../system-apis/ehr/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { payloadKeysIn } from '../../support/payload-keys.ts';
import { freePort } from '../../support/free-port.ts';

/** The EHR API in a deployable of its own, called over HTTP by a service with these scopes. */
export interface EhrDeployable {
  databaseUrl: string;
  url: string;
  mllpPort: number;
  config: PlatformConfig;
  client: Client<EhrOperations>;
  start(): Promise<void>;
  stop(): Promise<void>;
  leave(): Promise<void>;
}

export async function deployEhr(settings: { adapter: string; settings: unknown; uses?: object; messages?: object }, scopes: string[] = ['ehr:*']): Promise<EhrDeployable> {
  const database = await createTestDatabase();
  const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
  await ensureServiceKeys(keys, ['system-apis', 'tester']);
  const port = await freePort();
  const mllpPort = await freePort();
  const config: PlatformConfig = {
    environment: 'test', log: { level: 'error' }, database: { url: database.url }, keys: { directory: keys }, payloads: await payloadKeysIn(keys),
    deployables: { 'system-apis': { port, apis: ['ehr'], grants: { tester: { scopes } } } },
    apis: { ehr: { mllp: { port: mllpPort, facilities: { NORTH: 'MAIN' } }, ...settings } },
  };
  const url = `http://127.0.0.1:${port}`;
  const tokens = await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} });
  const closers: (() => unknown)[] = [];
  const client = connect(ehr, {
    transport: (compiled) => {
      const transport = overHttp(compiled, { url, audience: 'system-apis', tokens });
      closers.push(() => transport.close());
      return transport;
    },
    log: createLog('tester', 'error'), metrics: createMetrics('tester'),
  });
  let deployable: Deployable | undefined;
  const start = async () => { deployable = await startDeployable({ name: 'system-apis', config, modules: [ehrApi], eventSchemas: schemas as never }); };
  const stop = async () => {
    await deployable?.stop();
    deployable = undefined;
  };
  await start();
  return {
    databaseUrl: database.url, url, mllpPort, config, client, start, stop,
    async leave() {
      client.close();
      for (const close of closers) await close();
      await stop();
      await database.drop();
      await rm(keys, { recursive: true });
    },
  };
}
