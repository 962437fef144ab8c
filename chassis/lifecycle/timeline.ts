import type { Queries } from '../storage/database.ts';

/** What happened to a life, as the contracts' TimelineEntry. */
export interface TimelineEntry {
  at: string;
  event: string;
  state: string;
  correlationId: string;
  actor?: string;
  detail?: Record<string, string | number | boolean>;
}

export async function timelineOf(on: Queries, lifeId: string): Promise<TimelineEntry[]> {
  const rows = await on.query<{ at: Date; event: string; state: string; actor: string | null; detail: Record<string, string | number | boolean> | null; correlation_id: string }>(
    'select at, event, state, actor, detail, correlation_id from chassis.timeline where life_id = $1 order by revision', [lifeId]);
  return rows.map((row) => ({
    at: row.at.toISOString(), event: row.event, state: row.state, correlationId: row.correlation_id,
    ...(row.actor ? { actor: row.actor } : {}), ...(row.detail && Object.keys(row.detail).length > 0 ? { detail: row.detail } : {}),
  }));
}
