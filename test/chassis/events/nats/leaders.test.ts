import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { CHASSIS_SCHEMA } from '#chassis/deployable/schema.ts';
import { electLeaders, type Leaders } from '#chassis/events/nats/leaders.ts';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { takeLease, type Lease } from '#chassis/storage/lease.ts';
import { migrate } from '#chassis/storage/migrations.ts';
import { openSignals } from '#chassis/storage/signals.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/database.ts';
import { eventually } from '../../../support/eventually.ts';

const log = createLog('test', 'error');

describe('of all processes one', () => {
  let server: TestDatabase;
  let database: Database;
  before(async () => {
    server = await createTestDatabase();
    database = openDatabase({ url: server.url, log });
    await migrate(database, 'chassis', CHASSIS_SCHEMA);
  });
  after(async () => {
    await database.close();
    await server.drop();
  });

  async function candidate(t: TestContext, name: string): Promise<{ leaders: Leaders; lease: Lease; told: () => number; leave(): Promise<void> }> {
    const lease = await takeLease(server.url, log);
    const signals = await openSignals(database, log);
    const leaders = electLeaders({ database, lease, signals, log });
    let told = 0;
    leaders.campaign(name, () => { told += 1; });
    await leaders.start();
    let gone: Promise<void> | undefined;
    const leave = () => (gone ??= leaders.stop().then(signals.close).then(lease.release));
    t.after(leave);
    return { leaders, lease, told: () => told, leave };
  }

  test('leads, and when it ends in order the next does so at once', async (t) => {
    const first = await candidate(t, 'orderly');
    await eventually(() => first.leaders.leads('orderly'));
    assert.equal(first.told(), 1);
    const second = await candidate(t, 'orderly');
    await assert.rejects(eventually(() => second.leaders.leads('orderly'), 300));
    await first.leave();
    await eventually(() => second.leaders.leads('orderly'));
    assert.equal(first.leaders.leads('orderly'), false);
  });

  test('takes over from one that has died, and that one, were it only cut off, sees that it leads no longer', async (t) => {
    const first = await candidate(t, 'sudden');
    await eventually(() => first.leaders.leads('sudden'));
    const second = await candidate(t, 'sudden');
    // Its proof of life is gone for longer than a reconnection takes, while it goes on as if nothing had happened.
    await first.lease.release();
    await eventually(() => second.leaders.leads('sudden'));
    await eventually(() => !first.leaders.leads('sudden'));
    assert.equal(first.told(), 2);
  });

  test('leads each name, whoever else asks for it', async (t) => {
    const candidates = await Promise.all([1, 2, 3, 4].map(() => candidate(t, 'crowded')));
    await eventually(() => candidates.some(({ leaders }) => leaders.leads('crowded')));
    await Promise.all(candidates.slice(1).map(({ leave }) => leave()));
    await eventually(() => candidates[0]!.leaders.leads('crowded'));
    assert.deepEqual(await database.query(`select name, owner from chassis.leaders where name = 'crowded'`), [{ name: 'crowded', owner: candidates[0]!.lease.id }]);
  });
});
