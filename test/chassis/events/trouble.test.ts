import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { deadLetters } from '#chassis/events/dead-letters.ts';
import { deliver } from '#chassis/events/deliver.ts';
import { RECORDED, type RecordedEvent } from '#chassis/events/event-log.ts';
import type { Subscription } from '#chassis/events/subscription.ts';
import { openDatabase, type Database, type Transaction } from '#chassis/storage/database.ts';
import { openSignals } from '#chassis/storage/signals.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';

const TYPE = 'thing.happened.v1';

describe('an event that cannot be handled holds back nothing but its own subject', () => {
  let database: TestDatabase;
  let teller: Probe;
  const probes: Probe[] = [];

  before(async () => {
    database = await createTestDatabase();
    teller = await startProbe(database.url, () => undefined, { name: 'teller' });
    await query('create table handled (consumer text, subject text, n int, at bigint generated always as identity)');
    await query('create table odd (n int unique deferrable initially deferred)');
  });
  afterEach(async () => { for (const probe of probes.splice(0)) await probe.stop(); });
  after(async () => {
    await teller.stop();
    await database.drop();
  });

  const query = (text: string, values: unknown[] = []) => teller.platform.database.query<Record<string, never>>(text, values);
  const numberOf = (event: RecordedEvent) => (event.data as { n: number }).n;
  const tell = (...told: [subject: string, n: number][]) => teller.tx(async (tx) => {
    for (const [subject, n] of told) await teller.platform.events.publish(tx, { type: TYPE, subject, data: { n } });
  });
  async function hear(group: string, meddle: (tx: Transaction, event: RecordedEvent) => Promise<void>, more: Partial<Subscription> = {}): Promise<void> {
    probes.push(await startProbe(database.url, (platform) => platform.subscribe({
      group, types: [TYPE], from: 'now',
      async handle(tx, event) {
        await tx.query('insert into handled (consumer, subject, n) values ($1, $2, $3)', [group, event.subject, numberOf(event)]);
        await meddle(tx, event);
      },
      ...more,
    }), { name: group }));
  }
  const heard = async (group: string, subject: string) => (await query('select n from handled where consumer = $1 and subject = $2 order by at', [group, subject])).map((row) => row['n']);
  const heardAll = (group: string, subject: string, count: number) => eventually(async () => { const numbers = await heard(group, subject); return numbers.length >= count && numbers; });
  const dead = (group: string) => eventually(async () => { const { items } = await deadLetters(teller.platform.database, { group }, []); return items.length > 0 && items; });

  test('a handler that never comes back is given up, and what it still wants to write is refused', async () => {
    let goOn: () => void = () => undefined;
    const late: Promise<unknown>[] = [];
    await hear('hanging', (tx, event) => {
      if (event.subject !== 'hang' || numberOf(event) !== 2) return Promise.resolve();
      const awaited = new Promise<void>((resolve) => { goOn = resolve; }).then(() => tx.query('select 1'));
      late.push(awaited.then(() => 'written', (error: Error) => error.message));
      return awaited.then(() => undefined);
    }, { handleWithinMs: 150, maxAttempts: 2 });
    await tell(['hang', 1], ['free', 1], ['hang', 2], ['free', 2], ['hang', 3]);
    assert.deepEqual(await heardAll('hanging', 'free', 2), [1, 2]);
    const [letter] = await dead('hanging');
    assert.deepEqual([letter?.subject, letter?.failure.code, letter?.failure.detail], ['hang', 'handler-overdue', 'The handler did not come to an end within 150 ms.']);
    assert.deepEqual(await heardAll('hanging', 'hang', 2), [1, 3]);
    goOn();
    assert.equal(await late.at(-1), 'the transaction is over');
    assert.deepEqual(await heard('hanging', 'hang'), [1, 3]);
  });

  test('a statement that never ends is ended on the server, with its locks', async () => {
    await hear('sleeping', async (tx, event) => {
      if (event.subject === 'asleep') await tx.query('select pg_sleep(3600) as overslept');
    }, { handleWithinMs: 150, maxAttempts: 1 });
    await tell(['asleep', 1], ['awake', 1]);
    assert.deepEqual(await heardAll('sleeping', 'awake', 1), [1]);
    await dead('sleeping');
    await eventually(async () => (await query(`select 1 from pg_stat_activity where query like '%as overslept%' and pid <> pg_backend_pid() and state = 'active'`)).length === 0);
  });

  test('one that takes its connection with it every time is set aside', async () => {
    await hear('cutting', async (tx, event) => {
      if (event.subject === 'cut') await tx.query('select pg_terminate_backend(pg_backend_pid())');
    });
    await tell(['cut', 1], ['whole', 1], ['cut', 2], ['whole', 2]);
    assert.deepEqual(await heardAll('cutting', 'whole', 2), [1, 2]);
    const [troubled] = await eventually(async () => { const rows = await query(`select failure->>'code' as code, status from chassis.troubled_events where consumer = 'cutting' order by seq`); return rows.length === 2 && rows; });
    assert.equal(troubled?.['code'], 'database-unavailable');
  });

  test('one that only fails when everything is to be committed is set aside', async () => {
    await query('insert into odd (n) values (1)');
    await hear('deferring', async (tx, event) => {
      if (event.subject === 'odd') await tx.query('insert into odd (n) values (1)');
    }, { maxAttempts: 2 });
    await tell(['odd', 1], ['even', 1], ['even', 2]);
    assert.deepEqual(await heardAll('deferring', 'even', 2), [1, 2]);
    assert.equal((await dead('deferring'))[0]?.subject, 'odd');
  });

  test('many events are handled beside one another, those of one subject in order and each once', async () => {
    let running = 0;
    let most = 0;
    const busy = new Set<string>();
    await hear('many', async (_tx, event) => {
      assert.ok(!busy.has(event.subject));
      busy.add(event.subject);
      most = Math.max(most, running += 1);
      await new Promise((resolve) => { setImmediate(resolve); });
      running -= 1;
      busy.delete(event.subject);
    });
    const subjects = Array.from({ length: 12 }, (_, index) => `many-${index}`);
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    await tell(...numbers.flatMap((n) => subjects.map((subject): [string, number] => [subject, n])));
    for (const subject of subjects) assert.deepEqual(await heardAll('many', subject, 20), numbers);
    assert.ok(most > 1);
    assert.equal((await query(`select 1 from handled where consumer = 'many'`)).length, 240);
  });

  test('an event that comes twice, in one batch or later, is handled once', async () => {
    const { platform } = teller;
    const signals = await openSignals(platform.database, platform.log);
    try {
      await tell(['doubled', 1]);
      const [event] = await platform.database.query<RecordedEvent>(`select id, ${RECORDED} from chassis.events where subject = 'doubled'`);
      const handled: string[] = [];
      const subscription: Subscription = { group: 'doubled', types: [TYPE], handle: async (_tx, { id }) => { handled.push(id); } };
      const deps = { database: platform.database, signals, log: platform.log, metrics: platform.metrics };
      for (let time = 1; time <= 2; time += 1) await deliver(subscription, [event!, event!], deps);
      assert.deepEqual(handled, [event!.id]);
    } finally {
      await signals.close();
    }
  });

  test('events are not to blame when there is no connection to be had', async () => {
    const { platform } = teller;
    const small = openDatabase({ url: database.url, log: platform.log, maxConnections: 1 });
    const signals = await openSignals(platform.database, platform.log);
    const held = await small.pool.connect();
    try {
      await tell(['crowded', 1]);
      const [event] = await platform.database.query<RecordedEvent>(`select id, ${RECORDED} from chassis.events where subject = 'crowded'`);
      const handled: string[] = [];
      const subscription: Subscription = { group: 'crowded', types: [TYPE], handle: async (_tx, { id }) => { handled.push(id); } };
      let tries = 0;
      const counted: Database = { ...small, transaction: (work) => { tries += 1; return small.transaction(work); } };
      const deps = { database: counted, signals, log: platform.log, metrics: platform.metrics };
      await assert.rejects(deliver(subscription, [event!], deps), { code: 'database-unavailable' });
      assert.equal(tries, 1);
      held.release();
      await deliver(subscription, [event!], deps);
      assert.deepEqual(handled, [event!.id]);
      assert.equal((await query(`select 1 from chassis.troubled_events where consumer = 'crowded'`)).length, 0);
    } finally {
      await signals.close();
      await small.close();
    }
  });

  test('an event that waits behind one that was just being settled is not forgotten', async () => {
    await hear('orphaned', () => Promise.resolve());
    const [event] = await query(`insert into chassis.events (id, type, source, subject, data, correlation_id, traceparent) values (gen_random_uuid(), 'other.happened.v1', 't', 'orphan', '{"n":1}', 'c', 't') returning id, xid::text, seq`);
    await query(
      `insert into chassis.troubled_events (consumer, event_id, xid, seq, type, source, subject, data, correlation_id, traceparent, keys, at, status)
       values ('orphaned', $1, $2::xid8, $3, '${TYPE}', 't', 'orphan', '{"n":1}', 'c', 't', '{}', now(), 'parked')`, [event?.['id'], event?.['xid'], event?.['seq']]);
    await tell(['orphan', 2]);
    assert.deepEqual(await heardAll('orphaned', 'orphan', 2), [1, 2]);
  });
});
