import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { askReplay, confirmReplay, getReplay, type Replay } from '#chassis/events/replays.ts';
import { openSignals } from '#chassis/storage/signals.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { startChild } from '../../support/child-process.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';

const TYPE = 'thing.happened.v1';
/** 10,000 take some minutes. */
const LETTERS = Number(process.env['CALLOSUM_DEAD_LETTERS'] ?? 500);
const SUBJECTS = 50;
const WITHIN_MS = 60_000 + LETTERS * 100;

describe('a process that is killed over a replay', () => {
  let server: TestDatabase;
  let teller: Probe;
  before(async () => {
    server = await createTestDatabase();
    teller = await startProbe(server.url, () => undefined, { name: 'teller' });
    await query('create table handled (event_id uuid, subject text, n int, at bigint generated always as identity)');
  });
  after(async () => {
    await teller.stop();
    await server.drop();
  });

  const query = (text: string, values: unknown[] = []) => teller.platform.database.query<Record<string, number>>(text, values);
  const count = async (what: string) => (await query(`select count(*) as n from ${what}`))[0]!['n']!;
  const reach = (replay: Replay, status: Replay['status']) => eventually(async () => { const now = await getReplay(teller.platform.database, replay.id, []); return now.status === status && now; }, WITHIN_MS);

  test('leaves it to the next one, and every dead letter takes effect once and in order, also when all are replayed twice', async () => {
    for (let n = 0; n < LETTERS; n += 100) {
      await teller.tx(async (tx) => { for (let m = n; m < n + 100; m += 1) await teller.platform.events.publish(tx, { type: TYPE, subject: `s-${m % SUBJECTS}`, data: { n: m } }); });
    }
    await giveUpAll();
    const signals = await openSignals(teller.platform.database, createLog('test', 'error'));
    const deps = { database: teller.platform.database, signals };
    const first = startChild('sample-replayer.ts', { url: server.url, pauseMs: 3 });
    let second: ReturnType<typeof startChild> | undefined;
    try {
      await first.message();
      const replay = await askReplay(deps, { facilities: [], group: 'mended', selection: { deadLetters: { failure: 'broken' } }, reason: 'the handler is mended', by: 'ann' });
      assert.equal((await reach(replay, 'planned')).plan.handle, LETTERS);
      await confirmReplay(deps, replay.id, 'bob', []);
      await eventually(async () => (await count('handled')) > 0, WITHIN_MS);
      await first.end();
      const handled = await count('handled');
      assert.ok(handled < LETTERS, `${handled} were handled before the process was killed`);
      second = startChild('sample-replayer.ts', { url: server.url, pauseMs: 0 });
      const done = await reach(replay, 'done');
      assert.deepEqual(done.progress, { handled: LETTERS });
      await assertOnceAndInOrder();

      const ids = (await teller.platform.database.query<{ event_id: string }>('select event_id from handled')).map((row) => row.event_id);
      const repeated = await askReplay(deps, { facilities: [], group: 'mended', selection: { ids }, reason: 'once more', by: 'ann' });
      await reach(repeated, 'planned');
      await confirmReplay(deps, repeated.id, 'bob', []);
      assert.deepEqual((await reach(repeated, 'done')).progress, { 'passed-over': LETTERS });
      await assertOnceAndInOrder();
    } finally {
      await first.end();
      await second?.end();
      await signals.close();
    }
  });

  /** As the group's processes would have left them, which takes long and says something for each. */
  async function giveUpAll(): Promise<void> {
    await teller.tx(async (tx) => {
      await tx.query(`insert into chassis.consumer_groups (name, types, xid, seq) select 'mended', array[type], xid, seq from chassis.events order by xid desc, seq desc limit 1`);
      await tx.query(`insert into chassis.inbox (consumer, event_id, at) select 'mended', id, at from chassis.events`);
      await tx.query(
        `insert into chassis.troubled_events (consumer, event_id, xid, seq, type, source, subject, data, correlation_id, traceparent, keys, at, attempts, status, failure)
         select 'mended', id, xid, seq, type, source, subject, data, correlation_id, traceparent, keys, at, 10, 'dead', '{"kind":"refused","code":"broken","detail":"Not mended yet."}' from chassis.events`);
    });
  }

  async function assertOnceAndInOrder(): Promise<void> {
    const [sums] = await query('select count(*) as handled, count(distinct event_id) as different from handled');
    assert.deepEqual(sums, { handled: LETTERS, different: LETTERS });
    assert.equal(await count('(select n < lag(n) over (partition by subject order by at) as back from handled) as steps where back'), 0);
    assert.equal(await count('chassis.troubled_events'), 0);
  }
});
