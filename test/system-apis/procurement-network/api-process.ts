import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { connect } from '#chassis/contract/connect.ts';
import { overHttp } from '#chassis/contract/transports.ts';
import { startDeployable } from '#chassis/deployable/deployable.ts';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { procurementNetwork } from '#contracts/generated/system/procurement-network/v1.ts';
import { procurementNetworkApi } from '../../../system-apis/procurement-network/api.ts';
import { freePort } from '../../support/free-port.ts';
import type { NetworkClient } from './platform.ts';

export interface ApiProcess {
  client: NetworkClient;
  /** At once and without a word, as a power cut does. */
  kill(): Promise<void>;
  /** Ends the client too, when nobody waits for its answers any more. */
  close(): Promise<void>;
}

/** The API in a process of its own, on the same database, for a test that kills it. */
export async function startApiProcess(config: PlatformConfig): Promise<ApiProcess> {
  const port = await freePort();
  const own: PlatformConfig = { ...config, deployables: { 'system-apis': { ...config.deployables['system-apis']!, port } } };
  const child = fork(import.meta.filename, [JSON.stringify(own)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await Promise.race([once(child, 'message'), once(child, 'exit').then(() => { throw new Error('the process ended before it was ready'); })]);
  const tokens = await createServiceTokens({ service: 'tester', keyDirectory: config.keys.directory, grants: {} });
  const transports: { close(): Promise<void> }[] = [];
  const client = connect(procurementNetwork, {
    transport(compiled) {
      const transport = overHttp(compiled, { url: `http://127.0.0.1:${port}`, audience: 'system-apis', tokens });
      transports.push(transport);
      return transport;
    },
    log: createLog('tester', 'error'), metrics: createMetrics('tester'),
  });
  return {
    client,
    kill: () => end(child),
    async close() {
      await end(child);
      client.close();
      for (const transport of transports) await transport.close();
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

if (process.argv[1] === import.meta.filename && process.send) {
  const config = JSON.parse(process.argv[2]!) as PlatformConfig;
  await startDeployable({ name: 'system-apis', config, modules: [procurementNetworkApi], eventSchemas });
  process.send('ready');
  // Nobody is left to end it when the test itself was killed.
  process.on('disconnect', () => process.exit(1));
}
