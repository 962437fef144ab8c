import { keepPartitions } from '../events/partitions.ts';
import type { Log } from '../telemetry/logger.ts';
import { loop, type Background } from '../deployable/background.ts';
import type { Database, Transaction } from './database.ts';

/** Days for which the platform keeps what it needs no longer for its own work. */
export interface Retention {
  /** Answers under idempotency keys: for as long as somebody may let a failed move run again. */
  keysDays: number;
  /** Events that every group has handled, the notes that it did, the identities that events brought with them, and what they settled. */
  eventsDays: number;
  /** Finished moves with their steps; what they did to a life stays in its timeline. */
  movesDays: number;
  /** Lives that are over, with all that was told of them; as long as the business has to be able to show what it did. */
  livesDays: number;
  /** Calls to vendors, without anything that was said in them. */
  callsDays: number;
  /** Consumer groups that no process has hosted for longer are not waited for before events go. */
  groupsDays: number;
}

export const DEFAULT_RETENTION: Retention = { keysDays: 90, eventsDays: 365, movesDays: 90, livesDays: 2_557, callsDays: 90, groupsDays: 30 };

const EVERY_MS = 3_600_000;
const BATCH = 5_000;
const REPLAYS_AT_ONCE = 5;
/** Steps make their keys so (moves/steps.ts). */
const KEY_OF_MOVE = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:';
// Any fixed number: of all processes one clears at a time.
const RETENTION_LOCK = 4_042_312;

/** Clears now and then what is older than it has to be, so that no table grows for ever. Troubled events stay, and failed moves for as long as their lives. */
export function clearOld(retention: Retention, { database, log }: { database: Database; log: Log }): Background {
  const kinds = [clearKeys, clearIdentities, clearReplays, clearDismissed, clearMoves, clearLives, clearInterventions, clearExceptions, clearExpectations, clearMessages, clearReadings];
  return loop({
    name: 'retention', pollMs: EVERY_MS, log,
    async turn() {
      await keepPartitions(database, retention, log);
      for (const clear of kinds) while (await clearBatch(database, (tx) => clear(tx, retention))) log.debug('cleared a batch', { count: BATCH });
      return false;
    },
  });
}

/** Returns whether there may be more. */
async function clearBatch(database: Database, clear: (tx: Transaction) => Promise<number>): Promise<boolean> {
  return database.transaction(async (tx) => {
    const [lock] = await tx.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [RETENTION_LOCK]);
    return lock?.mine === true && (await clear(tx)) === BATCH;
  });
}

/** An effect whose end is not known is not forgotten while a move may ask for it again. All others ask again within days. */
async function clearKeys(tx: Transaction, { keysDays }: Retention): Promise<number> {
  const rows = await tx.query(
    `delete from chassis.idempotency where (api, client, key) in (
       select api, client, key from chassis.idempotency where started_at < now() - $1 * interval '1 day'
         and (status = 'finished' or not exists (select from chassis.moves m where m.status <> 'done' and m.id = case when key ~ $3 then left(key, 36)::uuid end))
       order by started_at limit $2) returning key`,
    [keysDays, BATCH, KEY_OF_MOVE]);
  return rows.length;
}

async function clearIdentities(tx: Transaction, { eventsDays }: Retention): Promise<number> {
  const rows = await tx.query(
    `delete from chassis.told_events where id in (select id from chassis.told_events where at < now() - $1 * interval '1 day' limit $2) returning id`, [eventsDays, BATCH]);
  return rows.length;
}

/** As long as events: who had them delivered again, or only asked for it, is of interest for as long as they are. Each may have very many events, which go with it. */
async function clearReplays(tx: Transaction, { eventsDays }: Retention): Promise<number> {
  const rows = await tx.query(
    `delete from chassis.replays where id in (select id from chassis.replays where status <> 'running' and coalesce(ended_at, asked_at) < now() - $1 * interval '1 day' limit $2) returning id`, [eventsDays, REPLAYS_AT_ONCE]);
  return rows.length === REPLAYS_AT_ONCE ? BATCH : 0;
}

