import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Principal } from '#chassis/security/principal.ts';
import type { Database } from '#chassis/storage/database.ts';
import { acknowledgeException, getException, listExceptions, resolveException, type BusinessException } from '#chassis/watches/exceptions.ts';
import type { Watch } from '#chassis/watches/watch.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { batchIsDone, stateOf, taskIsDone, watchedEvents } from './support.ts';

const person = (subject: string, facilities: string[] = []): Principal => ({ kind: 'user', subject, service: 'test', scopes: [], roles: [], facilities, bindings: {} });

describe('watches', () => {
  let file: TestDatabase;
  let probe: Probe;
  let database: Database;
  const start = (options: { watches?: Watch[]; name?: string } = {}) => startProbe(file.url, () => undefined, { name: 'watcher', eventSchemas: watchedEvents, watches: [taskIsDone, batchIsDone], ...options });

  before(async () => {
    file = await createTestDatabase();
    probe = await start();
    ({ database } = probe.platform);
  });
  after(async () => {
    await probe.stop();
    await file.drop();
  });

  const publish = (...told: { type: string; data: { task?: string; batch: string }; facility?: string | undefined }[]) => probe.tx(async (tx) => {
    for (const each of told) await probe.platform.events.publish(tx, { ...each, subject: each.data.task ?? each.data.batch });
  });
  const tell = (type: string, task: string, facility?: string) => publish({ type, data: { task, batch: 'B-1' }, facility });
  /** Of a batch nobody looks for a day, unless the day is said to be over. */
  const tellBatch = (type: string, batch: string) => publish({ type, data: { batch } });
  const fallDue = (batch: string) => database.query(`update chassis.expectations set due_at = now() where key = $1`, [`batch:${batch}`]);
  const key = (task: string) => ({ kind: 'task', value: task });
  const exceptionOf = (task: string) => eventually(async () => (await listExceptions(database, { key: key(task) }, person('anybody'))).items[0]);
  const state = (key: string, wanted: string) => eventually(async () => (await stateOf(database, key)).states[0] === wanted);
  const quiet = (state: string) => ({ states: [state], exceptions: [], told: [] });
  /** Whatever was due before this one was raised has been judged by then. */
  const untilJudged = async () => {
    const later = randomUUID();
    await tell('task.begun.v1', later);
    await exceptionOf(later);
  };

  test('what does not happen in time is an exception with owner, title, keys and times, told once', async () => {
    await tell('task.begun.v1', 'T-1', 'MAIN');
    const { id, since, dueAt, raisedAt, correlationId, ...said } = await exceptionOf('T-1');
    assert.deepEqual(said, { watch: 'probe.task-done', title: 'Task T-1 is not done', owner: 'role:foreman', severity: 'high', state: 'open', expected: ['task.done.v1'], keys: ['task:T-1', 'batch:B-1'], facility: 'MAIN' });
    const [begun] = await database.query<{ at: Date; correlation_id: string }>(`select at, correlation_id from chassis.events where type = 'task.begun.v1' and subject = 'T-1'`);
    assert.deepEqual([since, Date.parse(dueAt) - Date.parse(since), correlationId], [begun!.at.toISOString(), taskIsDone.withinMs, begun!.correlation_id]);
    assert.ok(raisedAt >= dueAt);
    const [missed] = await database.query<{ id: string; keys: string[]; facility: string; correlation_id: string; data: { title: string } }>(
      `select id, keys, facility, correlation_id, data from chassis.events where type = 'expectation.missed.v1' and keys @> array['task:T-1']`);
    assert.deepEqual([missed!.id, missed!.facility, missed!.correlation_id, missed!.data.title, missed!.keys], [id, 'MAIN', begun!.correlation_id, 'Task T-1 is not done', [`exception:${id}`, 'task:T-1', 'batch:B-1']]);
  });

  test('what happens in time, or is called off, raises nothing', async () => {
    await tellBatch('task.begun.v1', 'B-2');
    await tellBatch('task.done.v1', 'B-2');
    await tellBatch('task.begun.v1', 'B-3');
    await tellBatch('task.dropped.v1', 'B-3');
    await state('batch:B-3', 'called-off');
    for (const batch of ['B-2', 'B-3']) await fallDue(batch);
    await untilJudged();
    assert.deepEqual([await stateOf(database, 'batch:B-2'), await stateOf(database, 'batch:B-3')], [quiet('met'), quiet('called-off')]);
  });

  test('an ending that is told before its beginning counts', async () => {
    await tellBatch('task.done.v1', 'B-4');
    await state('batch:B-4', 'met');
    await tellBatch('task.begun.v1', 'B-4');
    await eventually(async () => (await database.query(`select from chassis.expectations where key = 'batch:B-4' and begun_at is not null`)).length > 0);
    assert.deepEqual(await stateOf(database, 'batch:B-4'), quiet('met'));
  });

  test('a beginning that is told twice, also after its end, begins once', async () => {
    await tellBatch('task.begun.v1', 'B-5');
    await tellBatch('task.begun.v1', 'B-5');
    await tellBatch('task.done.v1', 'B-5');
    await state('batch:B-5', 'met');
    await tellBatch('task.begun.v1', 'B-5');
    await tell('task.begun.v1', 'T-6');
    await exceptionOf('T-6');
    await tell('task.begun.v1', 'T-6');
    await untilJudged();
    assert.deepEqual([await stateOf(database, 'batch:B-5'), await stateOf(database, 'task:T-6')], [quiet('met'), { states: ['missed'], exceptions: ['open'], told: ['expectation.missed.v1'] }]);
  });

  test('the whole history read again raises nothing anew, not even where what was met has been forgotten', async () => {
    await publish(...['task.begun.v1', 'task.done.v1'].map((type) => ({ type, data: { task: 'T-10', batch: 'B-1' } })));
    await state('task:T-10', 'met');
    await untilJudged();
    const exceptions = () => database.query<{ key: string; state: string }>('select key, state from chassis.business_exceptions order by key');
    const first = await exceptions();
    await database.query(`delete from chassis.expectations where state <> 'missed'`);
    await database.query(`delete from chassis.inbox where consumer = 'watcher.watches'`);
    await database.query(`update chassis.consumer_groups set xid = '0', seq = 0 where name = 'watcher.watches'`);
    await untilJudged();
    const known = new Set(first.map((each) => each.key));
    const again = await exceptions();
    assert.deepEqual(again.filter((each) => known.has(each.key)), first);
    // The one that was made to wait for.
    assert.equal(again.length, first.length + 1);
    assert.deepEqual(await stateOf(database, 'task:T-10'), quiet('met'));
  });

  test('what ended stands in the log already when its reader is behind: nobody is called', async () => {
    await tellBatch('task.begun.v1', 'B-7');
    await state('batch:B-7', 'waiting');
    await database.query(`update chassis.consumer_groups set held_until = now() + interval '1 hour' where name = 'watcher.watches'`);
    await tellBatch('task.done.v1', 'B-7');
    await fallDue('B-7');
    await state('batch:B-7', 'met');
    await database.query(`update chassis.consumer_groups set held_until = '-infinity' where name = 'watcher.watches'`);
    await untilJudged();
    assert.deepEqual(await stateOf(database, 'batch:B-7'), quiet('met'));
  });

  test('what comes late clears the exception and is told, once', async () => {
    await tell('task.begun.v1', 'T-8');
    const { id } = await exceptionOf('T-8');
    await acknowledgeException(database, id, person('paul'));
    await tell('task.done.v1', 'T-8');
    const cleared = await eventually(async () => { const now = await getException(database, id, person('paul')); return now.state === 'cleared-late' && now; });
    assert.deepEqual([cleared.clearedBy, cleared.acknowledgedBy], ['task.done.v1', 'paul']);
    await tell('task.done.v1', 'T-8');
    await untilJudged();
    assert.deepEqual(await stateOf(database, 'task:T-8'), { states: ['late'], exceptions: ['cleared-late'], told: ['expectation.missed.v1', 'expectation.met-late.v1'] });
    const [late] = await database.query<{ data: object }>(`select data from chassis.events where type = 'expectation.met-late.v1' and keys @> array['task:T-8']`);
    assert.deepEqual(late!.data, { exceptionId: id, watch: 'probe.task-done', owner: 'role:foreman', keys: ['task:T-8', 'batch:B-1'], dueAt: cleared.dueAt, metAt: cleared.clearedAt, by: 'task.done.v1' });
    await assert.rejects(resolveException(database, id, { note: 'too late' }, person('paul')), { kind: 'conflict', code: 'not-open' });
  });

  test('what a person resolved stays so, and what comes after is noted', async () => {
    await tell('task.begun.v1', 'T-9');
    const { id } = await exceptionOf('T-9');
    const resolved = await resolveException(database, id, { note: 'done by hand' }, person('paula'));
    assert.deepEqual([resolved.state, resolved.resolvedBy, resolved.note], ['resolved', 'paula', 'done by hand']);
    assert.deepEqual(await resolveException(database, id, { note: 'done by hand' }, person('paula')), resolved);
    await assert.rejects(resolveException(database, id, { note: 'no, by me' }, person('paul')), { kind: 'conflict' });
    await assert.rejects(acknowledgeException(database, id, person('paul')), { kind: 'conflict' });
    await tell('task.done.v1', 'T-9');
    const after = await eventually(async () => { const now = await getException(database, id, person('paula')); return now.clearedAt !== undefined && now; });
    assert.deepEqual([after.state, after.clearedBy, after.note], ['resolved', 'task.done.v1', 'done by hand']);
  });

  test('exceptions are found by owner, key and state, page by page, and those of other facilities are not', async () => {
    for (const [index, facility] of ['NORTH', 'SOUTH', 'NORTH'].entries()) await tell('task.begun.v1', `F-${index}`, facility);
    for (const index of [0, 1, 2]) await exceptionOf(`F-${index}`);
    const titles = (page: { items: BusinessException[] }) => page.items.filter(({ facility }) => facility !== undefined && facility !== 'MAIN').map(({ title }) => title);
    const north = person('nora', ['NORTH']);
    assert.deepEqual(titles(await listExceptions(database, { owner: 'role:foreman', state: 'open' }, north)), ['Task F-0 is not done', 'Task F-2 is not done']);
    assert.deepEqual(titles(await listExceptions(database, { owner: 'role:nobody' }, north)), []);
    assert.deepEqual(titles(await listExceptions(database, { state: 'resolved' }, north)), []);
    assert.deepEqual(titles(await listExceptions(database, { key: key('F-1') }, north)), []);
    const paged: string[] = [];
    for (let page = await listExceptions(database, { state: 'open', limit: 1 }, north); ; page = await listExceptions(database, { state: 'open', limit: 1, cursor: page.next }, north)) {
      paged.push(...titles(page));
      if (page.next === undefined) break;
    }
    assert.deepEqual(paged, ['Task F-0 is not done', 'Task F-2 is not done']);
    const { id } = await exceptionOf('F-1');
    await assert.rejects(getException(database, id, north), { kind: 'not-found' });
    await assert.rejects(acknowledgeException(database, id, north), { kind: 'not-found' });
    await assert.rejects(resolveException(database, id, { note: 'not mine' }, north), { kind: 'not-found' });
    assert.equal((await getException(database, id, person('anybody'))).state, 'open');
  });

  test('an exception that names no facility is settled by anybody, and a machine is not taken for a person', async () => {
    await tell('task.begun.v1', 'F-9');
    const { id } = await exceptionOf('F-9');
    const machine: Principal = { ...person('paul', ['NORTH']), kind: 'client' };
    assert.equal((await acknowledgeException(database, id, machine)).acknowledgedBy, 'client:paul');
    await assert.rejects(acknowledgeException(database, id, person('paul', ['NORTH'])), { code: 'not-open' });
    assert.equal((await resolveException(database, id, { note: 'seen to' }, person('paul', ['NORTH']))).resolvedBy, 'paul');
  });

  test('what falls due while nobody runs is raised at the next start, by one of several processes', async () => {
    for (const task of ['R-1', 'R-2', 'R-3']) await tell('task.begun.v1', task);
    for (const task of ['R-1', 'R-2', 'R-3']) await eventually(async () => (await stateOf(database, `task:${task}`)).states.length === 1);
    await probe.stop();
    const probes = await Promise.all([start(), start(), start({ name: 'other' })]);
    probe = probes[0]!;
    ({ database } = probe.platform);
    for (const task of ['R-1', 'R-2', 'R-3']) await exceptionOf(task);
    await untilJudged();
    for (const task of ['R-1', 'R-2', 'R-3']) assert.deepEqual(await stateOf(database, `task:${task}`), { states: ['missed'], exceptions: ['open'], told: ['expectation.missed.v1'] });
    for (const each of probes.slice(1)) await each.stop();
  });

  test('declarations that would see nothing do not start, and say which it is', async () => {
    const refuses = (change: Partial<Watch>, message: RegExp) => assert.rejects(start({ watches: [{ ...taskIsDone, ...change }], name: 'wrong' }), message);
    await refuses({ ends: ['task.finished.v1'] }, /the watch probe\.task-done names task\.finished\.v1, which no contract describes/);
    await refuses({ key: 'order' }, /the watch probe\.task-done looks for the business key order in task\.begun\.v1, which has none of that kind/);
    await refuses({ ends: ['keyless.happened.v1'] }, /looks for the business key task in keyless\.happened\.v1/);
    await refuses({ withinMs: 0 }, /the watch probe\.task-done allows no time/);
    await refuses({ ends: [] }, /ends with nothing/);
    await refuses({ callsOff: ['task.done.v1'] }, /names a type twice/);
    await refuses({ owner: 'the foreman' }, /neither role:<name> nor user:<name>/);
    await refuses({ title: 'A task is not done' }, /does not say what it is about/);
    await assert.rejects(start({ watches: [taskIsDone, taskIsDone], name: 'wrong' }), /the watch probe\.task-done is declared twice/);
  });
});
