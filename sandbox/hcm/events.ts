import { randomUUID } from 'node:crypto';
import type { Database, Queries } from '#chassis/storage/database.ts';
import type { Bodies, Kind } from './bodies.ts';
import { deeds, type Done } from './deeds.ts';
import { Refusal } from './refusal.ts';

/** How the tenant lets business processes go. May be changed at any time. */
export interface Conduct {
  /** Kinds that somebody has to approve, whatever the caller asks. */
  needsApproval: Set<Kind>;
  /** Milliseconds until they did. */
  approvalMs: () => number;
  /** The next so many that need approval are denied. */
  denyNext: number;
  /** Milliseconds from the moment of an entry to where the feed shows it. */
  feedLagMs: () => number;
  keepsWorkerId: () => boolean;
}

export interface Started {
  id: string;
  status: string;
}

export interface Events {
  /** @throws Refusal when it would not be possible as things stand */
  start<K extends Kind>(kind: K, body: Bodies[K], asked: { autoComplete?: boolean; isApproved?: boolean; reference?: string }): Promise<Started>;
  /** An entry by other means than a business process. */
  enter(kind: string, done: Omit<Done, 'type'>, work: (on: Queries) => Promise<void>): Promise<Started>;
  stop(): Promise<void>;
}

const COMPLETED = 'Successfully Completed';
const AFTER_FAILURE_MS = 1_000;
/** Undoes what was only tried. */
class OnlyTried extends Error {}

/** Business processes: what needs approval is only started by a call, and completed or denied a moment later. */
export function createEvents(database: Database, conduct: Conduct): Events {
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();
  let isStopped = false;

  function wake(): void {
    clearTimeout(timer);
    working = working.then(completeDue).catch((error: unknown) => {
      process.emitWarning(error instanceof Error ? error : String(error));
      timer = setTimeout(wake, AFTER_FAILURE_MS);
    });
  }

  async function completeDue(): Promise<void> {
    while (!isStopped && await completeOne()) continue;
    if (isStopped) return;
    const [next] = await database.query<{ in_ms: number | null }>(`select extract(epoch from min(due_at) - clock_timestamp())::float8 * 1000 as in_ms from workday.events where status = 'In Progress'`);
    if (typeof next?.in_ms === 'number') timer = setTimeout(wake, Math.max(1, next.in_ms));
  }

  function completeOne(): Promise<boolean> {
    return database.transaction(async (tx) => {
      const [due] = await tx.query<{ id: string; kind: Kind; body: never; is_to_be_denied: boolean }>(
        `select id, kind, body, is_to_be_denied from workday.events where status = 'In Progress' and due_at <= clock_timestamp() order by due_at limit 1 for update skip locked`);
      if (!due) return false;
      if (due.is_to_be_denied) {
        await deny(tx, due.id, []);
        return true;
      }
      try {
        await tx.attempt(async () => complete(tx, due.id, await deeds[due.kind](tx, due.body, { eventId: due.id, keepsWorkerId: conduct.keepsWorkerId })));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        await deny(tx, due.id, error.errors);
      }
      return true;
    });
  }

  async function complete(tx: Queries, id: string, done: Done): Promise<void> {
    await tx.query(
      `update workday.events set status = '${COMPLETED}', kind = $2, worker_id = $3, employment_id = $4, effective_on = $5, location = $6, reason = $7, immediate = $8,
         entered_at = clock_timestamp(), visible_at = clock_timestamp() + $9 * interval '1 millisecond' where id = $1`,
      [id, done.type, done.workerId, done.employmentId, done.effectiveOn, done.location, done.reason, done.immediate, conduct.feedLagMs()]);
  }

  async function insert(tx: Queries, id: string, kind: string, body: object, { reference, isToBeDenied = false, inMs = 0 }: { reference?: string | undefined; isToBeDenied?: boolean; inMs?: number } = {}): Promise<void> {
    await tx.query(
      `insert into workday.events (id, kind, reference, body, status, is_to_be_denied, due_at) values ($1, $2, $3, $4, 'In Progress', $5, clock_timestamp() + $6 * interval '1 millisecond')`,
      [id, kind, reference, JSON.stringify(body), isToBeDenied, inMs]);
  }

  wake();
  return {
    start(kind, body, { autoComplete = false, isApproved = false, reference }) {
      return database.transaction(async (tx) => {
        const id = newId();
        const perform = () => deeds[kind](tx, body, { eventId: id, keepsWorkerId: conduct.keepsWorkerId });
        if (isApproved || (autoComplete && !conduct.needsApproval.has(kind))) {
          await insert(tx, id, kind, body, { reference });
          await complete(tx, id, await perform());
          return { id, status: COMPLETED };
        }
        await tx.attempt(async () => {
          await perform();
          throw new OnlyTried();
        }).catch((error: unknown) => { if (!(error instanceof OnlyTried)) throw error; });
        const isToBeDenied = conduct.denyNext > 0;
        if (isToBeDenied) conduct.denyNext -= 1;
        const inMs = conduct.approvalMs();
        await insert(tx, id, kind, body, { reference, isToBeDenied, inMs });
        tx.afterCommit(wake);
        return { id, status: 'In Progress' };
      });
    },

    enter(kind, done, work) {
      return database.transaction(async (tx) => {
        const id = newId();
        await work(tx);
        await insert(tx, id, kind, {});
        await complete(tx, id, { type: kind, ...done });
        return { id, status: COMPLETED };
      });
    },

    async stop() {
      isStopped = true;
      await working;
      clearTimeout(timer);
    },
  };
}

async function deny(tx: Queries, id: string, errors: readonly object[]): Promise<void> {
  await tx.query(`update workday.events set status = 'Denied', errors = $2 where id = $1`, [id, JSON.stringify(errors)]);
}

function newId(): string {
  return randomUUID().replaceAll('-', '');
}
