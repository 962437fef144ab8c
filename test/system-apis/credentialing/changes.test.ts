import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createEventLog, type EventLog, type RecordedEvent } from '#chassis/events/event-log.ts';
import { eventSchemas } from '#chassis/events/event-schemas.ts';
import { CHASSIS_SCHEMA } from '#chassis/deployable/schema.ts';
import { openDatabase, type Database, type Transaction } from '#chassis/storage/database.ts';
import { migrate } from '#chassis/storage/migrations.ts';
import { openSignals, type Signals } from '#chassis/storage/signals.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import schemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { followChanges } from '../../../system-apis/credentialing/changes/follow.ts';
import { migrations } from '../../../system-apis/credentialing/migrations.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startHouse, type House } from './house.ts';

describe('what changes in credentialing', () => {
  const log = createLog('test', 'error');
  let house: House;
  let own: TestDatabase;
  let database: Database;
  let signals: Signals;
  let events: EventLog<EventData>;

  beforeEach(async () => {
    house = await startHouse({}, { lookBackMs: 2_000 });
    own = await createTestDatabase();
    database = openDatabase({ url: own.url, log });
    await migrate(database, 'chassis', CHASSIS_SCHEMA);
    await migrate(database, 'credentialing', migrations);
    signals = await openSignals(database, log);
    events = createEventLog<EventData>({ source: 'test', schemas: eventSchemas(schemas as never), signals, metrics: createMetrics('test') });
    await house.office.register({ personId: 'P-1', given: 'Ana', family: 'Lee' });
    await house.office.grant('P-1', { code: 'RN', issuedOn: '2026-01-01', expiresOn: '2027-06-30' });
  });
  afterEach(async () => {
    await signals.close();
    await database.close();
    await own.drop();
    await house.leave();
  });

  const told = async () => (await database.query<RecordedEvent>('select * from chassis.events order by xid, seq')).map((each) => [each.subject, (each.data as EventData['credential.changed.v1']).code]);
  const looks = async () => (await database.query<{ revision: number }>('select revision from credentialing.positions'))[0]?.revision ?? 0;

  async function following(work: () => Promise<void>, on = database): Promise<void> {
    const follower = followChanges({ database: on, events, log, credentialing: house.port, pollMs: 20 });
    await follower.start();
    try {
      await work();
      const before = await looks();
      await eventually(async () => await looks() > before + 3);
    } finally {
      await follower.stop();
    }
  }
  /** What is known is known: the next change is told. */
  const begun = async () => { await eventually(async () => (await database.query('select 1 from credentialing.known_standings')).length > 0); };

  test('is told once per change, however often it is found, and what held before is not', async () => {
    await following(async () => {
      await begun();
      await house.office.suspend('P-1', { code: 'RN' });
      await eventually(async () => (await told()).length === 1);
      await house.office.reinstate('P-1', { code: 'RN' });
      await eventually(async () => (await told()).length === 2);
      await house.office.suspend('P-1', { code: 'RN' });
      await eventually(async () => (await told()).length === 3);
    });
    assert.deepEqual(await told(), [['P-1', 'RN'], ['P-1', 'RN'], ['P-1', 'RN']]);
    const ids = await database.query<{ id: string; type: string }>('select distinct id, type from chassis.events');
    assert.deepEqual([ids.length, ids[0]?.type], [3, 'credential.changed.v1']);
  });

  test('names the credential and no other of the person, and a sanction without one', async () => {
    await following(async () => {
      await begun();
      await house.office.grant('P-1', { code: 'BLS', issuedOn: '2026-02-01' });
      await eventually(async () => (await told()).length === 1);
      await house.office.sanction('P-1', { source: 'OIG-LEIE', from: '2026-11-01' });
      await eventually(async () => (await told()).length === 2);
    });
    assert.deepEqual(await told(), [['P-1', 'BLS'], ['P-1', undefined]]);
  });

  test('while nobody followed is told by the next one', async () => {
    await following(begun);
    await house.office.revoke('P-1', { code: 'RN' });
    await house.office.register({ personId: 'P-2', given: 'Ben', family: 'Ito' });
    await house.office.grant('P-2', { code: 'MD', issuedOn: '2026-02-01' });
    await following(async () => { await eventually(async () => (await told()).length === 2); });
    assert.deepEqual((await told()).toSorted(), [['P-1', 'RN'], ['P-2', 'MD']]);
  });

  test('is found again when the process died between finding and keeping', async () => {
    await following(begun);
    await house.office.suspend('P-1', { code: 'RN' });
    let deaths = 2;
    const dying: Database = {
      ...database,
      transaction: (work) => database.transaction(async (tx: Transaction) => {
        const result = await work(tx);
        if (deaths-- > 0) throw new ApiError('unavailable', 'The database is not available at the moment.', { code: 'database-unavailable' });
        return result;
      }),
    };
    await following(async () => { await eventually(async () => (await told()).length === 1); }, dying);
    assert.ok(deaths < 0);
    assert.deepEqual(await told(), [['P-1', 'RN']]);
  });

  test('waits while credentialing is away', async () => {
    await following(async () => {
      await begun();
      house.office.faults.set({ kind: 'failing', status: 500, rate: 1 }, { times: 2 });
      await house.office.suspend('P-1', { code: 'RN' });
      await eventually(async () => (await told()).length === 1);
      assert.equal(house.office.faults.done.failing, 2);
    });
  });
});