async function clearDismissed(tx: Transaction, { eventsDays }: Retention): Promise<number> {
  const rows = await tx.query(
    `delete from chassis.dismissed_events where (consumer, event_id, dismissed_at) in (
       select consumer, event_id, dismissed_at from chassis.dismissed_events where dismissed_at < now() - $1 * interval '1 day' limit $2) returning event_id`, [eventsDays, BATCH]);
  return rows.length;
}

/** What is over for so long that nobody tells of its beginning again; what was missed stays for as long as its exception. */
async function clearExpectations(tx: Transaction, { eventsDays }: Retention): Promise<number> {
  const rows = await tx.query(
    `delete from chassis.expectations where (key, watch) in (
       select key, watch from chassis.expectations e where state <> 'waiting' and greatest(due_at, ended_at) < now() - $1 * interval '1 day'
         and (state <> 'missed' or not exists (select from chassis.business_exceptions x where x.key = e.key and x.watch = e.watch)) limit $2) returning key`, [eventsDays, BATCH]);
  return rows.length;
}

/** Exceptions that somebody settled, or that settled themselves. */
async function clearExceptions(tx: Transaction, { eventsDays }: Retention): Promise<number> {
  const rows = await tx.query(
    `delete from chassis.business_exceptions where id in (
       select id from chassis.business_exceptions where state in ('cleared-late', 'resolved') and greatest(cleared_at, resolved_at) < now() - $1 * interval '1 day' limit $2) returning id`, [eventsDays, BATCH]);
  return rows.length;
}

async function clearMessages(tx: Transaction, { eventsDays }: Retention): Promise<number> {
  const rows = await tx.query(
    `delete from chassis.inbound_messages where (api, id, outcome) in (
       select api, id, outcome from chassis.inbound_messages where at < now() - $1 * interval '1 day' limit $2) returning id`, [eventsDays, BATCH]);
  return rows.length;
}

/** As long as the business has to be able to show what it did, and so long after the body itself is gone. */
async function clearReadings(tx: Transaction, { livesDays }: Retention): Promise<number> {
  const rows = await tx.query(
    `delete from chassis.payload_readings where ctid in (select ctid from chassis.payload_readings where at < now() - $1 * interval '1 day' limit $2) returning at`, [livesDays, BATCH]);
  return rows.length;
}

async function clearMoves(tx: Transaction, { movesDays }: Retention): Promise<number> {
  const rows = await tx.query(
    `with gone as (delete from chassis.moves where id in (select id from chassis.moves where status = 'done' and finished_at < now() - $1 * interval '1 day' limit $2) returning id),
       steps as (delete from chassis.move_steps where move_id in (select id from gone))
     select id from gone`, [movesDays, BATCH]);
  return rows.length;
}

/** A life that is over and that nobody has anything to do with any more. Its moves go with it, each with its steps. */
async function clearLives(tx: Transaction, { livesDays }: Retention): Promise<number> {
  const rows = await tx.query(
    `with old as (
       select id from chassis.lives l where status = 'done' and updated_at < now() - $1 * interval '1 day'
         and not exists (select 1 from chassis.work_items w where w.life_id = l.id and w.status = 'open')
         and not exists (select 1 from chassis.moves m where m.life_id = l.id and m.status in ('queued', 'waiting', 'undoing')) limit $2),
       steps as (delete from chassis.move_steps where move_id in (select id from chassis.moves where life_id in (select id from old)))
     delete from chassis.lives where id in (select id from old) returning id`, [livesDays, BATCH]);
  return rows.length;
}

/** As long as lives: what people did to them is part of what the business has to be able to show. */
async function clearInterventions(tx: Transaction, { livesDays }: Retention): Promise<number> {
  const rows = await tx.query(
    `delete from chassis.interventions where id in (select id from chassis.interventions where settled_at < now() - $1 * interval '1 day' order by settled_at limit $2) returning id`, [livesDays, BATCH]);
  return rows.length;
}
