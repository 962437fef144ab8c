import type { EventLog, RecordedEvent } from '../events/event-log.ts';
import type { Subscription } from '../events/subscription.ts';
import type { Queries, Row, Transaction } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { MET_LATE, type Watch } from './watch.ts';

export const WATCHES_CHANNEL = 'watches';
/** How often watches are looked at without being called; only what is due sooner has to call. */
export const WATCHES_POLL_MS = 5_000;

export interface ObserveDeps {
  events: EventLog;
  signals: Signals;
}

type Role = 'begins' | 'ends' | 'calls-off';

/** Notes of every event that a watch names what it begins, ends or calls off. */
export function observe(group: string, watches: readonly Watch[], { events, signals }: ObserveDeps): Subscription {
  const roles = rolesByType(watches);
  return {
    group,
    types: [...roles.keys()],
    async handle(tx, event) {
      const notes = roles.get(event.type)!.flatMap(({ watch, role }) => event.keys.filter((key) => key.startsWith(`${watch.key}:`)).map((key) => noteOf(watch, role, key, event)));
      if (notes.length === 0) return;
      const changed = await write(tx, notes, event);
      if (notes.some(({ soon }) => soon)) tx.afterCommit(() => signals.raise(WATCHES_CHANNEL));
      for (const late of changed.filter(({ state }) => state === 'late')) await clear(tx, late, event, events);
    },
  };
}

function rolesByType(watches: readonly Watch[]): Map<string, { watch: Watch; role: Role }[]> {
  const roles = new Map<string, { watch: Watch; role: Role }[]>();
  const add = (type: string, watch: Watch, role: Role) => roles.set(type, [...(roles.get(type) ?? []), { watch, role }]);
  for (const watch of watches) {
    add(watch.begins, watch, 'begins');
    for (const type of watch.ends) add(type, watch, 'ends');
    for (const type of watch.callsOff ?? []) add(type, watch, 'calls-off');
  }
  return roles;
}

interface Note {
  watch: string;
  key: string;
  state: 'waiting' | 'met' | 'called-off';
  begunAt: Date | null;
  dueAt: Date | null;
  endedAt: Date | null;
  /** Due before anybody would look by themselves. */
  soon: boolean;
}

/** Counted from the moment that the database gave the event, whenever it is read. */
function noteOf(watch: Watch, role: Role, key: string, { at }: RecordedEvent): Note {
  if (role === 'begins') return { watch: watch.name, key, state: 'waiting', begunAt: at, dueAt: new Date(at.getTime() + watch.withinMs), endedAt: null, soon: watch.withinMs < WATCHES_POLL_MS };
  return { watch: watch.name, key, state: role === 'ends' ? 'met' : 'called-off', begunAt: null, dueAt: null, endedAt: at, soon: false };
}

interface ExpectationRow extends Row {
  key: string;
  watch: string;
  state: string;
}

/** The first beginning and the first ending count, in whatever order they come. Returns what they changed. */
async function write(tx: Queries, notes: readonly Note[], event: RecordedEvent): Promise<ExpectationRow[]> {
  return tx.query<ExpectationRow>(
    `insert into chassis.expectations as e (key, watch, state, begun_at, due_at, ended_at, keys, facility, correlation_id)
     select n.*, $7::text[], $8, $9
     from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[]) as n (key, watch, state, begun_at, due_at, ended_at)
     on conflict (key, watch) do update set
       begun_at = coalesce(e.begun_at, excluded.begun_at), due_at = coalesce(e.due_at, excluded.due_at), ended_at = coalesce(e.ended_at, excluded.ended_at),
       keys = case when e.begun_at is null then excluded.keys else e.keys end, facility = coalesce(e.facility, excluded.facility),
       state = case e.state when 'waiting' then excluded.state when 'missed' then 'late' else e.state end
     where (e.begun_at is null and excluded.begun_at is not null) or (e.ended_at is null and excluded.ended_at is not null)
     returning key, watch, state`,
    [
      notes.map(({ key }) => key), notes.map(({ watch }) => watch), notes.map(({ state }) => state), notes.map(({ begunAt }) => begunAt), notes.map(({ dueAt }) => dueAt), notes.map(({ endedAt }) => endedAt),
      event.keys, event.facility, event.correlation_id,
    ]);
}

/** What was missed needs nobody's care any more; a decision that was taken meanwhile stays. */
async function clear(tx: Transaction, { key, watch }: ExpectationRow, { type, at }: RecordedEvent, events: EventLog): Promise<void> {
  const [exception] = await tx.query<{ id: string; owner: string; keys: string[]; facility: string | null; due_at: Date }>(
    `update chassis.business_exceptions set state = case when state = 'resolved' then state else 'cleared-late' end, cleared_at = $3, cleared_by = $4
     where key = $1 and watch = $2 and cleared_at is null returning id, owner, keys, facility, due_at`, [key, watch, at, type]);
  if (!exception) return;
  const { id, owner, keys, facility, due_at: dueAt } = exception;
  await events.publish(tx, {
    type: MET_LATE, subject: id, facility: facility ?? undefined,
    data: { exceptionId: id, watch, owner, keys, dueAt: dueAt.toISOString(), metAt: at.toISOString(), by: type },
  });
}
