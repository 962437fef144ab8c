import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { childDiedAt, startChild, type Child } from '../../support/child-process.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { startSampleDepot, type SampleDepot } from '../../support/sample-depot.ts';
import type { TravellerMessage, TravellerOptions } from '../../support/sample-traveller.ts';
import { BACKWARD_POINTS, defineTrips, FORWARD_POINTS, setOut } from '../../support/sample-trips.ts';

describe('a process that dies or stands still in the middle of its moves', () => {
  let database: TestDatabase;
  let depot: SampleDepot;
  const children: Child[] = [];
  const probes: Probe[] = [];
  before(async () => {
    database = await createTestDatabase();
    depot = await startSampleDepot(database.url, ['traveller']);
  });
  after(async () => {
    for (const child of children) await child.end();
    for (const probe of probes) await probe.stop();
    await depot.stop();
    await database.drop();
  });

  function traveller(options: Pick<TravellerOptions, 'process' | 'trips' | 'failing' | 'dieAt' | 'waitAt'>): Child {
    const child = startChild('sample-traveller.ts', { url: database.url, keys: depot.keys, neighbours: depot.neighbours, ...options } satisfies TravellerOptions);
    children.push(child);
    return child;
  }

  /** Another process of the same deployable. */
  async function rescuer(define: (platform: Platform) => void): Promise<Probe> {
    const probe = await startProbe(database.url, define, { name: 'traveller', keys: depot.keys, neighbours: depot.neighbours });
    probes.push(probe);
    return probe;
  }

  const count = (labels: string[], label: string) => labels.filter((each) => each === label).length;
  const lives = (probe: Probe, process: string) => probe.platform.database.query<{ id: string; state: string; status: string }>('select id, state, status from chassis.lives where process = $1', [process]);
  const allEnded = (probe: Probe, process: string, trips: number) => eventually(async () => {
    const seen = await lives(probe, process);
    return seen.length === trips && seen.every((life) => life.status === 'done') && seen;
  }, 30_000);

  test('killed at any point of the way: another goes on, and every box is carried once', async () => {
    for (let first = 0; first < FORWARD_POINTS.length; first += 3) {
      const dying = FORWARD_POINTS.slice(first, first + 3).map((point) => traveller({ process: `trip-${point}`, trips: [`t-${point}`], dieAt: point }));
      assert.deepEqual(await Promise.all(dying.map(childDiedAt)), dying.map(() => 'SIGKILL'));
    }
    const probe = await rescuer((platform) => { for (const point of FORWARD_POINTS) defineTrips(platform, { process: `trip-${point}` }); });
    for (const point of FORWARD_POINTS) {
      const [life] = await allEnded(probe, `trip-${point}`, 1);
      assert.equal(life?.state, 'home', point);
      for (const number of [1, 2, 3]) assert.equal(count(depot.shelves.writes, `t-${point}-${number}`), 1, `${point}: box ${number}`);
      const events = await probe.platform.database.query<{ event: string }>('select event from chassis.timeline where life_id = $1 order by revision', [life.id]);
      assert.deepEqual(events.map(({ event }) => event), ['started', 'arrived'], point);
    }
    assert.deepEqual(await probe.platform.database.query('select 1 from chassis.moves where owner is not null'), []);
    await probe.stop();
  });

  test('killed at any point of the way back: every box is taken back once and none is carried again', async () => {
    for (let first = 0; first < BACKWARD_POINTS.length; first += 3) {
      const dying = BACKWARD_POINTS.slice(first, first + 3).map((point) => traveller({ process: `back-${point}`, trips: [`b-${point}`], dieAt: point, failing: true }));
      assert.deepEqual(await Promise.all(dying.map(childDiedAt)), dying.map(() => 'SIGKILL'));
    }
    const probe = await rescuer((platform) => { for (const point of BACKWARD_POINTS) defineTrips(platform, { process: `back-${point}`, failing: true }); });
    for (const point of BACKWARD_POINTS) {
      const [life] = await allEnded(probe, `back-${point}`, 1);
      assert.equal(life?.state, 'stranded', point);
      for (const number of [1, 2, 3]) {
        assert.equal(count(depot.shelves.writes, `b-${point}-${number}`), 1, `${point}: box ${number} carried`);
        assert.equal(count(depot.shelves.removals, `b-${point}-${number}`), 1, `${point}: box ${number} taken back`);
      }
    }
    await probe.stop();
  });

  test('killed in the recovery from being killed: still once', async () => {
    assert.equal(await childDiedAt(traveller({ process: 'again', trips: ['again'], dieAt: 'during-undo-3', failing: true })), 'SIGKILL');
    assert.equal(await childDiedAt(traveller({ process: 'again', trips: [], dieAt: 'during-undo-2', failing: true })), 'SIGKILL');
    const probe = await rescuer((platform) => defineTrips(platform, { process: 'again', failing: true }));
    await allEnded(probe, 'again', 1);
    for (const number of [1, 2, 3]) assert.deepEqual([count(depot.shelves.writes, `again-${number}`), count(depot.shelves.removals, `again-${number}`)], [1, 1]);
    await probe.stop();
  });

  test('paused and taken over: when it wakes it can write nothing, and nothing happens twice', async () => {
    const child = traveller({ process: 'paused', trips: ['paused'], waitAt: 'during-2' });
    const reached = await child.message<TravellerMessage>();
    assert.ok('reached' in reached || 'reached' in await child.message<TravellerMessage>());
    child.process.kill('SIGSTOP');
    const probe = await rescuer((platform) => defineTrips(platform, { process: 'paused' }));
    // What the server does by itself when a process says nothing for long: it ends the session that holds the lease.
    await probe.platform.database.query(
      `select pg_terminate_backend(l.pid) from pg_locks l where l.locktype = 'advisory' and l.classid = 727301
         and l.objid::bigint in (select hashtext(owner)::bigint & 4294967295 from chassis.moves where process = 'paused' and owner is not null)`);
    await allEnded(probe, 'paused', 1);
    const before = await probe.platform.database.query('select revision, event from chassis.timeline order by life_id, revision');
    const [move] = await probe.platform.database.query<{ attempt: number }>(`select attempt from chassis.moves where process = 'paused'`);
    child.process.kill('SIGCONT');
    child.send('go on');
    // It lives on and works on for others.
    const next = await setOut(probe.platform, 'paused', 'after-pause');
    await eventually(async () => (await lives(probe, 'paused')).find((life) => life.id === next)?.status === 'done');
    await probe.stop();
    const own = await rescuer(() => undefined);
    const other = await setOutFrom(own, 'paused', 'for-the-woken');
    await eventually(async () => (await lives(own, 'paused')).find((life) => life.id === other)?.status === 'done');
    assert.deepEqual(await own.platform.database.query(`select revision, event from chassis.timeline t where life_id not in ($1, $2) order by life_id, revision`, [next, other]), before);
    assert.deepEqual(await own.platform.database.query(`select attempt from chassis.moves m join chassis.lives l on l.id = m.life_id where m.process = 'paused' and l.id not in ($1, $2)`, [next, other]), [move]);
    for (const number of [1, 2, 3]) assert.equal(count(depot.shelves.writes, `paused-${number}`), 1);
    child.process.kill('SIGTERM');
    assert.equal(await childDiedAt(child), 0);
    await own.stop();
  });

  test('asked to stop, it ends the move under way and takes no new one', async () => {
    const child = traveller({ process: 'graceful', trips: ['graceful'], waitAt: 'during-2' });
    const messages = [await child.message<TravellerMessage>(), await child.message<TravellerMessage>()];
    assert.ok(messages.some((message) => 'reached' in message) && messages.some((message) => 'ready' in message));
    child.process.kill('SIGTERM');
    child.send('go on');
    assert.equal(await childDiedAt(child), 0);
    const probe = await rescuer(() => undefined);
    const [life] = await lives(probe, 'graceful');
    assert.equal(life?.state, 'home');
    const [attempts] = await probe.platform.database.query<{ attempt: number }>(`select attempt from chassis.moves where process = 'graceful'`);
    assert.equal(attempts?.attempt, 1);
    await probe.stop();
  });
});

/** Through a process that does not run the trips itself: only the chart is known to it. */
async function setOutFrom(probe: Probe, process: string, name: string): Promise<string> {
  defineTrips(probe.platform, { process, boxes: {} as never });
  return setOut(probe.platform, process, name);
}
