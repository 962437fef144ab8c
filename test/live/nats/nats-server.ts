import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';

/** A real nats-server with a store of its own, for one test or one file of tests. */
export interface NatsServer {
  url: string;
  port: number;
  /** Starts it, also again after it was killed, with other arguments than before when there are any. */
  start(otherArgs?: string[]): Promise<void>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Deletes what it has stored; only while it is down. */
  wipe(): Promise<void>;
  /** Ends it and deletes everything it kept. */
  dispose(): Promise<void>;
}

const START_WITHIN_MS = 20_000;

/** @param args more arguments, such as those for JetStream and credentials */
export async function startNatsServer(args = ['-js']): Promise<NatsServer> {
  const port = await freePort();
  const directory = await mkdtemp(path.join(tmpdir(), 'callosum-nats-'));
  const store = path.join(directory, 'store');
  let child: ChildProcess | undefined;

  const isRunning = () => child?.pid !== undefined && child.exitCode === null && child.signalCode === null;

  async function start(given = args): Promise<void> {
    if (isRunning()) return;
    const started = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-sd', store, ...given], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    started.stderr.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-4_000); });
    const failed = new Promise<never>((_resolve, reject) => {
      started.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? new Error('There is no nats-server in the PATH: install the package nats-server.') : error));
      started.once('exit', (code, signal) => reject(new Error(`nats-server ended with ${signal ?? code}: ${said}`)));
    });
    failed.catch(() => undefined);
    child = started;
    await Promise.race([answers(port), failed]);
  }

  async function kill(): Promise<void> {
    if (!isRunning()) return;
    const ended = once(child!, 'exit');
    child!.kill('SIGKILL');
    await ended;
  }

  const server: NatsServer = {
    url: `nats://127.0.0.1:${port}`, port, start, kill,
    wipe: () => rm(store, { recursive: true, force: true }),
    async dispose() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await start().catch(async (error: unknown) => {
    await server.dispose();
    throw error;
  });
  return server;
}

/** The server greets whoever connects, once it is ready. */
async function answers(port: number): Promise<void> {
  const end = performance.now() + START_WITHIN_MS;
  while (performance.now() < end) {
    if (await greets(port)) return;
    await sleep(20);
  }
  throw new Error(`nats-server does not answer on port ${port}`);
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.once('error', () => end(false)).once('close', () => end(false)).once('data', (data) => end(data.toString().startsWith('INFO')));
  });
}
