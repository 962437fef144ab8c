import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { loop } from '#chassis/deployable/background.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { RecordedEvent } from '#chassis/events/event-log.ts';
import type { Database, Transaction } from '#chassis/storage/database.ts';
import { migrate } from '#chassis/storage/migrations.ts';
import { pollChanges } from '../../../system-apis/hcm/changes/poller.ts';
import { migrations } from '../../../system-apis/hcm/migrations.ts';
import type { ChangeFound, ChangesFound, WorkerChanged } from '../../../system-apis/hcm/port.ts';
import { startChild } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { standOnDatabase, type Ground } from '../ehr/support.ts';
import { atSandbox, openAdapter, settingsFor, startVendor, type Vendor } from './support.ts';

/** From before anything was entered. */
const FROM_THE_START = { changes: { startAt: '2026-01-01T00:00:00Z', lookBackMs: 60_000 } };

type Poll = (position: unknown) => Promise<ChangesFound>;

async function onGround(work: (ground: Ground) => Promise<void>): Promise<void> {
  const ground = await standOnDatabase();
  await migrate(ground.database, 'hcm', migrations);
  try {
    await work(ground);
  } finally {
    await ground.leave();
  }
}

/** Polls while `work` runs. */
async function polling(ground: Ground, poll: Poll, work: () => Promise<void>, database: Database = ground.database): Promise<void> {
  const poller = pollChanges({ ...ground, database, poll, pollMs: 20 });
  await poller.start();
  try {
    await work();
  } finally {
    await poller.stop();
  }
}

const told = async (ground: Ground) => (await ground.published('worker.changed.v1')) as (RecordedEvent & { data: WorkerChanged })[];
const ofPerson = async (ground: Ground, personId: string) => (await told(ground)).filter((each) => each.subject === personId);

describe('what changes of workers', () => {
  let vendor: Vendor;
  const closers: (() => Promise<void>)[] = [];
  before(async () => { vendor = await startVendor(); });
  after(async () => {
    for (const close of closers) await close();
    await vendor.stop();
  });

  function pollOf(changes: object = FROM_THE_START, clock = { now: () => new Date() }): Poll {
    const adapter = openAdapter(settingsFor(vendor, changes), clock);
    closers.push(() => adapter.close());
    return adapter.pollChanges;
  }

  test('is told by its kind, with who, from when and where, and whether all ends at once', () => onGround(async (ground) => {
    const { control } = vendor;
    const { workerId, personId } = await control.hire(atSandbox);
    await control.transfer(workerId, '2026-03-01', { departmentCode: 'CLINIC', facility: 'EAST' });
    await control.startLeave(workerId, '2026-04-01');
    await control.endLeave(workerId, '2026-05-01');
    await control.correct(workerId, { family: 'Brook' });
    await control.terminate(workerId, '2026-12-31', 'Retirement');
    await control.reverseTermination(workerId);
    await control.terminate(workerId, '2026-12-31', 'Retirement', true);
    await control.reverseTermination(workerId);
    await control.terminate(workerId, '2026-12-31', 'Involuntary_Misconduct');
    await control.reverseTermination(workerId);
    await control.terminate(workerId, '2026-12-31', 'Deceased');
    await control.reverseTermination(workerId);
    await control.cancelHire(workerId);
    await polling(ground, pollOf(), async () => { await eventually(async () => (await ofPerson(ground, personId)).length === 14); });
    const events = await ofPerson(ground, personId);
    assert.deepEqual(events.map(({ data: { kind, effectiveOn, endsNow, facility } }) => [kind, effectiveOn, facility, ...(endsNow ? ['now'] : [])]), [
      ['hire', '2026-01-05', 'MAIN'], ['transfer', '2026-03-01', 'EAST'], ['leave', '2026-04-01', 'EAST'], ['return', '2026-05-01', 'EAST'], ['correction', '2026-01-05', 'MAIN'],
      ['termination', '2026-12-31', 'EAST'], ['termination-reversal', '2026-12-31', 'EAST'],
      ['termination', '2026-12-31', 'EAST', 'now'], ['termination-reversal', '2026-12-31', 'EAST'],
      ['termination', '2026-12-31', 'EAST', 'now'], ['termination-reversal', '2026-12-31', 'EAST'],
      ['termination', '2026-12-31', 'EAST', 'now'], ['termination-reversal', '2026-12-31', 'EAST'],
      ['hire-cancellation', '2026-01-05', 'MAIN'],
    ]);
    assert.ok(events.every(({ data, facility }) => data.workerId === workerId && data.personId === personId && facility === data.facility));
    assert.doesNotMatch(JSON.stringify(events) + ground.logged(), /Ada|Moor|Brook/);
  }));

  test('is told once although it is found again, and although an entry comes late', () => onGround(async (ground) => {
    const first = await vendor.control.hire(atSandbox);
    vendor.conduct.feedLagMs = () => 300;
    const late = await vendor.control.hire(atSandbox);
    vendor.conduct.feedLagMs = () => 0;
    const early = await vendor.control.hire(atSandbox);
    const poll = pollOf();
    await polling(ground, poll, async () => {
      await eventually(async () => (await ofPerson(ground, early.personId)).length === 1);
      await eventually(async () => (await ofPerson(ground, late.personId)).length === 1);
    });
    await ground.database.query(`update hcm.positions set position = null`);
    const next = await vendor.control.hire(atSandbox);
    await polling(ground, poll, async () => { await eventually(async () => (await ofPerson(ground, next.personId)).length === 1); });
    for (const { personId } of [first, late, early, next]) assert.equal((await ofPerson(ground, personId)).length, 1);
    const ids = (await told(ground)).map((each) => each.data.changeId);
    assert.equal(new Set(ids).size, ids.length);
  }));

  test('that is entered late is found behind more than the feed shows at once', async () => {
    let ahead = 0;
    const poll = pollOf({ changes: { lookBackMs: 60_000 } }, { now: () => new Date(Date.now() + ahead) });
    let { position } = await poll(null);
    const read = async () => {
      const found: ChangeFound[] = [];
      for (let hasMore = true; hasMore;) {
        const answer = await poll(position);
        found.push(...answer.changes);
        ({ position, hasMore } = answer);
      }
      return found.map((each) => (each.state === 'understood' ? each.change.workerId : ''));
    };
    vendor.conduct.feedLagMs = () => 200;
    const { workerId: late } = await vendor.control.hire(atSandbox);
    vendor.conduct.feedLagMs = () => 0;
    const many = await vendor.control.load(230, '2026-01-01');
    assert.deepEqual(await read().then((seen) => seen.filter((each) => each !== late).toSorted()), many.toSorted());
    ahead = 31_000;
    const found = await eventually(async () => {
      ahead += 31_000;
      const seen = await read();
      return seen.length > 0 && seen;
    });
    assert.deepEqual(found, [late]);
    assert.deepEqual(await read(), []);
  });

  test('is told by one of two processes that both want to', () => onGround(async (ground) => {
    const from = { changes: { startAt: new Date().toISOString(), lookBackMs: 60_000 } };
    await polling(ground, pollOf(from), () => polling(ground, pollOf(from), async () => {
      const many = await vendor.control.load(250, '2026-01-01');
      await eventually(async () => new Set((await told(ground)).map((each) => each.data.workerId)).size >= many.length);
    }));
    const ids = (await told(ground)).map((each) => each.data.changeId);
    assert.equal(new Set(ids).size, ids.length);
  }));

  test('is told by the next process when one is killed between reading and telling', () => onGround(async (ground) => {
    const settings = settingsFor(vendor, { changes: { startAt: new Date().toISOString(), lookBackMs: 60_000 } });
    const { personId } = await vendor.control.hire(atSandbox);
    const child = startChild('../system-apis/hcm/polling-process.ts', { databaseUrl: ground.database.url, settings });
    try {
      await child.message();
    } finally {
      await child.end();
    }
    assert.deepEqual(await ofPerson(ground, personId), []);
    await polling(ground, pollOf({ changes: settings.changes }), async () => { await eventually(async () => (await ofPerson(ground, personId)).length === 1); });
    assert.equal((await ofPerson(ground, personId)).length, 1);
  }));

  test('is found again when it could not be kept', () => onGround(async (ground) => {
    const poll = pollOf({ changes: { startAt: new Date().toISOString(), lookBackMs: 60_000 } });
    const { personId } = await vendor.control.hire(atSandbox);
    let deaths = 2;
    const dying: Database = {
      ...ground.database,
      transaction: (work) => ground.database.transaction(async (tx: Transaction) => {
        const result = await work(tx);
        if (deaths-- > 0) throw new ApiError('unavailable', 'The database is not available at the moment.', { code: 'database-unavailable' });
        return result;
      }),
    };
    await polling(ground, poll, async () => { await eventually(async () => (await ofPerson(ground, personId)).length === 1); }, dying);
  }));
});

