import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import pg from 'pg';
import type { RecordedEvent } from '#chassis/events/event-log.ts';
import { keepPartitions, makePartitions } from '#chassis/events/partitions.ts';
import { createLog, type Log } from '#chassis/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';

const TYPE = 'thing.happened.v1';
const KEEP = { eventsDays: 365, groupsDays: 30 };

describe('the log is cut by time', () => {
  let server: TestDatabase;
  let teller: Probe;
  const probes: Probe[] = [];

  beforeEach(async () => {
    server = await createTestDatabase();
    teller = await startProbe(server.url, () => undefined, { name: 'teller' });
  });
  afterEach(async () => {
    for (const probe of probes.splice(0)) await probe.stop();
    await teller.stop();
    await server.drop();
  });

  const log = createLog('test', 'error');
  const query = (text: string, values: unknown[] = []) => teller.platform.database.query<Record<string, never>>(text, values);
  const tell = (subject: string, id?: string) => teller.tx((tx) => teller.platform.events.publish(tx, { type: TYPE, subject, data: {}, ...(id ? { id } : {}) }));
  /** As if it had been told so many days ago. */
  const tellDaysAgo = (days: number, subject: string) => query(
    `insert into chassis.events (id, type, source, subject, data, correlation_id, traceparent, at) values ($1, $2, 't', $3, '{}', 'c', 't', now() - $4 * interval '1 day')`, [randomUUID(), TYPE, subject, days]);
  const partitions = async () => (await query('select name from chassis.event_partitions order by from_at')).map((row) => String(row['name']));
  const inLog = async () => (await query('select subject from chassis.events order by xid, seq')).map((row) => row['subject']);
  async function hear(group: string, heard: string[], handle: (event: RecordedEvent) => void = () => undefined): Promise<Probe> {
    const probe = await startProbe(server.url, (platform) => platform.subscribe({ group, types: [TYPE], maxAttempts: 200, handle: async (_tx, event) => { handle(event); heard.push(event.subject); } }), { name: group });
    probes.push(probe);
    return probe;
  }

  test('partitions are made ahead of time, once, whoever makes them', async () => {
    const before = await partitions();
    await Promise.all([1, 2, 3].map(() => makePartitions(teller.platform.database, { eventsDays: 365 }, log)));
    assert.deepEqual(await partitions(), before);
    const [row] = await query(`select bool_and(from_at <= now()) or min(from_at) <= now() as covers_now, max(to_at) > now() + interval '3 days' as is_ahead from chassis.event_partitions`);
    assert.deepEqual(row, { covers_now: true, is_ahead: true });
  });

  test('an event for which there is no partition is kept all the same, and moved when there is one', async () => {
    await tellDaysAgo(7, 'early');
    await tellDaysAgo(7, 'early as well');
    assert.equal((await query('select 1 from chassis.events_default')).length, 2);
    const heard: string[] = [];
    await hear('first', heard);
    const count = async (table: string) => (await query(`select 1 from chassis.${table}`)).length;
    // What was heard is noted when its handling is committed.
    await eventually(async () => heard.length === 2 && (await count('inbox')) === 2);
    // While partitions are in use they are left for later.
    await eventually(async () => {
      await makePartitions(teller.platform.database, KEEP, log);
      return (await count('events_default')) === 0 && (await count('inbox_default')) === 0;
    });
    assert.equal(await count('inbox'), 2);
    assert.deepEqual(await inLog(), ['early', 'early as well']);
    await query(`update chassis.consumer_groups set xid = '0', seq = 0`);
    await tell('late');
    await eventually(() => heard.includes('late'));
    assert.deepEqual(heard, ['early', 'early as well', 'late']);
  });

  test('what is told twice with its own identity is one, also when a partition lies between', async () => {
    const id = randomUUID();
    await tell('once', id);
    await query(`update chassis.events set at = now() - interval '3 days'`);
    await makePartitions(teller.platform.database, KEEP, log);
    await tell('once', id);
    assert.deepEqual(await inLog(), ['once']);
  });

  test('events go with their partition when all groups have handled them', async () => {
    const heard: string[] = [];
    await hear('reader', heard);
    await query(`insert into chassis.consumer_groups (name, xid, seq) values ('far-behind', '0', 0)`);
    for (const days of [413, 387, 2]) await tellDaysAgo(days, `${days} days ago`);
    await eventually(() => heard.length === 3);
    await keepPartitions(teller.platform.database, KEEP, log);
    assert.deepEqual(await inLog(), ['413 days ago', '387 days ago', '2 days ago']);
    await query(`delete from chassis.consumer_groups where name = 'far-behind'`);
    await keepPartitions(teller.platform.database, KEEP, log);
    assert.deepEqual(await inLog(), ['2 days ago']);
    assert.equal((await query('select 1 from chassis.inbox')).length, 1);
  });

  test('a group that no process has hosted for long is waited for no longer, and the log says so', async () => {
    await query(`insert into chassis.consumer_groups (name, seen_at) values ('gone', now() - interval '31 days'), ('here', now())`);
    await tellDaysAgo(400, 'old');
    const warnings: unknown[] = [];
    const noting: Log = { ...log, warn: (message, details) => { warnings.push([message, details]); } } as Log;
    await keepPartitions(teller.platform.database, KEEP, noting);
    assert.deepEqual(await inLog(), ['old']);
    await query(`delete from chassis.consumer_groups where name = 'here'`);
    await eventually(async () => { await keepPartitions(teller.platform.database, KEEP, noting); return (await inLog()).length === 0; });
    assert.deepEqual(warnings[0], ['events are forgotten that a consumer group has not read, since no process has hosted it for long', { group: 'gone' }]);
  });

  test('a troubled event outlives its partition and can still be handled', async () => {
    const heard: string[] = [];
    let isMended = false;
    await hear('reader', heard, (event) => { if (event.subject === 'troubled' && !isMended) throw new Error('not yet'); });
    await tellDaysAgo(400, 'troubled');
    await tellDaysAgo(400, 'fine');
    await eventually(() => heard.includes('fine'));
    await eventually(async () => { await keepPartitions(teller.platform.database, KEEP, log); return (await inLog()).length === 0; });
    isMended = true;
    await eventually(() => heard.includes('troubled'));
  });

  test('a reader does not touch partitions that it has behind it, and returns to them when its place is set back', async () => {
    await tellDaysAgo(100, 'long ago');
    await keepPartitions(teller.platform.database, KEEP, log);
    const first: string[] = [];
    const reader = await hear('reader', first);
    await eventually(() => first.length === 1);
    await reader.stop();
    probes.pop();
    const heard: string[] = [];
    await hear('reader', heard);
    await tell('one');
    await eventually(() => heard.includes('one'));
    const [old] = await partitions();
    const blocker = new pg.Client({ connectionString: server.url });
    await blocker.connect();
    blocker.on('error', () => undefined);
    try {
      await blocker.query('begin');
      await teller.tx(async (tx) => {
        await teller.platform.events.publish(tx, { type: TYPE, subject: 'two', data: {} });
        // The younger transaction: an older one would hold back readers whatever it does.
        await blocker.query(`lock table chassis.events_${old} in access exclusive mode`);
      });
      await eventually(() => heard.includes('two'));
    } finally {
      await blocker.end();
    }
    await query('delete from chassis.inbox');
    await query(`update chassis.consumer_groups set xid = '0', seq = 0`);
    await eventually(() => heard.includes('long ago'));
  });

  test('partitions in use are dropped later', async () => {
    await query(`insert into chassis.consumer_groups (name) values ('reader')`);
    await tellDaysAgo(400, 'old');
    await makePartitions(teller.platform.database, KEEP, log);
    const [old] = await partitions();
    const user = new pg.Client({ connectionString: server.url });
    await user.connect();
    try {
      await user.query('begin');
      await user.query(`select 1 from chassis.events_${old}`);
      await query('delete from chassis.consumer_groups');
      await keepPartitions(teller.platform.database, KEEP, log);
      assert.deepEqual(await inLog(), ['old']);
    } finally {
      await user.end();
    }
    await eventually(async () => { await keepPartitions(teller.platform.database, KEEP, log); return (await inLog()).length === 0; });
  });
});
