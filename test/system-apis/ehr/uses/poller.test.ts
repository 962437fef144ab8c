import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Database, Transaction } from '#chassis/storage/database.ts';
import type { Use, UseChange } from '../../../../system-apis/ehr/port.ts';
import { pollUses } from '../../../../system-apis/ehr/uses/poller.ts';
import { MOST_ATTEMPTS } from '../../../../system-apis/ehr/uses/troubled-uses.ts';
import { eventually } from '../../../support/eventually.ts';
import { standOnDatabase, type Ground } from '../support.ts';

/** A record system of which the test says what it finds. */
class Findings {
  readonly changes: UseChange[] = [];
  readonly current = new Map<string, UseChange | undefined>();
  polls = 0;
  failure: Error | undefined;

  pollUses = async (position: unknown) => {
    this.polls += 1;
    if (this.failure) throw this.failure;
    const from = (position as { at: number } | null)?.at ?? 0;
    const changes = this.changes.slice(from, from + 2);
    return { changes, position: { at: from + changes.length }, hasMore: from + changes.length < this.changes.length };
  };

  readUse = async (useId: string) => {
    const change = this.current.get(useId);
    if (change && change.state === 'troubled' && change.code === 'throws') throw new ApiError('upstream-broken', 'Not readable.', { code: 'vendor-answer-invalid' });
    return change;
  };
}

const use = (id: string, more: Partial<Use> = {}): Use => ({ id, kind: 'supply', status: 'completed', quantity: 2, unit: 'EA', facility: 'MAIN', recordedAt: '2026-11-20T10:00:00Z', ...more });
const used = (id: string, version = '1', more: Partial<Use> = {}): UseChange => ({ useId: id, version, state: 'understood', use: use(id, more) });
const troubled = (id: string, version = '1', code = 'missing-quantity'): UseChange => ({ useId: id, version, state: 'troubled', code, detail: 'has no quantity' });

async function onGround(work: (ground: Ground, record: Findings) => Promise<void>): Promise<void> {
  const ground = await standOnDatabase();
  try {
    await work(ground, new Findings());
  } finally {
    await ground.leave();
  }
}

/** Polls while `work` runs. */
async function polling(ground: Ground, record: Findings, work: () => Promise<void>, database: Database = ground.database): Promise<void> {
  const poller = pollUses({ ...ground, database, ehr: record, pollMs: 20 });
  await poller.start();
  try {
    await work();
  } finally {
    await poller.stop();
  }
}

const told = async (ground: Ground) => (await ground.published()).map((each) => [each.type, each.subject]);
const trouble = (ground: Ground) => ground.database.query<{ use_id: string; code: string; problem: string; attempts: number; status: string }>('select use_id, code, problem, attempts, status from ehr.troubled_uses order by use_id');
const dueNow = (ground: Ground) => ground.database.query('update ehr.troubled_uses set next_at = now()');

