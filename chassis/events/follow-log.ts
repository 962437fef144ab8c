import { backoffMs } from '../resilience/backoff.ts';
import { describeError } from '../telemetry/logger.ts';
import type { Queries } from '../storage/database.ts';
import { loop, type Background } from '../deployable/background.ts';
import { registerGroup } from './consumer-groups.ts';
import { deliver, handleTogether, LARGE_BATCH } from './deliver.ts';
import { channelOfType, type RecordedEvent } from './event-log.ts';
import { logReader, type Place } from './read-log.ts';
import type { ConsumerDeps, Subscription } from './subscription.ts';

const BATCH = 400;
const POLL_MS = 2_000;
/** An event that is committed but stands behind a running transaction is looked for again soon, then less often. */
const HIDDEN_MS = { firstMs: 4, maxMs: 250 };
/** Transactions that write hold back the readers of all groups: those of slow handlers take fewer events at once. */
const LONG_MS = 1_000;
/** Whoever holds a group reads it alone for so long. A process that died half-way is waited for no longer. */
const HOLD_MS = 5_000;


/** Where a group takes its next events from. */
export interface Source {
  /** False while reading is not worth a transaction. */
  isWorthReading(): boolean;
  /** What comes behind the group's place, which is locked with it. */
  read(tx: Queries, size: number): Promise<Batch>;
  /** The batch is handled and the group has moved on. */
  handled(batch: Batch): void;
}

/** The table itself, which has everything. */
export function fromLog({ group }: Subscription): Source {
  // Nothing is found while another member of the group reads.
  const read = logReader('select xid as place_xid, seq as place_seq, types as place_types from chassis.consumer_groups where name = $1 and held_until < now() for update skip locked');
  return {
    isWorthReading: () => true,
    async read(tx, size) {
      const { from = { xid: '0', seq: 0 }, events, wanted, hidden } = await read(tx, group, size);
      const last = events.at(-1);
      return { from, to: last && { xid: last.xid, seq: last.seq }, wanted, more: events.length === size, hidden };
    },
    handled: () => undefined,
  };
}

/** Reads the log for one group until stopped. Of all processes one reads it at a time. */
export function follow(subscription: Subscription, deps: ConsumerDeps, source = fromLog(subscription)): Background & { wake(): void } {
  const { database, signals, log } = deps;
  const { group } = subscription;
  let alarm: NodeJS.Timeout | undefined;
  let hiddenLooks = 0;
  let size = BATCH;
  const work = loop({ name: `events ${group}`, pollMs: POLL_MS, log, turn });

  async function turn(): Promise<boolean> {
    clearTimeout(alarm);
    if (!source.isWorthReading()) return false;
    const began = performance.now();
    const batch = await take(subscription, size, source, deps);
    source.handled(batch);
    const { more, hidden } = batch;
    size = performance.now() - began > LONG_MS ? Math.max(1, Math.floor(size / 4)) : Math.min(BATCH, size * 2);
    hiddenLooks = hidden ? hiddenLooks + 1 : 0;
    if (hidden) alarm = setTimeout(work.wake, backoffMs(hiddenLooks, HIDDEN_MS));
    return more;
  }

  const stopListening = subscription.types.map((type) => signals.listen(channelOfType(type), work.wake));
  return {
    wake: work.wake,
    async start() {
      await registerGroup(database, subscription);
      await work.start();
    },
    async stop() {
      for (const stop of stopListening) stop();
      await work.stop();
      clearTimeout(alarm);
    },
  };
}

export interface Batch {
  /** The group's place before and after. */
  from: Place;
  to: Place | undefined;
  /** Events of the types that the group takes, in whichever of its processes. */
  wanted: RecordedEvent[];
  /** There may be more to read at once. */
  more: boolean;
  /** There is more, but not to be read yet. */
  hidden: boolean;
}

/** A few events and the group's new place commit at once. Many, or a few of which one failed, are delivered by transactions of their own. */
async function take(subscription: Subscription, size: number, source: Source, deps: ConsumerDeps): Promise<Batch> {
  const { database, log } = deps;
  const { group } = subscription;
  const isSmall = (batch: Batch) => batch.wanted.length < LARGE_BATCH;
  let batch: Batch | undefined;
  let failure: unknown;
  try {
    const read = await database.transaction(async (tx) => {
      batch = await source.read(tx, size);
      if (isSmall(batch) && batch.wanted.length > 0) await handleTogether(tx, subscription, batch.wanted, deps);
      if (batch.to) await (isSmall(batch) ? moveOn(tx, group, batch.from, batch.to) : hold(tx, group));
      return batch;
    });
    if (isSmall(read)) return read;
  } catch (error) {
    if (!batch?.to) throw error;
    log.debug('batch failed, taking it apart', { group, ...describeError(error) });
    await hold(database, group);
    failure = error;
  }
  await deliver(subscription, batch!.wanted, deps, { failure });
  await moveOn(database, group, batch!.from, batch!.to!);
  return batch!;
}

async function hold(on: Queries, group: string): Promise<void> {
  await on.query(`update chassis.consumer_groups set held_until = now() + $2 * interval '1 millisecond' where name = $1`, [group, HOLD_MS]);
}

/** From the place that was read: one that was set back meanwhile stays so, and a second reader of the same has nothing to add. */
async function moveOn(on: Queries, group: string, from: Place, to: Place): Promise<void> {
  await on.query(
    `update chassis.consumer_groups set at = now(), held_until = '-infinity',
       xid = case when (xid, seq) = ($4::xid8, $5::bigint) then $2::xid8 else xid end, seq = case when (xid, seq) = ($4::xid8, $5::bigint) then $3 else seq end
     where name = $1`,
    [group, to.xid, to.seq, from.xid, from.seq]);
}
