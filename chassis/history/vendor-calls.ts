import { randomUUID } from 'node:crypto';
import { loop, type Background } from '../deployable/background.ts';
import { changing } from '../events/partitions.ts';
import type { Database } from '../storage/database.ts';
import { currentContext, type WorkContext } from '../telemetry/context.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** One exchange of an adapter with its vendor, as it is remembered: nothing of what was said. */
export interface VendorCall {
  adapter: string;
  /** Method and path without anything that names a person or a document. */
  route: string;
  /** `ok` or the kind of the failure. */
  outcome: string;
  status: number | undefined;
  durationMs: number;
  /** Where the exchange is kept, when it is. */
  evidence: string | undefined;
}

export interface VendorCalls {
  /** Notes a call that was made for some work; polls that look for work belong to nobody's history. Never fails, never waits. */
  note(call: VendorCall): void;
}

const FLUSH_MS = 200;
/** When a day could not be made because its table is in use. */
const AGAIN_MS = 2_000;
/** While the database is away calls are forgotten rather than the memory filled. */
const MOST_WAITING = 5_000;
const MOST_AT_ONCE = 1_000;
const DAY_MS = 86_400_000;
const UPKEEP_MS = 6 * 3_600_000;
// Any fixed number: of all processes one changes partitions at a time.
const PARTITIONS_LOCK = 4_042_314;

interface NotedCall extends VendorCall {
  id: string;
  at: Date;
  work: WorkContext;
}

/** Writes calls in batches and beside the work: a call is never slower for being noted, and a crash may lose the last ones. */
export function createVendorCalls({ service, database, keepDays, log, metrics }: { service: string; database: Database; keepDays: number; log: Log; metrics: Metrics }): VendorCalls & Background {
  const waiting: NotedCall[] = [];
  const days = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  const upkeep = loop({ name: 'vendor calls retention', pollMs: UPKEEP_MS, log, async turn() { await forget(database, keepDays, log); return false; } });

  function flushSoon(afterMs = FLUSH_MS): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      writing = writing.then(flush);
    }, afterMs);
  }

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const calls = waiting.splice(0, MOST_AT_ONCE);
      try {
        for (const day of new Set(calls.map(({ at }) => dayOf(at)))) {
          if (await makeDay(day)) continue;
          waiting.unshift(...calls);
          return flushSoon(AGAIN_MS);
        }
        await write(database, service, calls);
      } catch (error) {
        metrics.vendorCallsForgotten.inc(calls.length);
        log.warn('calls to vendors could not be noted', { count: calls.length, ...describeError(error) });
      }
    }
  }

  /** False when it could not be made just now. */
  async function makeDay(day: string): Promise<boolean> {
    if (days.has(day)) return true;
    const table = `chassis.${tableOf(day)}`;
    const isMade = await changing(database, log, async (tx) => {
      const [found] = await tx.query<{ present: boolean }>('select to_regclass($1) is not null as present', [table]);
      if (found!.present) return true;
      // Attached, because to make it as a partition would lock out everybody who notes calls.
      await tx.query(`create table ${table} (like chassis.vendor_calls including defaults including constraints)`);
      await tx.query(`alter table chassis.vendor_calls attach partition ${table} for values from ('${day}T00:00:00Z') to ('${dayOf(new Date(Date.parse(day) + DAY_MS))}T00:00:00Z')`);
      return true;
    }, PARTITIONS_LOCK);
    if (isMade) days.add(day);
    return isMade;
  }

  return {
    note(call) {
      const work = currentContext();
      if (!work) return;
      if (waiting.length >= MOST_WAITING) return metrics.vendorCallsForgotten.inc();
      waiting.push({ ...call, id: randomUUID(), at: new Date(Date.now() - call.durationMs), work });
      flushSoon();
    },
    start: upkeep.start,
    async stop() {
      await upkeep.stop();
      clearTimeout(timer);
      writing = writing.then(flush);
      await writing;
      clearTimeout(timer);
      metrics.vendorCallsForgotten.inc(waiting.length);
    },
  };
}

/** Not waited for on the disk: the last moment before a crash of the server may be missing from history. */
async function write(database: Database, service: string, calls: readonly NotedCall[]): Promise<void> {
  const moves = calls.map(({ work }) => moveIn(work.step));
  await database.query(
    `with soon as materialized (select set_config('synchronous_commit', 'off', true))
     insert into chassis.vendor_calls (id, at, service, adapter, route, outcome, status, ms, api, operation, move_id, step, correlation_id, evidence)
     select id, at, $1, adapter, route, outcome, status, ms, api, operation, move_id, step, correlation_id, evidence from soon, unnest(
       $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::int[], $8::int[], $9::text[], $10::text[], $11::uuid[], $12::text[], $13::text[], $14::uuid[])
       as c (id, at, adapter, route, outcome, status, ms, api, operation, move_id, step, correlation_id, evidence)`,
    [
      service, calls.map(({ id }) => id), calls.map(({ at }) => at), calls.map(({ adapter }) => adapter), calls.map(({ route }) => route), calls.map(({ outcome }) => outcome),
      calls.map(({ status }) => status ?? null), calls.map(({ durationMs }) => Math.round(durationMs)), calls.map(({ work }) => work.api ?? null), calls.map(({ work }) => work.operation ?? null),
      moves.map((move) => move?.id ?? null), moves.map((move) => move?.step ?? null), calls.map(({ work }) => work.correlationId), calls.map(({ evidence }) => evidence ?? null),
    ]);
}

/** A step is known by the key of its effect: the move, a colon, the step. */
function moveIn(step: string | undefined): { id: string; step: string } | undefined {
  return step === undefined ? undefined : { id: step.slice(0, 36), step: step.slice(37) };
}

/** Day by day, so that nobody who notes calls waits for more than one of them. */
async function forget(database: Database, keepDays: number, log: Log): Promise<void> {
  const first = tableOf(dayOf(new Date(Date.now() - keepDays * DAY_MS)));
  const old = await database.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'chassis.vendor_calls'::regclass and c.relname < $1`, [first]);
  for (const { name } of old) {
    await changing(database, log, async (tx) => {
      await tx.query(`drop table if exists chassis.${name}`);
      return true;
    }, PARTITIONS_LOCK);
  }
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

function tableOf(day: string): string {
  return `vendor_calls_${day.replaceAll('-', '')}`;
}
