import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from '@nats-io/transport-node';
import { freePort } from '../test/support/free-port.ts';

export interface NatsServer {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 10_000;

/** A broker of the benchmark's own, with JetStream in files; undefined when none is installed. */
export async function startNatsServer(): Promise<NatsServer | undefined> {
  const directory = await mkdtemp(path.join(tmpdir(), 'callosum-bench-nats-'));
  const forget = () => rm(directory, { recursive: true, force: true });
  const port = await freePort();
  const server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', directory], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => { server.once('exit', () => resolve()); });
  const isInstalled = await new Promise<boolean>((resolve, reject) => {
    server.once('spawn', () => resolve(true));
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(false) : reject(error)));
  });
  if (!isInstalled) {
    await forget();
    return undefined;
  }
  const url = `nats://127.0.0.1:${port}`;
  await (await connect({ servers: url, waitOnFirstConnect: true, reconnectTimeWait: 50, maxReconnectAttempts: READY_WITHIN_MS / 50 })).close();
  return {
    url, pid: server.pid!,
    async stop() {
      server.kill();
      await exited;
      await forget();
    },
  };
}
