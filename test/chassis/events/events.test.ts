import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { KeptEvidence } from '#chassis/errors/evidence.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { deadLetters } from '#chassis/events/dead-letters.ts';
import { toCloudEvent, type RecordedEvent } from '#chassis/events/event-log.ts';
import { lagOf, noteHosted } from '#chassis/events/consumer-groups.ts';
import type { Subscription } from '#chassis/events/subscription.ts';
import type { Transaction } from '#chassis/storage/database.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { replayed } from '../../support/replayed.ts';

const EVIDENCE = '5b1f2a4e-0c1d-4f3a-9a57-3d2b7f6c1e90';

const TYPE = 'thing.happened.v1';

describe('events', () => {
  let database: TestDatabase;
  let teller: Probe;
  const probes: Probe[] = [];

  before(async () => {
    database = await createTestDatabase();
    teller = await startProbe(database.url, (platform) => {
      platform.subscribe({ group: 'strict', types: ['strict.happened.v1'], handle: async () => undefined });
    }, { name: 'teller', eventSchemas: { messages: { [TYPE]: {}, 'other.happened.v1': {}, 'strict.happened.v1': { $ref: '#/components/schemas/Strict' } }, schemas: { Strict: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } }, additionalProperties: false } } } });
    await teller.platform.database.query('create table handled (consumer text, subject text, n int, at bigint generated always as identity)');
  });
  afterEach(async () => { for (const probe of probes.splice(0)) await probe.stop(); });
  after(async () => {
    await teller.stop();
    await database.drop();
  });

  const say = (tx: Transaction, subject: string, n: number, id?: string) => teller.platform.events.publish(tx, { type: TYPE, subject, data: { n }, ...(id ? { id } : {}) });
  const tell = (subject: string, ...numbers: number[]) => teller.tx(async (tx) => { for (const n of numbers) await say(tx, subject, n); });
  const numberOf = (event: RecordedEvent) => (event.data as { n: number }).n;

  async function hear(group: string, more: Partial<Subscription> = {}, name = group): Promise<Probe> {
    const probe = await startProbe(database.url, (platform) => platform.subscribe({
      group, types: [TYPE],
      async handle(tx, event) { await tx.query('insert into handled (consumer, subject, n) values ($1, $2, $3)', [group, event.subject, numberOf(event)]); },
      ...more,
    }), { name });
    probes.push(probe);
    return probe;
  }
  const noting = (group: string, before: (event: RecordedEvent) => Promise<void> | void): Partial<Subscription> => ({
    async handle(tx, event) {
      await tx.query('insert into handled (consumer, subject, n) values ($1, $2, $3)', [group, event.subject, numberOf(event)]);
      await before(event);
    },
  });
  const heard = async (group: string, subject: string) => (await teller.platform.database.query<{ n: number }>('select n from handled where consumer = $1 and subject = $2 order by at', [group, subject])).map((row) => row.n);
  const heardAll = (group: string, subject: string, count: number) => eventually(async () => { const numbers = await heard(group, subject); return numbers.length >= count && numbers; });

  test('what is committed reaches every group, in order, with where it came from', async () => {
    const seen: RecordedEvent[] = [];
    await Promise.all([hear('every-1'), hear('every-2', { handle: async (_tx, event) => { if (event.subject === 'every') seen.push(event); } })]);
    await tell('every', 1, 2, 3);
    assert.deepEqual(await heardAll('every-1', 'every', 3), [1, 2, 3]);
    await eventually(() => seen.length === 3);
    const event = toCloudEvent(seen[0]!);
    assert.deepEqual([event.type, event.source, event.subject, event.data, event.specversion], [TYPE, '/teller', 'every', { n: 1 }, '1.0']);
    assert.match(String(event['traceparent']), /^00-/);
  });

  test('what is rolled back reaches nobody', async () => {
    await hear('rollback');
    await assert.rejects(teller.tx(async (tx) => { await say(tx, 'rollback', 1); throw new Error('no'); }));
    await tell('rollback', 2);
    assert.deepEqual(await heardAll('rollback', 'rollback', 1), [2]);
  });

  test('a type that nobody described, or data that do not fit, are refused with their transaction', async () => {
    const publish = (type: string, data: unknown) => teller.tx((tx) => teller.platform.events.publish(tx, { type, subject: 's', data }));
    await assert.rejects(publish('strict.happened.v1', { n: 'one' }), { kind: 'internal', code: 'event-breaks-schema' });
    await assert.rejects(publish('strict.happened.v1', { n: 1, more: true }), { code: 'event-breaks-schema' });
    await assert.rejects(publish('unknown.happened.v1', {}), { code: 'event-breaks-schema' });
    await publish('strict.happened.v1', { n: 1 });
  });

  test('the same event told twice, at once or later, is one', async () => {
    await hear('twice');
    const id = randomUUID();
    const published = async () => (await teller.platform.metrics.published.get()).values.find(({ labels }) => labels['type'] === TYPE)?.value ?? 0;
    const before = await published();
    await Promise.all([1, 2, 3].map(() => teller.tx((tx) => say(tx, 'twice', 1, id))));
    await teller.tx((tx) => say(tx, 'twice', 1, id));
    assert.equal(await published(), before + 1);
    await tell('twice', 2);
    assert.deepEqual(await heardAll('twice', 'twice', 2), [1, 2]);
  });

  test('members of a group share the events, each handled once and in order', async () => {
    await Promise.all([hear('shared', {}, 'member-1'), hear('shared', {}, 'member-2'), hear('shared', {}, 'member-3')]);
    for (let n = 1; n <= 20; n += 1) await tell('shared', n * 10, n * 10 + 1);
    assert.deepEqual(await heardAll('shared', 'shared', 40), Array.from({ length: 20 }, (_, index) => [(index + 1) * 10, (index + 1) * 10 + 1]).flat());
    assert.equal(await lagOf({ group: 'shared' }, teller.platform.database), 0);
  });

  test('an open transaction with an earlier number loses nothing', async () => {
    await hear('horizon');
    await teller.tx(async (tx) => {
      await say(tx, 'horizon', 1);
      await tell('horizon', 2);
      assert.ok(await lagOf({ group: 'horizon' }, teller.platform.database) > 0);
      await tell('horizon-other', 1);
    });
    assert.deepEqual((await heardAll('horizon', 'horizon', 2)).toSorted(), [1, 2]);
  });

  test('the order of the log is that of numbers, also where transaction numbers gain a digit', async () => {
    // Both are older than any transaction of a new database, so they can be written as they are.
    const write = (xid: string, subject: string, count: number) => teller.platform.database.query(
      `insert into chassis.events (xid, id, type, source, subject, data, correlation_id, traceparent)
       select $1::xid8, gen_random_uuid(), $2, 'teller', $3, jsonb_build_object('n', n), 'none', 'none' from generate_series(1, $4::int) n`, [xid, TYPE, subject, count]);
    await write('99', 'two-digits', 1);
    await write('100', 'three-digits', 150);
    await hear('digits');
    assert.equal((await heardAll('digits', 'three-digits', 150)).length, 150);
    assert.deepEqual(await heardAll('digits', 'two-digits', 1), [1]);
  });

  test('a new group begins where it says: with all that was, or with what comes', async () => {
    await tell('history', 1, 2);
    await hear('from-start', { from: 'start' });
    assert.deepEqual(await heardAll('from-start', 'history', 2), [1, 2]);
    await hear('from-now', { from: 'now' });
    await tell('history', 3);
    assert.deepEqual(await heardAll('from-now', 'history', 1), [3]);
  });

  test('what a group has not handled yet is counted, of its own types only', async () => {
    await (await hear('lagging')).stop();
    const before = await lagOf({ group: 'lagging' }, teller.platform.database);
    await tell('lagging', 1, 2, 3);
    await teller.tx((tx) => teller.platform.events.publish(tx, { type: 'other.happened.v1', subject: 'lagging', data: {} }));
    assert.equal(await lagOf({ group: 'lagging' }, teller.platform.database), before + 3);
  });

  test('a type that no process of a group has taken for long is given up, with what waited for it', async () => {
    const older: Subscription = { group: 'given-up', types: [TYPE], handle: async () => undefined };
    const { database: on } = teller.platform;
    const types = async () => (await on.query<{ types: string[] }>(`select types from chassis.consumer_groups where name = 'given-up'`))[0]?.types;
    await (await hear('given-up', { types: [TYPE, 'other.happened.v1'] })).stop();
    await hear('given-up');
    await teller.tx((tx) => teller.platform.events.publish(tx, { type: 'other.happened.v1', subject: 'given-up', data: {} }));
    await tell('given-up', 1);
    await eventually(async () => (await on.query(`select 1 from chassis.troubled_events where consumer = 'given-up' and subject = 'given-up' and status = 'parked'`)).length === 1);
    await noteHosted(on, older);
    assert.deepEqual(await types(), ['other.happened.v1', TYPE]);
    // The database was away.
    await on.query(`update chassis.hosted_types set seen_at = now() - interval '62 minutes' where consumer = 'given-up'`);
    await on.query(`update chassis.consumer_groups set seen_at = now() - interval '61 minutes' where name = 'given-up'`);
    await noteHosted(on, older);
    assert.deepEqual(await types(), ['other.happened.v1', TYPE]);
    await noteHosted(on, older);
    assert.deepEqual(await types(), [TYPE]);
    const { items } = await deadLetters(on, { group: 'given-up' }, []);
    assert.deepEqual(items.filter(({ subject }) => subject === 'given-up').map(({ type, failure }) => [type, failure.code]), [['other.happened.v1', 'type-not-taken']]);
    assert.deepEqual(await heardAll('given-up', 'given-up', 1), [1]);
  });

  test('an event that fails is tried again and the later ones of its subject wait, while others go on', async () => {
    let failures = 0;
    await hear('failing', noting('failing', (event) => {
      if (event.subject === 'stuck' && numberOf(event) === 1 && failures < 3) { failures += 1; throw new Error('not yet'); }
    }));
    await teller.tx(async (tx) => { await say(tx, 'stuck', 1); await say(tx, 'free', 1); await say(tx, 'stuck', 2); await say(tx, 'free', 2); await say(tx, 'stuck', 3); });
    assert.deepEqual(await heardAll('failing', 'free', 2), [1, 2]);
    await tell('stuck', 4);
    assert.deepEqual(await heardAll('failing', 'stuck', 4), [1, 2, 3, 4]);
    assert.equal(failures, 3);
  });

  test('one that cannot be handled becomes a dead letter, and the next of its subject goes on', async () => {
    let tries = 0;
    let mended = false;
    await hear('dying', { maxAttempts: 3, ...noting('dying', (event) => {
      if (event.subject === 'dead' && numberOf(event) === 1) { tries += 1; if (!mended) throw new Error('Jane Canary is broken'); }
    }) });
    await tell('dead', 1, 2, 3);
    assert.deepEqual(await heardAll('dying', 'dead', 2), [2, 3]);
    // In the batch, by itself, and then as often as it may.
    assert.equal(tries, 4);
    const page = await deadLetters(teller.platform.database, { group: 'dying' }, []);
    assert.deepEqual(page.items.map(({ type, subject, attempts, failure }) => [type, subject, attempts, failure.detail]), [[TYPE, 'dead', 3, 'An unexpected error occurred.']]);
    mended = true;
    await replayed(teller.platform, 'dying', { ids: [page.items[0]!.eventId] });
    assert.deepEqual(await heardAll('dying', 'dead', 3), [2, 3, 1]);
    assert.deepEqual((await deadLetters(teller.platform.database, { group: 'dying' }, [])).items, []);
  });

  test('a refusal for good is not tried as often as a failure that may pass', async () => {
    await hear('refusing', noting('refusing', (event) => { if (event.subject === 'refused') throw new ApiError('refused', 'Never.', { cause: new KeptEvidence(EVIDENCE, undefined) }); }));
    await tell('refused', 1);
    await eventually(async () => (await deadLetters(teller.platform.database, { group: 'refusing' }, [])).items.length === 1);
    const page = await deadLetters(teller.platform.database, { group: 'refusing' }, []);
    assert.deepEqual(page.items[0]!.failure, { kind: 'refused', detail: 'Never.', evidence: EVIDENCE });
  });

  test('a handler that is cut off in the middle has no effect, and its event is handled once', async () => {
    const name = 'cut';
    let cut = true;
    await hear(name, { async handle(tx, event) {
      if (event.subject !== 'cut') return;
      await tx.query('insert into handled (consumer, subject, n) values ($1, $2, $3)', [name, event.subject, numberOf(event)]);
      if (cut) { cut = false; await tx.query('select pg_terminate_backend(pg_backend_pid())'); }
    } });
    await tell('cut', 1, 2);
    assert.deepEqual(await heardAll(name, 'cut', 2), [1, 2]);
  });

  test('many events that fail among many that do not are all handled, in order for each subject', async () => {
    const failed = new Set<string>();
    await hear('many', { maxAttempts: 50, ...noting('many', (event) => {
      const key = `${event.subject} ${numberOf(event)}`;
      if (event.subject.startsWith('many') && numberOf(event) % 7 === 3 && !failed.has(key)) { failed.add(key); throw new Error('once'); }
    }) });
    for (let n = 0; n < 15; n += 1) await teller.tx(async (tx) => { for (const subject of ['many-1', 'many-2', 'many-3', 'many-4']) await say(tx, subject, n); });
    for (const subject of ['many-1', 'many-2', 'many-3', 'many-4']) assert.deepEqual(await heardAll('many', subject, 15), Array.from({ length: 15 }, (_, n) => n));
  });

  test('whatever fails how often and comes in whatever company, each subject is heard in order and once', async () => {
    let plan = new Map<string, number>();
    const name = 'property';
    await hear(name, { maxAttempts: 50, ...noting(name, (event) => {
      const key = `${event.subject} ${numberOf(event)}`;
      const left = plan.get(key) ?? 0;
      if (left > 0) { plan.set(key, left - 1); throw new Error('as planned'); }
    }) });
    let run = 0;
    await fc.assert(fc.asyncProperty(fc.array(fc.record({ subject: fc.constantFrom('a', 'b', 'c'), failures: fc.constantFrom(0, 0, 0, 1, 2) }), { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (events, together) => {
      run += 1;
      const subjectOf = (event: { subject: string }) => `${event.subject}-${run}`;
      const told = events.map((event, n) => ({ ...event, n }));
      plan = new Map(told.map((event) => [`${subjectOf(event)} ${event.n}`, event.failures]));
      for (let start = 0; start < told.length; start += together) {
        await teller.tx(async (tx) => { for (const event of told.slice(start, start + together)) await say(tx, subjectOf(event), event.n); });
      }
      for (const subject of ['a', 'b', 'c']) {
        const expected = told.filter((event) => event.subject === subject).map((event) => event.n);
        assert.deepEqual(await heardAll(name, `${subject}-${run}`, expected.length), expected);
      }
    }), { numRuns: 12 });
  });
});