describe('the poll', () => {
  const change = (changeId: string, changes: Partial<WorkerChanged> = {}): ChangeFound => (
    { state: 'understood', change: { changeId, workerId: '1', personId: 'P-1', kind: 'hire', recordedAt: '2026-11-20T10:00:00Z', ...changes } });

  test('keeps what cannot be told with its problem, and tells the others', () => onGround(async (ground) => {
    const found: ChangeFound[] = [change('a'), { state: 'troubled', changeId: 'b', code: 'missing-person-id', detail: 'the worker has no Universal ID' }, change('c', { personId: 'no id at all' }), change('d')];
    await polling(ground, async (position) => ({ changes: position === null ? found : [], position: { at: 1 }, hasMore: false }), async () => {
      await eventually(async () => (await told(ground)).length === 2);
    });
    assert.deepEqual((await told(ground)).map((each) => each.data.changeId), ['a', 'd']);
    assert.deepEqual((await ground.database.query('select change_id, code from hcm.troubled_changes order by change_id')).map((each) => Object.values(each)), [['b', 'missing-person-id'], ['c', 'event-breaks-schema']]);
    assert.match(ground.logged(), /cannot be told/);
    assert.doesNotMatch(ground.logged(), /no id at all/);
  }));

  test('keeps where it began, although nothing was found', () => onGround(async (ground) => {
    await polling(ground, async () => ({ changes: [], position: { at: 'the beginning' }, hasMore: false }), async () => {
      await eventually(async () => (await ground.database.query<{ position: unknown }>('select position from hcm.positions'))[0]?.position);
    });
    assert.deepEqual(await ground.database.query('select position from hcm.positions'), [{ position: { at: 'the beginning' } }]);
  }));

  test('waits as long as the HR system asks', () => onGround(async (ground) => {
    let polls = 0;
    let others = 0;
    // Fails as often as it is let, which shows that there was time enough.
    const impatient = loop({ name: 'impatient', pollMs: 20, log: ground.log, async turn() {
      others += 1;
      throw new Error('again');
    } });
    await polling(ground, async () => {
      polls += 1;
      throw new ApiError('rate-limited', 'Slower.', { retryAfterMs: 60_000 });
    }, async () => {
      await eventually(() => polls === 1);
      await impatient.start();
      await eventually(() => others === 4);
      await impatient.stop();
    });
    assert.equal(polls, 1);
  }));
});
