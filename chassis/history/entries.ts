/** What names no facility belongs to that of the lives alone of which it tells; `$12` are the keys that only these have. */
const SEEN = '($5::boolean or facility = any($6::text[]) or (facility is null and keys && $12::text[]))';

/** Comes behind the page before. The moment alone is what leaves partitions out. */
function follows(rank: string, ref: string): string {
  return `($8::timestamptz is null or at >= $8::timestamptz and (at, ${rank}, ${ref}) > ($8::timestamptz, $9::int, $10::text))`;
}

/**
 * Everything of which history is told, each sort found by an index of its own. `$1` lives, `$2` their moves, `$3` business
 * keys as `kind:value`, `$4` correlation ids, `$5` whether all facilities may be seen, `$6` which otherwise, `$7` when it
 * can have begun at the earliest, `$8` to `$11` the page. What happened at one moment is told by rank: causes before
 * effects. Keys are looked up one by one: of many at once the server may think that most rows have one of them, and would
 * read all. Whoever looks up no more than a page does so by the order of the page.
 */
const SORTS: readonly string[] = [
  // Messages of which no event tells.
  `select at, 0, 'message', api || '/' || id || '/' || outcome, 'system', api || ' ' || kind, outcome, null, null::uuid, null::uuid, null::uuid, correlation_id, facility, keys,
     jsonb_build_object('messageId', id, 'problem', problem)
   from (
     select f.* from unnest($3::text[]) as k (key) cross join lateral (
       select api, id, kind, outcome, problem, keys, facility, correlation_id, at from chassis.inbound_messages
       where keys @> array[k.key] and ${follows('0', `api || '/' || id || '/' || outcome`)} and ${SEEN}
       order by at, api || '/' || id || '/' || outcome limit $11) as f
     union
     select api, id, kind, outcome, problem, keys, facility, correlation_id, at from chassis.inbound_messages where correlation_id = any($4::text[])
   ) as m where ${SEEN}`,

  `select t.at, 1, 'transition', t.life_id || '/' || lpad(t.revision::text, 8, '0'), 'process', t.event, t.state, t.actor, t.life_id, null, null, t.correlation_id, null, null, t.detail
   from chassis.timeline t where t.life_id = any($1::uuid[])`,

  `select e.at, 2, 'event', e.id::text, 'events', e.type, null, null, case when e.subject = any($1::text[]) then e.subject::uuid end, null, e.id, e.correlation_id, e.facility, e.keys,
     jsonb_build_object('source', e.source, 'subject', e.subject)
   from (
     select f.* from unnest($3::text[]) as k (key) cross join lateral (
       select id, at, type, source, subject, correlation_id, facility, keys from chassis.events
       where keys @> array[k.key] and ${follows('2', 'id::text')} and ${SEEN}
       order by at, id::text limit $11) as f
     union
     select id, at, type, source, subject, correlation_id, facility, keys from chassis.events where correlation_id = any($4::text[])
   ) as e where ${SEEN}`,

  `select m.created_at, 3, 'move', m.id::text, 'process', m.name, m.status, null, m.life_id, m.id, null, m.correlation_id, null, null,
     jsonb_build_object('attempt', m.attempt, 'finishedAt', m.finished_at, 'failure', m.failure, 'waitsFor', m.waits_for, 'forkedFrom', m.forked_from)
   from chassis.moves m where m.life_id = any($1::uuid[])`,

  `select (t.trouble->>'at')::timestamptz, 4, 'trouble', m.id || '/' || lpad(t.number::text, 4, '0'), 'process', m.name, t.trouble->>'kind', null, m.life_id, m.id, null, m.correlation_id, null, null, t.trouble - 'at'
   from chassis.moves m cross join lateral jsonb_array_elements(m.troubles) with ordinality as t (trouble, number) where m.life_id = any($1::uuid[])`,

  `select s.at, 5, 'step', s.move_id || '/' || s.name, 'process', s.name, case when s.undone then 'taken-back' else 'done' end, null, null, s.move_id, null, null, null, null,
     jsonb_build_object('attempt', s.attempt, 'ms', s.ms, 'generation', s.generation)
   from chassis.move_steps s where s.move_id = any($2::uuid[])`,

  // Calls between layers that have effects are made under a key which begins with the move.
  `select i.started_at, 6, 'call', i.api || '/' || i.client || '/' || i.key, 'system', i.api || ' ' || i.operation, i.status, i.client, null, m.id, null, null, null, null,
     jsonb_build_object('step', substr(i.key, 38), 'finishedAt', i.finished_at)
   from unnest($2::uuid[]) as m (id) cross join lateral (
     select api, client, key, operation, status, started_at, finished_at from chassis.idempotency where key >= m.id || ':' and key < m.id || ';' limit 1000) as i`,

  `select c.at, 7, 'vendor-call', c.id::text, 'vendor', c.adapter || ' ' || c.route, c.outcome, null, null, c.move_id, null, c.correlation_id, null, null,
     jsonb_build_object('api', c.api, 'operation', c.operation, 'step', c.step, 'status', c.status, 'ms', c.ms, 'evidence', c.evidence)
   from (
     select id, at, adapter, route, outcome, move_id, correlation_id, api, operation, step, status, ms, evidence from chassis.vendor_calls where move_id = any($2::uuid[]) and at >= $7::timestamptz
     union all
     select id, at, adapter, route, outcome, move_id, correlation_id, api, operation, step, status, ms, evidence from chassis.vendor_calls where move_id is null and correlation_id = any($4::text[]) and at >= $7::timestamptz
   ) as c`,

  `select w.opened_at, 8, 'work-item', w.id::text, 'process', w.kind, 'opened', w.owner, w.life_id, null, null, null, w.facility, null,
     jsonb_build_object('workItemId', w.id, 'title', w.title, 'status', w.status, 'dueAt', w.due_at)
   from chassis.work_items w where w.life_id = any($1::uuid[])`,

  `select w.resolved_at, 8, 'work-item', w.id || '/end', 'process', w.kind, w.status, w.resolved_by, w.life_id, null, null, null, w.facility, null,
     jsonb_build_object('workItemId', w.id, 'title', w.title, 'resolution', w.resolution, 'note', w.note)
   from chassis.work_items w where w.life_id = any($1::uuid[]) and w.resolved_at is not null`,

  `select i.asked_at, 8, 'intervention', i.id::text, 'operations', i.kind, i.status, i.asked_by, i.life_id, i.move_id, null, null, null, null,
     jsonb_build_object('interventionId', i.id, 'reason', i.reason, 'decidedBy', i.decided_by, 'settledAt', i.settled_at, 'failure', i.failure)
   from chassis.interventions i where i.life_id = any($1::uuid[])`,

  `select x.begun_at, 8, 'watch', x.watch || '/' || x.key, 'operations', x.watch, x.state, null, null, null, null, x.correlation_id, x.facility, x.keys,
     jsonb_build_object('dueAt', x.due_at, 'endedAt', x.ended_at)
   from chassis.expectations x where x.key = any($3::text[]) and x.begun_at is not null and ${SEEN}`,

  `select n.at, 9, 'exception', x.id || '/' || n.state, 'operations', x.watch, n.state, n.by, null, null, null, x.correlation_id, x.facility, x.keys,
     jsonb_build_object('exceptionId', x.id, 'title', x.title, 'owner', x.owner, 'severity', x.severity, 'note', case n.state when 'resolved' then x.note end)
   from chassis.business_exceptions x cross join lateral (values
     (x.raised_at, 'open', null), (x.acknowledged_at, 'acknowledged', x.acknowledged_by), (x.cleared_at, 'cleared-late', x.cleared_by), (x.resolved_at, 'resolved', x.resolved_by)) as n (at, state, by)
   where x.key = any($3::text[]) and n.at is not null and ${SEEN}`,
];

const COLUMNS = 'at, rank, kind, ref, layer, what, outcome, actor, life_id, move_id, event_id, correlation_id, facility, keys, detail';

/** One page of entries after the position `$8` to `$10`, at most `$11`. */
export const ENTRIES = `
  select at, at::text as moment, rank, kind, ref, layer, what, outcome, actor, life_id, move_id, event_id, correlation_id, facility, keys, detail
  from (${SORTS.join('\n union all\n')}) as h (${COLUMNS})
  where $8::timestamptz is null or (at, rank, ref) > ($8::timestamptz, $9::int, $10::text)
  order by at, rank, ref limit $11`;
