import { loop, type Background } from '#chassis/deployable/background.ts';
import { asApiError } from '#chassis/errors/failures.ts';
import type { Database } from '#chassis/storage/database.ts';
import { describeError, type Log } from '#chassis/telemetry/logger.ts';
import { LOCKS } from '../locks.ts';
import type { Inbox, InboxRecord } from '../port.ts';
import type { Intake } from './intake.ts';

export interface InboxPollerOptions {
  channel: string;
  inbox: Inbox;
  intake: Intake;
  database: Database;
  pollMs: number;
  log: Log;
}

/**
 * Fetches what suppliers left in a network: stored here first, confirmed there second. The network's own mark of what
 * is confirmed is the position, so that a restart forgets nothing. Of many processes one polls a channel at a time.
 */
export function inboxPoller({ channel, inbox, intake, database, pollMs, log }: InboxPollerOptions): Background {
  let isStopping = false;
  const work = loop({
    name: `inbox ${channel}`,
    pollMs,
    log,
    async turn() {
      await alone(database, channel, sweep);
      return false;
    },
  });
  return {
    start: () => work.start(),
    stop() {
      isStopping = true;
      return work.stop();
    },
  };

  async function sweep(): Promise<void> {
    let after: string | undefined;
    do {
      const page = await inbox.poll(after);
      for (const record of page.records) {
        // A long backlog is no reason to stop late: what is left is found by the next one who looks.
        if (isStopping) return;
        await take(record);
      }
      after = page.next;
    } while (after !== undefined && !isStopping);
  }

  /** A record that cannot be stored or confirmed stays where it is and holds up no other; only an outage ends the turn. */
  async function take(record: InboxRecord): Promise<void> {
    try {
      await database.transaction(async (tx) => {
        for (const document of record.documents) await intake.takeIn(tx, channel, document);
      });
      await inbox.confirm(record.id);
    } catch (error) {
      if (asApiError(error).retryable) throw error;
      log.error('a supplier document could not be taken in, will be tried again', { channel, messageId: record.id, ...describeError(error) });
    }
  }
}

/** A session's lock and not a row's: a transaction that stayed open while the network answers would hold up all readers of events. */
async function alone(database: Database, channel: string, work: () => Promise<void>): Promise<void> {
  const client = await database.pool.connect();
  let failure: Error | undefined;
  try {
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as locked', [LOCKS.inbox, channel]);
    if (!rows[0]?.locked) return;
    try {
      await work();
    } finally {
      await client.query('select pg_advisory_unlock($1, hashtext($2))', [LOCKS.inbox, channel]).catch((error: Error) => { failure = error; });
    }
  } finally {
    // A connection that could not give its lock back is closed, which gives it back.
    client.release(failure);
  }
}
