import type { Log } from '../telemetry/logger.ts';
import { describeError } from '../telemetry/logger.ts';
import type { Database } from './database.ts';
import { keepConnection } from './kept-connection.ts';

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
// row. Sent on its own, gathered for a moment and not waited for on the disk, it holds up nobody.
const GATHER_MS = 3;

export async function openSignals(database: Database, log: Log): Promise<Signals> {
  const listeners = new Map<string, Set<() => void>>();
  const pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function wakeAll(channel: string): void {
    for (const wake of listeners.get(channel) ?? []) wake();
  }

  function flush(): void {
    timer = undefined;
    const channels = [...pending];
    pending.clear();
    database.query(`select set_config('synchronous_commit', 'off', true), pg_notify('callosum', channel) from unnest($1::text[]) as channel`, [channels])
      .catch((error: unknown) => log.debug('signal not sent', describeError(error)));
  }

  const connection = await keepConnection({
    url: database.url, name: 'signals', log,
    prepare: async (client) => { await client.query('listen callosum'); },
    onNotification: wakeAll,
    // What was signalled while nobody listened is not repeated.
    onConnected: () => { for (const channel of listeners.keys()) wakeAll(channel); },
  });
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
      await connection.close();
    },
  };
}