describe('what the record system tells of uses', () => {
  test('becomes an event for each new version, withdrawn ones included, and none for what is only planned', () => onGround(async (ground, record) => {
    record.changes.push(used('a'), used('b'), used('a', '2', { quantity: 3 }), { useId: 'b', version: '2', state: 'withdrawn', withdrawnAt: '2026-11-20T11:00:00Z' }, used('c', '1', { status: 'other' }), used('d'));
    await polling(ground, record, async () => { await eventually(async () => (await told(ground)).length === 5); });
    assert.deepEqual(await told(ground), [['supply.used.v1', 'a'], ['supply.used.v1', 'b'], ['supply.used.v1', 'a'], ['supply.use-withdrawn.v1', 'b'], ['supply.used.v1', 'd']]);
    const [first, , changed, withdrawn] = await ground.published();
    assert.deepEqual(first?.data, { use: use('a') });
    assert.equal(first?.facility, 'MAIN');
    assert.deepEqual((changed!.data as { use: Use }).use.quantity, 3);
    assert.deepEqual(withdrawn?.data, { useId: 'b', withdrawnAt: '2026-11-20T11:00:00Z' });
  }));

  test('is told once although it is found again', () => onGround(async (ground, record) => {
    record.changes.push(used('a'), used('a'), used('b'));
    await polling(ground, record, async () => { await eventually(async () => (await told(ground)).length === 2); });
    await ground.database.query('update ehr.positions set position = null');
    record.changes.push(used('c'));
    await polling(ground, record, async () => { await eventually(async () => (await told(ground)).some(([, subject]) => subject === 'c')); });
    assert.deepEqual((await told(ground)).map(([, subject]) => subject), ['a', 'b', 'c']);
  }));

  test('is found again when the process died between finding and keeping', () => onGround(async (ground, record) => {
    record.changes.push(used('a'), used('b'), used('c'));
    let deaths = 3;
    const dying: Database = {
      ...ground.database,
      transaction: (work) => ground.database.transaction(async (tx: Transaction) => {
        const result = await work(tx);
        if (deaths-- > 0) throw new ApiError('unavailable', 'The database is not available at the moment.', { code: 'database-unavailable' });
        return result;
      }),
    };
    await polling(ground, record, async () => { await eventually(async () => (await told(ground)).length === 3); }, dying);
    assert.deepEqual((await told(ground)).map(([, subject]) => subject), ['a', 'b', 'c']);
  }));

  test('is asked for by one process at a time, and by the next when that one ends', () => onGround(async (ground, record) => {
    const idle = new Findings();
    await polling(ground, record, async () => {
      await eventually(() => record.polls > 3);
      await polling(ground, idle, async () => {
        const before = record.polls;
        await eventually(() => record.polls > before + 5);
        assert.equal(idle.polls, 0);
      });
    });
    await polling(ground, idle, async () => { await eventually(() => idle.polls > 0); });
  }));

  test('is left to the other process when that one has taken over meanwhile', () => onGround(async (ground, record) => {
    let isTakenOver = false;
    const original = record.pollUses;
    record.pollUses = async (position) => {
      const found = await original(position);
      if (!isTakenOver) await ground.database.query(`update ehr.positions set holder = 'somebody', revision = revision + 1`);
      isTakenOver = true;
      return found;
    };
    record.changes.push(used('a'));
    await polling(ground, record, async () => {
      await eventually(() => isTakenOver);
      // The other one is no living process, so that this one takes the position back and finds the same again.
      await eventually(async () => (await told(ground)).length === 1);
    });
    assert.ok(record.polls >= 2);
  }));

  test('waits as long as the record system asks', () => onGround(async (ground, record) => {
    record.failure = new ApiError('rate-limited', 'Slower.', { retryAfterMs: 60_000 });
    await polling(ground, record, async () => {
      await eventually(() => record.polls === 1);
      record.failure = undefined;
      record.changes.push(used('a'));
      await eventually(async () => ground.logged().includes('background work failed'));
    });
    assert.equal(record.polls, 1);
  }));
});

describe('a use that cannot be told', () => {
  test('is kept with its problem while the others go on, and is told once it can be', () => onGround(async (ground, record) => {
    record.changes.push(used('a'), troubled('b'), used('c'), used('d', '1', { tracking: { lot: 'L'.repeat(60) } }));
    await polling(ground, record, async () => {
      await eventually(async () => (await trouble(ground)).length === 2);
      assert.deepEqual((await told(ground)).map(([, subject]) => subject), ['a', 'c']);
      assert.deepEqual((await trouble(ground)).map((each) => [each.use_id, each.code, each.problem, each.attempts, each.status]), [
        ['b', 'missing-quantity', 'has no quantity', 1, 'retrying'],
        ['d', 'event-breaks-schema', 'the use does not fit its contract: /use/tracking/lot must NOT have more than 40 characters', 1, 'retrying'],
      ]);
      assert.match(ground.logged(), /"count":1,.*uses could not be told|uses could not be told.*"count":1/);
      record.current.set('b', used('b'));
      await dueNow(ground);
      await eventually(async () => (await trouble(ground)).length === 0);
    });
    assert.deepEqual((await told(ground)).map(([, subject]) => subject), ['a', 'c', 'b']);
    assert.equal((await trouble(ground)).length, 0, 'what is gone from the record is forgotten');
  }));

  test('is told when a new version of it is found', () => onGround(async (ground, record) => {
    record.changes.push(troubled('a'), used('b'));
    await polling(ground, record, async () => {
      await eventually(async () => (await trouble(ground)).length === 1);
      record.changes.push(used('a', '2'));
      await eventually(async () => (await told(ground)).length === 2);
    });
    assert.deepEqual(await trouble(ground), []);
  }));

  test('is tried a bounded number of times and then stays listed, and holds up nobody', () => onGround(async (ground, record) => {
    record.changes.push(troubled('a'), troubled('b', '1', 'throws'));
    record.current.set('a', troubled('a'));
    record.current.set('b', troubled('b', '1', 'throws'));
    await polling(ground, record, async () => {
      await eventually(async () => (await trouble(ground)).length === 2);
      await ground.database.query('update ehr.troubled_uses set attempts = $1, next_at = now()', [MOST_ATTEMPTS - 1]);
      await eventually(async () => (await trouble(ground)).every((each) => each.status === 'given-up'));
      await dueNow(ground);
      record.changes.push(used('c'), used('d'));
      await eventually(async () => (await told(ground)).length === 2);
    });
    assert.deepEqual((await trouble(ground)).map((each) => [each.use_id, each.attempts, each.code]), [['a', MOST_ATTEMPTS, 'missing-quantity'], ['b', MOST_ATTEMPTS, 'vendor-answer-invalid']]);
  }));
});
