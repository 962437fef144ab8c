import pg from 'pg';
import type { Log } from '../telemetry/logger.ts';
import { describeError } from '../telemetry/logger.ts';
import type { Database } from './database.ts';

/**
 * Wakes readers in this and other processes. A hint only: whoever listens also polls, so a lost signal costs time and
 * never a message.
 */
export interface Signals {
  /** Tells listeners of `channel`, soon and once for many calls. */
  raise(channel: string): void;
  listen(channel: string, wake: () => void): () => void;
  close(): Promise<void>;
}

// NOTIFY inside a transaction holds a database-wide lock until the commit is on disk, which would put all commits in a
// row. Sent on its own and gathered for a moment it writes nothing and blocks nobody.
const GATHER_MS = 3;

export async function openSignals(database: Database, log: Log): Promise<Signals> {
  const listeners = new Map<string, Set<() => void>>();
  const pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;

  function wakeAll(channel: string): void {
    for (const wake of listeners.get(channel) ?? []) wake();
  }

  async function connect(): Promise<void> {
    const connection = new pg.Client({ connectionString: database.url, keepAlive: true });
    connection.on('notification', (message) => { if (message.payload) wakeAll(message.payload); });
    connection.on('error', (error) => {
      if (closed || client !== connection) return;
      client = undefined;
      log.warn('signal connection lost', describeError(error));
      retry = setTimeout(reconnect, 250);
    });
    await connection.connect();
    await connection.query('listen callosum');
    client = connection;
    for (const channel of listeners.keys()) wakeAll(channel);
  }

  function reconnect(): void {
    connect().catch((error: unknown) => {
      log.warn('signals could not be heard again', describeError(error));
      if (!closed) retry = setTimeout(reconnect, 500);
    });
  }

  function flush(): void {
    timer = undefined;
    const channels = [...pending];
    pending.clear();
    database.query(`select pg_notify('callosum', channel) from unnest($1::text[]) as channel`, [channels])
      .catch((error: unknown) => log.debug('signal not sent', describeError(error)));
  }

  await connect();
  return {
    raise(channel) {
      if (closed) return;
      wakeAll(channel);
      pending.add(channel);
      timer ??= setTimeout(flush, GATHER_MS);
    },
    listen(channel, wake) {
      const set = listeners.get(channel) ?? new Set();
      listeners.set(channel, set.add(wake));
      return () => { set.delete(wake); };
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(retry);
      await client?.end();
    },
  };
}
