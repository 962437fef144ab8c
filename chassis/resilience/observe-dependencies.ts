import type { Queries, Row } from '../storage/database.ts';
import { FORGOTTEN } from './dependency-rows.ts';

/** A system behind that has been in trouble, as operators see it; the contracts' Dependency. */
export interface DependencyView {
  target: string;
  tier: string;
  state: 'closed' | 'open' | 'probing';
  since: string;
  /** Kind of its last failure. */
  failure?: string;
  nextTrialAt?: string;
  throttledUntil?: string;
  waitingMoves: number;
}

interface DependencyRow extends Row {
  target: string;
  tier: string;
  state: DependencyView['state'];
  since: Date;
  failure: string | null;
  next_probe_at: Date;
  throttled_until: Date | null;
  waiting: number;
}

/** Those in trouble first, at most 500. A system that was never in trouble has no row. */
export async function listDependencies(on: Queries): Promise<DependencyView[]> {
  const rows = await on.query<DependencyRow>(
    `select target, tier, since, failure, next_probe_at, case when throttled_until > now() then throttled_until end as throttled_until, shown.state,
       (select count(*) from chassis.moves where waits_for = target and status in ('waiting', 'undoing')) as waiting
     from chassis.dependencies d cross join lateral (select case when seen_at > now() - ${FORGOTTEN} then d.state else 'closed' end as state) as shown
     order by shown.state <> 'closed' desc, target limit 500`);
  return rows.map((row) => ({
    target: row.target, tier: row.tier, state: row.state, since: row.since.toISOString(), waitingMoves: row.waiting, ...(row.failure ? { failure: row.failure } : {}),
    ...(row.state === 'closed' ? {} : { nextTrialAt: row.next_probe_at.toISOString() }), ...(row.throttled_until ? { throttledUntil: row.throttled_until.toISOString() } : {}),
  }));
}
