import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { putMove, type TakenMove } from '#chassis/moves/queue.ts';
import { createWorkers } from '#chassis/moves/workers.ts';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { takeLease, type Lease } from '#chassis/storage/lease.ts';
import { migrate } from '#chassis/storage/migrations.ts';
import { CHASSIS_SCHEMA } from '#chassis/deployable/schema.ts';
import { openSignals, type Signals } from '#chassis/storage/signals.ts';
import { createLog, type Log } from '#chassis/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';

const log = createLog('test', 'error');

describe('workers that lose moves', () => {
  let server: TestDatabase;
  let database: Database;
  let lease: Lease;
  let signals: Signals;
  before(async () => {
    server = await createTestDatabase();
    database = openDatabase({ url: server.url, log });
    await migrate(database, 'chassis', CHASSIS_SCHEMA);
    lease = await takeLease(server.url, log);
    signals = await openSignals(database, log);
  });
  after(async () => {
    await signals.close();
    await lease.release();
    await database.close();
    await server.drop();
  });

  async function ask(process: string, name: string): Promise<string> {
    const id = randomUUID();
    await database.query(`insert into chassis.lives (id, process, version, status, state, snapshot, correlation_id, traceparent) values ($1, $2, 1, 'active', 'going', '{}', '', '')`, [id, process]);
    await putMove(database, { id, process, lifeId: id, name, input: null });
    return id;
  }

  const settle = ({ id }: TakenMove) => database.query(`update chassis.moves set status = 'done', owner = null where id = $1`, [id]);

  /** Ends of runs and frees of moves in an order that only chance brings about otherwise. */
  function stages() {
    const reached = new Map<string, PromiseWithResolvers<void>>();
    const stage = (name: string) => {
      if (!reached.has(name)) reached.set(name, Promise.withResolvers());
      return reached.get(name)!;
    };
    return { reach: (name: string) => stage(name).resolve(), until: (name: string) => stage(name).promise };
  }

  /** A database whose statements that free moves go by `freeing`. */
  function freeingBy(freeing: (free: () => Promise<unknown>) => Promise<unknown>): Database {
    return {
      ...database,
      query: ((text: string, values?: unknown[]) => (text.includes('set owner = null') ? freeing(() => database.query(text, values)) : database.query(text, values))) as Database['query'],
    };
  }

  /** Hears of runs that could not be settled: by then the workers know that their move may be lost. */
  function hearing(lost: (move: string) => void): Log {
    return { ...log, error: (_message, fields) => lost(String(fields?.['move'])) };
  }

  test('free one whose run fails while others are being freed', async (t) => {
    const { reach, until } = stages();
    let frees = 0;
    const held = freeingBy(async (free) => {
      frees += 1;
      const freed = await free();
      // The first has nothing to free; the second frees the first move while the second is still running.
      if (frees === 2) {
        reach('first is freed');
        await until('second is lost');
      }
      return freed;
    });
    const runs: string[] = [];
    const workers = createWorkers({
      database: held, lease, signals, log: hearing((move) => reach(`${move} is lost`)), concurrency: 2, processes: [{ process: 'losing', version: 1, priority: 0 }],
      async run(move) {
        runs.push(`${move.name} ${move.attempt}`);
        if (move.attempt > 1) return void await settle(move);
        await until(move.name === 'first' ? 'both run' : 'first is freed');
        throw new Error('the end could not be written');
      },
    });
    const ids = [await ask('losing', 'first'), await ask('losing', 'second')];
    t.after(() => workers.stop());
    await workers.start();
    await eventually(() => runs.length === 2);
    reach('both run');
    await eventually(async () => {
      const rows = await database.query<{ status: string }>('select status from chassis.moves where id = any($1)', [ids]);
      return rows.every((row) => row.status === 'done');
    });
    assert.deepEqual(runs.toSorted(), ['first 1', 'first 2', 'second 1', 'second 2']);
  });

  test('try again when the database fails the freeing itself', async (t) => {
    let frees = 0;
    const failing = freeingBy(async (free) => {
      frees += 1;
      if (frees === 2) throw new Error('the freeing failed');
      return free();
    });
    const runs: string[] = [];
    const workers = createWorkers({
      database: failing, lease, signals, log: { ...log, warn: () => undefined, error: () => undefined }, concurrency: 1, processes: [{ process: 'failing', version: 1, priority: 0 }],
      async run(move) {
        runs.push(`${move.name} ${move.attempt}`);
        if (move.attempt === 1) throw new Error('the end could not be written');
        await settle(move);
      },
    });
    const id = await ask('failing', 'only');
    t.after(() => workers.stop());
    await workers.start();
    await eventually(async () => (await database.query<{ status: string }>('select status from chassis.moves where id = $1', [id]))[0]?.status === 'done');
    assert.deepEqual(runs, ['only 1', 'only 2']);
  });

  test('do not take again at once what can never be settled: each time the pause is longer', async (t) => {
    const workers = createWorkers({
      database, lease, signals, log: { ...log, error: () => undefined }, concurrency: 1, processes: [{ process: 'hopeless', version: 1, priority: 0 }],
      async run(move) {
        if (move.attempt < 3) throw new Error('the life cannot hear of it');
        await settle(move);
      },
    });
    const id = await ask('hopeless', 'only');
    t.after(() => workers.stop());
    await workers.start();
    const paused = await eventually(async () => {
      const [row] = await database.query<{ status: string; paused: boolean }>(`select status, run_at >= created_at + interval '3 seconds' as paused from chassis.moves where id = $1`, [id]);
      return row?.status === 'done' && row.paused;
    });
    assert.ok(paused);
  });

  test('take the moves of the most important process first, however long others have waited, and those of equals in turn', async (t) => {
    const runs: string[] = [];
    const workers = createWorkers({
      database, lease, signals, log, concurrency: 1,
      processes: [{ process: 'later', version: 1, priority: 5 }, { process: 'first', version: 1, priority: 0 }, { process: 'also-first', version: 1, priority: 0 }],
      async run(move) {
        runs.push(move.process);
        await settle(move);
      },
    });
    for (const process of ['later', 'first', 'also-first']) for (let move = 0; move < 3; move += 1) await ask(process, String(move));
    t.after(() => workers.stop());
    await workers.start();
    await eventually(() => runs.length === 9);
    assert.deepEqual(runs.slice(6), ['later', 'later', 'later']);
    assert.notEqual(runs[0], runs[1]);
  });
});
