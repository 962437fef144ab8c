import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clearOld } from '#chassis/storage/retention.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { defineLoans } from '../../support/sample-loans.ts';

describe('what is older than it has to be kept', () => {
  let server: TestDatabase;
  let probe: Probe;
  before(async () => {
    server = await createTestDatabase();
    probe = await startProbe(server.url, defineLoans);
  });
  after(async () => {
    await probe.stop();
    await server.drop();
  });

  const query = (text: string, values: unknown[] = []) => probe.platform.database.query<Record<string, never>>(text, values);
  async function clear(): Promise<void> {
    const work = clearOld({ keysDays: 10, eventsDays: 10, callsDays: 90, movesDays: 10, livesDays: 10, groupsDays: 10 }, { database: probe.platform.database, log: createLog('test', 'error') });
    await work.start();
    await work.stop();
  }

  /** The deployable clears as well when it starts, and of all one at a time does. */
  const clearUntil = (isClear: () => Promise<boolean>) => eventually(async () => {
    await clear();
    return isClear();
  });
  const rows = async (table: string) => (await query(`select 1 from chassis.${table}`)).length;

  test('keys go, and stay where the end of an effect is not known and a move may ask for it again', async () => {
    const [failed, done] = ['f0000000-0000-4000-8000-000000000000', 'd0000000-0000-4000-8000-000000000000'];
    await query(`insert into chassis.moves (id, process, name, input, status, correlation_id, traceparent) values ($1, 'loans', 'hand-out', '{}', 'failed', 'c', 't'), ($2, 'loans', 'hand-out', '{}', 'done', 'c', 't')`, [failed, done]);
    const at = (days: number, ...keys: string[]) => query(
      `insert into chassis.idempotency (api, client, key, operation, fingerprint, status, started_at) select 'a', status, key, 'o', 'f', status, now() - $1 * interval '1 day'
       from unnest($2::text[]) as key, unnest(array['finished', 'unknown', 'started']) as status`, [days, keys]);
    await at(9, 'young');
    await at(11, 'old', `${failed}:hold`, `${done}:hold`);
    await clearUntil(async () => (await rows('idempotency')) === 5);
    assert.deepEqual((await query(`select key, status from chassis.idempotency where key <> 'young' order by status`)).map((row) => [row['key'], row['status']]), [[`${failed}:hold`, 'started'], [`${failed}:hold`, 'unknown']]);
    await query('delete from chassis.moves where id = any($1)', [[failed, done]]);
  });

  test('moves that are done go, with their steps, and those that failed stay', async () => {
    const lives = await probe.tx(async (tx) => {
      const { id } = await probe.platform.lives.start(tx, 'loans', { title: 'cleared' }, { identity: 'cleared' });
      await probe.platform.lives.apply(tx, id, { type: 'approve' });
      return id;
    });
    await eventually(async () => (await query(`select 1 from chassis.moves where status = 'done'`)).length === 1);
    await query(`insert into chassis.moves (id, process, life_id, name, input, status, finished_at, correlation_id, traceparent) select gen_random_uuid(), 'loans', $1, 'hand-out', '{}', 'failed', now() - interval '99 days', 'c', 't'`, [lives]);
    await clear();
    assert.equal((await query('select 1 from chassis.moves')).length, 2);
    await query(`update chassis.moves set finished_at = now() - interval '11 days' where status = 'done'`);
    await clearUntil(async () => (await rows('moves')) === 1);
    assert.deepEqual((await query('select status from chassis.moves')).map((row) => row['status']), ['failed']);
    assert.equal((await query('select 1 from chassis.timeline where life_id = $1', [lives])).length, 3);
  });

  test('expectations that are over go, and exceptions that nobody has settled stay with what they are about', async () => {
    const days = (age: number) => `now() - interval '${age} days'`;
    await query(`insert into chassis.expectations (key, watch, state, begun_at, due_at, ended_at, keys, correlation_id) values
      ('k:old', 'w', 'met', ${days(12)}, ${days(11)}, ${days(11)}, '{}', 'c'), ('k:young', 'w', 'met', ${days(12)}, ${days(11)}, ${days(9)}, '{}', 'c'), ('k:only-ended', 'w', 'met', null, null, ${days(11)}, '{}', 'c'),
      ('k:waiting', 'w', 'waiting', ${days(12)}, now() + interval '1 day', null, '{}', 'c'), ('k:missed', 'w', 'missed', ${days(12)}, ${days(11)}, null, '{}', 'c'), ('k:resolved', 'w', 'missed', ${days(12)}, ${days(11)}, null, '{}', 'c')`);
    await query(`insert into chassis.business_exceptions (id, watch, key, title, owner, severity, expected, keys, since, due_at, state, resolved_at, correlation_id)
      select gen_random_uuid(), 'w', key, 't', 'role:r', 'high', '{}', '{}', ${days(12)}, ${days(11)}, state, at, 'c' from (values ('k:missed', 'open', null::timestamptz), ('k:resolved', 'resolved', ${days(11)})) as x (key, state, at)`);
    await query(`insert into chassis.inbound_messages (api, id, kind, outcome, keys, correlation_id, at) values ('a', 'old', 'k', 'rejected', '{}', 'c', ${days(11)}), ('a', 'young', 'k', 'rejected', '{}', 'c', ${days(9)})`);
    await clearUntil(async () => (await rows('expectations')) === 3 && (await rows('inbound_messages')) === 1);
    assert.deepEqual((await query('select key from chassis.expectations order by key')).map((row) => row['key']), ['k:missed', 'k:waiting', 'k:young']);
    assert.deepEqual((await query('select key from chassis.business_exceptions')).map((row) => row['key']), ['k:missed']);
  });

  test('replays that ended go, as do those that nobody confirmed, and those that run stay', async () => {
    await query(`insert into chassis.replays (id, consumer, selection, facilities, again, reason, status, asked_by, asked_at, ended_at) values
      (gen_random_uuid(), 'nobody', '{}', '{}', false, 'old', 'done', 'ann', now() - interval '20 days', now() - interval '11 days'), (gen_random_uuid(), 'nobody', '{}', '{}', false, 'young', 'stopped', 'ann', now() - interval '20 days', now() - interval '9 days'),
      (gen_random_uuid(), 'nobody', '{}', '{}', false, 'running', 'running', 'ann', now() - interval '99 days', null), (gen_random_uuid(), 'nobody', '{}', '{}', false, 'just asked', 'asked', 'ann', now() - interval '9 days', null)`);
    await query(`insert into chassis.replays (id, consumer, selection, facilities, again, reason, status, asked_by, asked_at)
      select gen_random_uuid(), 'nobody', '{}', '{}', false, 'unconfirmed', 'planned', 'ann', now() - interval '11 days' from generate_series(1, 12)`);
    await clearUntil(async () => (await rows('replays')) === 3);
    assert.deepEqual((await query('select reason from chassis.replays order by reason')).map((row) => row['reason']), ['just asked', 'running', 'young']);
  });

  test('each dismissal of an event goes when it is old', async () => {
    await query(`insert into chassis.dismissed_events (consumer, event_id, type, subject, keys, correlation_id, failure, at, dismissed_by, dismissed_at, reason)
      select 'g', 'e0000000-0000-4000-8000-000000000000', 't', 's', '{}', 'c', '{}', now(), 'ann', now() - age * interval '1 day', age::text from unnest(array[11, 9]) as age`);
    await clearUntil(async () => (await rows('dismissed_events')) === 1);
    assert.deepEqual((await query('select reason from chassis.dismissed_events')).map((row) => row['reason']), ['9']);
  });

  test('lives that are over go with all that was told of them, and those with something to do stay', async () => {
    const begin = (identity: string) => probe.tx(async (tx) => (await probe.platform.lives.start(tx, 'loans', { title: identity }, { identity })).id);
    const [over, young, troubled, active] = [await begin('over'), await begin('young'), await begin('troubled'), await begin('active')];
    for (const id of [over, young, troubled]) await probe.tx((tx) => probe.platform.lives.apply(tx, id, { type: 'reject' }));
    // That one failed the chart may have foreseen; one that is still open will tell of its end.
    const put = (life: unknown, status: string) => query(`insert into chassis.moves (id, process, life_id, name, input, status, correlation_id, traceparent) values (gen_random_uuid(), 'gone', $1, 'm', '{}', $2, 'c', 't')`, [life, status]);
    await put(over, 'failed');
    await put(troubled, 'waiting');
    const [made] = await query(`insert into chassis.moves (id, process, life_id, name, input, status, finished_at, correlation_id, traceparent) values (gen_random_uuid(), 'gone', $1, 'm', '{}', 'done', now(), 'c', 't') returning id`, [over]);
    const move = made!['id'];
    await query(`insert into chassis.move_steps (move_id, name, ms, attempt) values ($1, 's', 1, 1)`, [move]);
    await query(`update chassis.lives set updated_at = now() - interval '11 days' where id <> $1`, [young]);
    await clearUntil(async () => (await query('select 1 from chassis.lives where id = $1', [over])).length === 0);
    assert.deepEqual((await query('select id from chassis.lives where id = any($1) order by created_at', [[young, troubled, active]])).map((row) => row['id']), [young, troubled, active]);
    for (const table of ['timeline', 'life_keys', 'work_items']) assert.deepEqual(await query(`select 1 from chassis.${table} where life_id = $1`, [over]), [], table);
    assert.deepEqual(await query('select 1 from chassis.move_steps where move_id = $1', [move]), []);
  });

  test('who read what was kept goes with the lives of its time', async () => {
    await query(`insert into chassis.payload_readings (reference, read_by, reason, at) values
      (gen_random_uuid(), 'ivan', 'old', now() - interval '11 days'), (gen_random_uuid(), 'ivan', 'young', now() - interval '9 days')`);
    await clearUntil(async () => (await rows('payload_readings')) === 1);
    assert.deepEqual((await query('select reason from chassis.payload_readings')).map((row) => row['reason']), ['young']);
  });

  test('identities that events brought with them go when the events do', async () => {
    await query(`insert into chassis.told_events (id, at) values (gen_random_uuid(), now() - interval '11 days'), (gen_random_uuid(), now() - interval '9 days')`);
    await clearUntil(async () => (await rows('told_events')) === 1);
  });

  test('interventions that are settled go when lives do, and those that wait for somebody stay', async () => {
    await query(`insert into chassis.interventions (id, kind, process, params, reason, status, stops_at_plan, asked_by, settled_at) values
      (gen_random_uuid(), 'retry-move', 'gone', '{}', 'old', 'done', false, 'ann', now() - interval '11 days'), (gen_random_uuid(), 'retry-move', 'gone', '{}', 'young', 'refused', false, 'ann', now() - interval '9 days'),
      (gen_random_uuid(), 'retry-move', 'gone', '{}', 'planned', 'planned', true, 'ann', null)`);
    await clearUntil(async () => (await rows('interventions')) === 2);
    assert.deepEqual((await query('select reason from chassis.interventions order by reason')).map((row) => row['reason']), ['planned', 'young']);
  });

  test('what goes with a row is found by an index', async () => {
    const bare = await query(`select conrelid::regclass::text || ' ' || pg_get_constraintdef(oid) as key from pg_constraint c where contype = 'f' and connamespace = 'chassis'::regnamespace and conparentid = 0
      and not exists (select 1 from pg_index i where i.indrelid = c.conrelid and i.indpred is null and i.indkey[0] = c.conkey[1])`);
    assert.deepEqual(bare, []);
  });

  test('what is old is found without reading a whole table', async () => {
    const condition: Record<string, string> = { moves: `status = 'done' and finished_at < $1`, inbound_messages: 'at < $1', expectations: `state <> 'waiting' and greatest(due_at, ended_at) < $1`, interventions: 'settled_at < $1' };
    await probe.tx(async (tx) => {
      // The tables are nearly empty here: what the planner would choose says nothing of full ones.
      await tx.query('set local enable_seqscan = off');
      for (const [table, old] of Object.entries(condition)) {
        const plan = await tx.query(`explain select 1 from chassis.${table} where ${old.replace('$1', `'2020-01-01'::timestamptz`)}`);
        assert.match(JSON.stringify(plan), /Index Cond[^"]*</, table);
      }
    });
  });
});
