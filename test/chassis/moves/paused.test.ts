import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { childDiedAt, startChild, type Child } from '../../support/child-process.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe } from '../../support/probe.ts';
import { startSampleDepot, type SampleDepot } from '../../support/sample-depot.ts';
import type { TravellerMessage, TravellerOptions } from '../../support/sample-traveller.ts';
import { defineTrips, setOut } from '../../support/sample-trips.ts';

/** Until the others must have brought to their end what a dead process had begun. */
const TAKEN_OVER_MS = 10_000;

describe('three processes of the same API at once', () => {
  let database: TestDatabase;
  let depot: SampleDepot;
  let pool: pg.Pool;
  const children: Child[] = [];
  before(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 2 });
    pool.on('error', () => undefined);
    depot = await startSampleDepot(database.url, ['traveller']);
  });
  after(async () => {
    for (const child of children) await child.end();
    await depot.stop();
    await pool.end();
    await database.drop();
  });

  function traveller(process: string, options: Pick<TravellerOptions, 'trips' | 'waitAt'>): Child {
    const child = startChild('sample-traveller.ts', { url: database.url, keys: depot.keys, neighbours: depot.neighbours, process, ...options } satisfies TravellerOptions);
    children.push(child);
    return child;
  }
  const hears = async (child: Child, wanted: (message: TravellerMessage) => boolean) => {
    for (;;) if (wanted(await child.message<TravellerMessage>())) return;
  };
  /** One stands in the middle of a step, and two more are there. */
  async function three(process: string, trips: string[]): Promise<[Child, Child, Child]> {
    const first = traveller(process, { trips, waitAt: 'during-2' });
    await hears(first, (message) => 'reached' in message);
    const others = [traveller(process, { trips: [] }), traveller(process, { trips: [] })] as const;
    for (const other of others) await hears(other, (message) => 'ready' in message);
    return [first, ...others];
  }
  const states = async (process: string) => (await pool.query<{ state: string }>('select state from chassis.lives where process = $1', [process])).rows.map(({ state }) => state);
  const allHome = (process: string, trips: number, withinMs?: number) => eventually(async () => {
    const seen = await states(process);
    return seen.length === trips && seen.every((state) => state === 'home');
  }, withinMs);
  const carried = (name: string) => [1, 2, 3].map((number) => depot.shelves.writes.filter((label) => label === `${name}-${number}`).length);
  /** All that is written of moves and lives. */
  const written = async (process: string, except: string) => (await pool.query(
    `select l.id, l.revision, l.state, m.attempt, m.status, m.finished_at, s.name, s.result, s.generation, s.attempt as carried_out_by, s.at, (select count(*) from chassis.timeline t where t.life_id = l.id) as entries
     from chassis.lives l join chassis.moves m on m.life_id = l.id left join chassis.move_steps s on s.move_id = m.id where l.process = $1 and l.id <> $2 order by l.id, s.name`, [process, except])).rows;

  test('go on with what one of them had begun when it is killed, and carry every box once', async () => {
    const trips = ['k-1', 'k-2', 'k-3', 'k-4'];
    const [first, ...others] = await three('killed', trips);
    first.process.kill('SIGKILL');
    await childDiedAt(first);
    await allHome('killed', trips.length, TAKEN_OVER_MS);
    for (const trip of trips) assert.deepEqual(carried(trip), [1, 1, 1], trip);
    for (const other of others) await other.end();
  });

  test('take over from one that stands still for longer than its lease, which writes nothing more of it when it wakes', async () => {
    const [first, ...others] = await three('paused', ['p-1']);
    first.process.kill('SIGSTOP');
    // The server itself ends the session of a process that has said nothing for long.
    await allHome('paused', 1, 90_000);
    for (const other of others) {
      other.process.kill('SIGTERM');
      assert.equal(await childDiedAt(other), 0);
    }
    const before = await written('paused', '00000000-0000-0000-0000-000000000000');
    first.process.kill('SIGCONT');
    first.send('go on');
    // It lives and works on: this trip nobody else can make.
    const busy = await startProbe(database.url, (platform) => defineTrips(platform, { process: 'paused' }), { name: 'traveller', keys: depot.keys, neighbours: depot.neighbours, moveConcurrency: 0 });
    const next = await setOut(busy.platform, 'paused', 'p-2');
    await allHome('paused', 2);
    await busy.stop();
    // Having ended in order, it has nothing more to write.
    first.process.kill('SIGTERM');
    assert.equal(await childDiedAt(first), 0);
    assert.deepEqual(await written('paused', next), before);
    assert.deepEqual([carried('p-1'), carried('p-2')], [[1, 1, 1], [1, 1, 1]]);
  });
});
