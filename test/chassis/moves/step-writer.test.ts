import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { CHASSIS_SCHEMA } from '#chassis/deployable/schema.ts';
import { Fenced, isHeldBy } from '#chassis/moves/fenced.ts';
import { createStepWriter, type StepRow, type Writing } from '#chassis/moves/step-writer.ts';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { migrate } from '#chassis/storage/migrations.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const step = (name: string, result: StepRow['result'] = { of: name }): StepRow => ({ name, result, undone: false, generation: 0, ms: 1 });

describe('the writer of steps', () => {
  let fresh: TestDatabase;
  let database: Database;

  before(async () => {
    fresh = await createTestDatabase();
    database = openDatabase({ url: fresh.url, log: createLog('test', 'error') });
    await migrate(database, 'chassis', CHASSIS_SCHEMA);
  });
  after(async () => {
    await database.close();
    await fresh.drop();
  });

  async function owned(owner = 'me'): Promise<Writing> {
    const moveId = randomUUID();
    await database.query(`insert into chassis.moves (id, process, name, input, status, owner, correlation_id, traceparent) values ($1, 'p', 'm', '{}', 'queued', $2, 'c', 't')`, [moveId, owner]);
    return { moveId, attempt: 1, owner };
  }
  const stepsOf = async ({ moveId }: Writing) => (await database.query<{ name: string; result: unknown }>('select name, result from chassis.move_steps where move_id = $1 order by name', [moveId])).map(({ name, result }) => [name, result]);

  test('remembers what many runs bring at once in few commits', async () => {
    let statements = 0;
    const counting = { ...database, query: (...asked: Parameters<Database['query']>) => { statements += 1; return database.query(...asked); } } as Database;
    const writer = createStepWriter(counting);
    const runs = await Promise.all(Array.from({ length: 40 }, () => owned()));
    await Promise.all(runs.map((run) => writer.write(run, [step('one'), step('two')])));
    for (const run of runs) assert.deepEqual(await stepsOf(run), [['one', { of: 'one' }], ['two', { of: 'two' }]]);
    assert.equal(statements, 2);
  });

  test('writes nothing for a run that was taken over, and all for those beside it', async () => {
    const writer = createStepWriter(database);
    const [first, mine, taken, elder] = [await owned(), await owned(), await owned('another'), await owned()];
    const told = await Promise.allSettled([writer.write(first, [step('a')]), writer.write(mine, [step('a')]), writer.write({ ...taken, owner: 'me' }, [step('a')]), writer.write({ ...elder, attempt: 2 }, [step('a')])]);
    assert.deepEqual(told.map(({ status }) => status), ['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    for (const each of told.slice(2)) assert.ok(each.status === 'rejected' && each.reason instanceof Fenced);
    assert.deepEqual(await Promise.all([mine, taken, elder].map(stepsOf)), [[['a', { of: 'a' }]], [], []]);
  });

  test('keeps nobody from writing because another cannot', async () => {
    const writer = createStepWriter(database);
    const [first, mine, poisoned] = [await owned(), await owned(), await owned()];
    const told = await Promise.allSettled([writer.write(first, [step('a')]), writer.write(poisoned, [step('a', 'no \u0000 in JSON of the database')]), writer.write(mine, [step('a')])]);
    assert.deepEqual(told.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled']);
    assert.deepEqual(await Promise.all([mine, poisoned].map(stepsOf)), [[['a', { of: 'a' }]], []]);
  });

  test('writes a step over that was taken back', async () => {
    const writer = createStepWriter(database);
    const run = await owned();
    await writer.write(run, [step('a')]);
    await database.query('update chassis.move_steps set undone = true where move_id = $1', [run.moveId]);
    await writer.write(run, [{ ...step('a', 'anew'), generation: 1 }]);
    assert.deepEqual(await database.query('select result, generation, undone from chassis.move_steps where move_id = $1', [run.moveId]), [{ result: 'anew', generation: 1, undone: false }]);
  });

  test('is found by its move, not through all that its owner ever had', async () => {
    await database.query('update chassis.moves set owner = null');
    await database.query('analyze chassis.moves');
    const [plan] = await database.query<{ 'QUERY PLAN': string }>(`explain select 1 from chassis.moves where ${isHeldBy({ id: `'${randomUUID()}'`, attempt: '1', owner: `'me'` })}`);
    assert.match(plan!['QUERY PLAN'], /moves_pkey/);
  });
});
