import type { Queries, Row } from '../storage/database.ts';
import { isMissing } from '../storage/lease.ts';

/** A target that must not be called freely, as one of the processes saw it. */
export interface HeldRow extends Row {
  target: string;
  state: 'closed' | 'open' | 'probing';
  failed_probes: number;
  probe_in_ms: number;
  throttled_ms: number;
}

/**
 * An open circuit of which nothing has been heard for so long is taken for closed: whoever opened it may be dead, and
 * whoever still needs the target tries it more often than that.
 */
export const FORGOTTEN = `interval '5 minutes'`;

const MS = `interval '1 millisecond'`;

/** Whoever was to try died at it: nobody has to wait until the trial would have been over. */
export const IS_PROBER_DEAD = `state = 'probing' and ${isMissing('probe_by')}`;

/** The statements; each of them changes something only when there is something new. */
export function dependencyRows(on: Queries, seenBy: string, prober: string) {
  return {
    held: () => on.query<HeldRow>(
      `select target, case when seen_at > now() - ${FORGOTTEN} then state else 'closed' end as state, failed_probes, case when ${IS_PROBER_DEAD} then 0 else extract(epoch from next_probe_at - now())::float8 * 1000 end as probe_in_ms,
         case when throttled_until > now() then extract(epoch from throttled_until - now())::float8 * 1000 else 0 end as throttled_ms
       from chassis.dependencies where (state <> 'closed' and seen_at > now() - ${FORGOTTEN}) or throttled_until > now()`),

    open: (target: string, tier: string, failure: string, probeInMs: number) => on.query(
      `insert into chassis.dependencies as d (target, tier, state, failure, seen_by, next_probe_at) values ($1, $2, 'open', $3, $4, now() + $5::int * ${MS})
       on conflict (target) do update set state = 'open', tier = excluded.tier, failure = excluded.failure, seen_by = excluded.seen_by, next_probe_at = excluded.next_probe_at,
         since = now(), seen_at = now(), failed_probes = 0, let_go = null, let_go_at = null
       where d.state = 'closed' or d.seen_at < now() - ${FORGOTTEN}`,
      [target, tier, failure, seenBy, probeInMs]),

    /** Of all processes one gets the trial, and for no longer than it may take. */
    claim: async (target: string, withinMs: number) => (await on.query(
      `update chassis.dependencies set state = 'probing', probe_by = $2, next_probe_at = now() + $3::int * ${MS}, seen_at = now()
       where target = $1 and state <> 'closed' and (next_probe_at <= now() or ${IS_PROBER_DEAD}) returning target`,
      [target, prober, withinMs])).length > 0,

    close: (target: string) => on.query(
      `update chassis.dependencies set state = 'closed', since = now(), seen_at = now(), seen_by = $2, failed_probes = 0, probe_by = null, let_go = null, let_go_at = null
       where target = $1 and state = 'probing' and probe_by = $3`,
      [target, seenBy, prober]),

    reopen: (target: string, failure: string, probeInMs: number) => on.query(
      `update chassis.dependencies set state = 'open', failure = $2, seen_by = $3, seen_at = now(), failed_probes = failed_probes + 1, next_probe_at = now() + $4::int * ${MS}, probe_by = null
       where target = $1 and state = 'probing' and probe_by = $5`,
      [target, failure, seenBy, probeInMs, prober]),

    release: (target: string) => on.query(
      `update chassis.dependencies set state = 'open', seen_at = now(), next_probe_at = now(), probe_by = null where target = $1 and state = 'probing' and probe_by = $2`, [target, prober]),

    throttle: (target: string, tier: string, ms: number) => on.query(
      `insert into chassis.dependencies as d (target, tier, state, failure, seen_by, throttled_until) values ($1, $2, 'closed', 'rate-limited', $3, now() + $4::int * ${MS})
       on conflict (target) do update set throttled_until = excluded.throttled_until, failure = excluded.failure, seen_by = excluded.seen_by, let_go = null, let_go_at = null
       where d.throttled_until < excluded.throttled_until`,
      [target, tier, seenBy, ms]),
  };
}

export type DependencyRows = ReturnType<typeof dependencyRows>;
