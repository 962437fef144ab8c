import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Platform } from '#chassis/deployable/api-module.ts';
import type { Page } from '#chassis/contract/page.ts';
import { consumerGroups } from '#chassis/events/consumer-groups.ts';
import { dismissDeadLetters, deadLetters } from '#chassis/events/dead-letters.ts';
import type { RecordedEvent } from '#chassis/events/event-log.ts';
import { askReplay, confirmReplay, getReplay, listReplays, replayedEvents, replaysOfEvent, stopReplay, type Replay, type ReplayRequest } from '#chassis/events/replays.ts';
import type { Selection } from '#chassis/events/replay-selection.ts';
import { openSignals, type Signals } from '#chassis/storage/signals.ts';
import type { Transaction } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { currentContext } from '#chassis/telemetry/context.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { defineLoans } from '../../support/sample-loans.ts';

const TYPE = 'thing.happened.v1';
const MINUTE_MS = 60_000;

describe('events delivered again', () => {
  let server: TestDatabase;
  let probe: Probe;
  let signals: Signals;
  /** What the handler does beside writing down what it handled. */
  let meddle: (tx: Transaction, event: RecordedEvent) => Promise<void> | void = () => undefined;
  const seen: { event: RecordedEvent; correlationId: string | undefined }[] = [];

  function subscribeBooks(platform: Platform): void {
    platform.subscribe({
      group: 'books', types: [TYPE], maxAttempts: 1,
      async handle(tx, event) {
        await tx.query('insert into handled (consumer, subject, n) values ($1, $2, $3)', ['books', event.subject, (event.data as { n: number }).n]);
        await platform.events.publish(tx, { type: 'other.happened.v1', subject: event.subject, data: {} });
        seen.push({ event, correlationId: currentContext()?.correlationId });
        await meddle(tx, event);
      },
    });
  }

  before(async () => {
    server = await createTestDatabase();
    probe = await startProbe(server.url, (platform) => {
      subscribeBooks(platform);
      defineLoans(platform);
      platform.subscribe({
        group: 'loans', types: ['other.happened.v1'], from: 'now',
        async handle(tx, event) {
          if (event.source !== 'library') return;
          const { id } = await platform.lives.start(tx, 'loans', { title: event.subject }, { identity: randomUUID() });
          await platform.lives.apply(tx, id, { type: 'approve' });
        },
      });
      platform.subscribe({
        group: 'other-books', types: [TYPE],
        async handle(tx, event) { await tx.query('insert into handled (consumer, subject, n) values ($1, $2, $3)', ['other-books', event.subject, (event.data as { n: number }).n]); },
      });
    });
    await query('create table handled (consumer text, subject text, n int, at bigint generated always as identity)');
    signals = await openSignals(probe.platform.database, createLog('test', 'error'));
  });
  after(async () => {
    await signals.close();
    await probe.stop();
    await server.drop();
  });

  const query = (text: string, values: unknown[] = []) => probe.platform.database.query<Record<string, never>>(text, values);
  const tell = (subject: string, ...numbers: number[]) => probe.tx(async (tx) => { for (const n of numbers) await probe.platform.events.publish(tx, { type: TYPE, subject, data: { n } }); });
  const heard = async (subject: string, group = 'books') => (await query('select n from handled where consumer = $1 and subject = $2 order by at', [group, subject])).map((row) => row['n']);
  const heardAll = (subject: string, count: number) => eventually(async () => { const numbers = await heard(subject); return numbers.length >= count && numbers; });
  const today = (subject: string): Selection => ({ subject, from: new Date(Date.now() - 10 * MINUTE_MS), to: new Date(Date.now() + MINUTE_MS) });
  const ask = (selection: Selection, more: Partial<ReplayRequest> = {}) => askReplay({ database: probe.platform.database, signals }, { group: 'books', selection, reason: 'to see', by: 'ann', facilities: [], ...more });
  const reach = (replay: Replay, status: Replay['status']) => eventually(async () => { const now = await getReplay(probe.platform.database, replay.id, []); return now.status === status && now; });
  const confirm = (replay: Replay, by = 'bob') => confirmReplay({ database: probe.platform.database, signals }, replay.id, by, []);
  async function carryOut(selection: Selection, more: Partial<ReplayRequest> = {}): Promise<Replay> {
    const replay = await ask(selection, more);
    await reach(replay, 'planned');
    await confirm(replay);
    return reach(replay, 'done');
  }
  async function allPages<T>(read: (cursor: { cursor?: string }) => Promise<Page<T>>): Promise<T[]> {
    const items: T[] = [];
    for (let cursor: { cursor?: string } | undefined = {}; cursor;) {
      const page: Page<T> = await read(cursor);
      items.push(...page.items);
      cursor = page.next === undefined ? undefined : { cursor: page.next };
    }
    return items;
  }
  const dead = (subject: string) => eventually(async () => { const { items } = await deadLetters(probe.platform.database, { group: 'books', limit: 1_000 }, []); const own = items.filter((each) => each.subject === subject); return own.length > 0 && own; });

  test('events that were handled before are passed over, unless they are to be handled once more; other groups hear nothing of it', async () => {
    await tell('again', 1, 2);
    await heardAll('again', 2);
    const first = await carryOut(today('again'));
    assert.deepEqual([first.total, first.plan, first.progress], [2, { 'pass-over': 2 }, { 'passed-over': 2 }]);
    assert.deepEqual(await heard('again'), [1, 2]);
    const second = await carryOut(today('again'), { again: true });
    assert.deepEqual([second.plan, second.progress], [{ 'handle-again': 2 }, { handled: 2 }]);
    assert.deepEqual(await heard('again'), [1, 2, 1, 2]);
    await eventually(async () => (await heard('again', 'other-books')).length === 2);
    assert.deepEqual(await heard('again', 'other-books'), [1, 2]);
  });

  test('what is delivered again says by whom, why and by which replay, and keeps its correlation', async () => {
    await tell('lineage', 1);
    await heardAll('lineage', 1);
    const first = seen.find(({ event }) => event.subject === 'lineage')!;
    const replay = await carryOut(today('lineage'), { again: true, reason: 'the price was wrong' });
    const last = seen.findLast(({ event }) => event.subject === 'lineage')!;
    assert.equal(first.event.redelivery, undefined);
    assert.deepEqual(last.event.redelivery, { replay: replay.id, by: 'ann', reason: 'the price was wrong' });
    assert.equal(last.correlationId, first.correlationId);
    assert.deepEqual([replay.askedBy, replay.confirmedBy], ['ann', 'bob']);
    assert.deepEqual((await replaysOfEvent(probe.platform.database, last.event.id, [])).map((each) => [each.replay, each.status]), [[replay.id, 'handled']]);
    assert.ok((await listReplays(probe.platform.database, { group: 'books' }, [])).items.some((each) => each.id === replay.id));
  });

  test('whoever works for some facilities delivers events of these again, and sees no replay that reaches further', async () => {
    await probe.tx(async (tx) => {
      for (const facility of ['north', 'south']) await probe.platform.events.publish(tx, { type: TYPE, subject: 'regional', facility, data: { n: 1 } });
    });
    await heardAll('regional', 2);
    const { database } = probe.platform;
    const own = await ask(today('regional'), { facilities: ['north'] });
    assert.equal(own.total, 1);
    const all = await ask(today('regional'));
    assert.equal(all.total, 2);
    await assert.rejects(getReplay(database, all.id, ['north']), { kind: 'not-found' });
    await assert.rejects(confirmReplay({ database, signals }, all.id, 'bob', ['north']), { kind: 'not-found' });
    await assert.rejects(getReplay(database, own.id, ['south']), { kind: 'not-found' });
    assert.equal((await getReplay(database, own.id, ['north', 'south'])).id, own.id);
    assert.ok(!(await listReplays(database, {}, ['south'])).items.some((each) => each.id === own.id || each.id === all.id));
    await assert.rejects(stopReplay({ database, signals }, own.id, 'ann', ['south']), { kind: 'not-found' });
    await stopReplay({ database, signals }, own.id, 'ann', ['north']);
    assert.equal((await stopReplay({ database, signals }, all.id, 'ann', ['north'])).status, 'stopped', 'it reaches the north as well');
  });

  test('what names no facility is delivered again by whoever works for some', async () => {
    await tell('nowhere', 1);
    await heardAll('nowhere', 1);
    assert.deepEqual((await carryOut(today('nowhere'), { again: true, facilities: ['north'] })).progress, { handled: 1 });
  });

  test('who asks twice under the same key asks once', async () => {
    await tell('keyed', 1);
    const first = await ask(today('keyed'), { key: 'a-key-of-ann' });
    assert.deepEqual([(await ask(today('keyed'), { key: 'a-key-of-ann' })).id, (await reach(first, 'planned')).total], [first.id, 1]);
    const others = [await ask(today('keyed'), { key: 'another-key' }), await ask(today('keyed'), { key: 'a-key-of-ann', by: 'bob' })];
    assert.equal(new Set([first.id, ...others.map(({ id }) => id)]).size, 3);
    for (const replay of [first, ...others]) await stopReplay({ database: probe.platform.database, signals }, replay.id, 'ann', []);
  });

  test('an event that whoever asked may not see is not there, also when it is a dead letter, and holds up no replay', async () => {
    meddle = (_tx, event) => { if (event.subject === 'southern') throw new ApiError('refused', 'Never.'); };
    await probe.tx((tx) => probe.platform.events.publish(tx, { type: TYPE, subject: 'southern', facility: 'south', data: { n: 1 } }));
    const [letter] = await dead('southern');
    meddle = () => undefined;
    const replay = await carryOut({ ids: [letter!.eventId] }, { facilities: ['north'] });
    assert.deepEqual([replay.plan, replay.progress], [{ gone: 1 }, { gone: 1 }]);
    await carryOut({ ids: [letter!.eventId] });
    assert.deepEqual(await heard('southern'), [1]);
  });

  test('what the group has not read yet comes to it by itself and in its order, not by a replay', async () => {
    await query(`update chassis.consumer_groups set held_until = now() + interval '1 hour' where name = 'books'`);
    await tell('unread', 1);
    const replay = await carryOut(today('unread'), { again: true });
    assert.deepEqual([replay.plan, replay.progress], [{ 'pass-over': 1 }, { 'passed-over': 1 }]);
    assert.deepEqual(await heard('unread'), []);
    await query(`update chassis.consumer_groups set held_until = '-infinity' where name = 'books'`);
    await tell('unread', 2);
    assert.deepEqual(await heardAll('unread', 2), [1, 2]);
  });

  test('a process that took too long over a plan leaves it to the one that took it over', async () => {
    await tell('overtaken', 1, 2);
    await heardAll('overtaken', 2);
    const { database } = probe.platform;
    let taken: Promise<unknown> | undefined;
    meddle = async (_tx, event) => {
      if (event.subject === 'overtaken') await (taken ??= database.query(`update chassis.replays set held_by = $2, held_until = now() + interval '1 hour' where id = $1`, [event.redelivery!.replay, randomUUID()]));
    };
    const overtaken = await ask(today('overtaken'), { again: true });
    await eventually(() => taken);
    const next = await ask(today('overtaken'), { again: true });
    await reach(next, 'planned');
    meddle = () => undefined;
    assert.equal((await getReplay(database, overtaken.id, [])).status, 'asked');
    for (const replay of [overtaken, next]) await stopReplay({ database, signals }, replay.id, 'ann', []);
  });

  test('a dead letter that is dismissed is gone from the list, and can still be delivered again from the log', async () => {
    meddle = (_tx, event) => { if (event.subject === 'hopeless') throw new ApiError('refused', 'Never.'); };
    await probe.tx((tx) => probe.platform.events.publish(tx, { type: TYPE, subject: 'hopeless', facility: 'north', data: { n: 1 } }));
    const [letter] = await dead('hopeless');
    const { database } = probe.platform;
    assert.equal(await dismissDeadLetters(database, { group: 'books', eventIds: [letter!.eventId] }, { by: 'ann', reason: 'a test went astray' }, ['elsewhere']), 0);
    assert.equal(await dismissDeadLetters(database, { group: 'books', eventIds: [letter!.eventId] }, { by: 'ann', reason: 'a test went astray' }, []), 1);
    assert.ok(!(await deadLetters(database, { group: 'books', limit: 1_000 }, [])).items.some((each) => each.eventId === letter!.eventId));
    assert.deepEqual((await carryOut({ ids: [letter!.eventId] })).progress, { 'passed-over': 1 });
    assert.deepEqual((await carryOut({ ids: [letter!.eventId] }, { again: true })).progress, { 'set-aside': 1 });
    await dead('hopeless');
    meddle = () => undefined;
    assert.equal(await dismissDeadLetters(database, { group: 'books', eventIds: [letter!.eventId] }, { by: 'bob', reason: 'once more' }, ['north']), 1);
    assert.deepEqual(await query('select dismissed_by as by, reason from chassis.dismissed_events where event_id = $1 order by dismissed_at', [letter!.eventId]), [{ by: 'ann', reason: 'a test went astray' }, { by: 'bob', reason: 'once more' }]);
    assert.deepEqual((await carryOut({ ids: [letter!.eventId] }, { again: true })).progress, { handled: 1 });
    assert.deepEqual(await heard('hopeless'), [1]);
  });

  test('the plan says what handlers would do and how they would fail, and changes nothing', async () => {
    await tell('planned', 1, 2);
    await heardAll('planned', 2);
    await eventually(async () => (await heard('planned', 'other-books')).length === 2);
    const before = await query('select (select count(*) from handled) as handled, (select count(*) from chassis.events) as events, (select count(*) from chassis.troubled_events) as troubled');
    meddle = (_tx, event) => { if (event.subject === 'planned' && (event.data as { n: number }).n === 2) throw new Error('Jane Canary'); };
    const replay = await ask(today('planned'), { again: true });
    await reach(replay, 'planned');
    meddle = () => undefined;
    const { items } = await replayedEvents(probe.platform.database, replay.id);
    assert.deepEqual(items.map(({ plan, effects, failure }) => [plan, effects, failure?.detail]), [
      ['handle-again', [{ kind: 'event', name: 'other.happened.v1', subject: 'planned' }], undefined],
      ['handle-again', [{ kind: 'event', name: 'other.happened.v1', subject: 'planned' }], 'An unexpected error occurred.'],
    ]);
    assert.deepEqual(await query('select (select count(*) from handled) as handled, (select count(*) from chassis.events) as events, (select count(*) from chassis.troubled_events) as troubled'), before);
    await stopReplay({ database: probe.platform.database, signals }, replay.id, 'ann', []);
    await assert.rejects(confirm(replay), { kind: 'conflict', code: 'replay-stopped' });
  });

  test('the plan shows which lives would go where, and which moves would be asked for', async () => {
    await query(`insert into chassis.events (id, type, source, subject, data, correlation_id, traceparent) values (gen_random_uuid(), 'other.happened.v1', 'library', 'an atlas', '{}', 'c', 't')`);
    await eventually(async () => (await query(`select 1 from chassis.inbox i join chassis.events e on e.id = i.event_id where i.consumer = 'loans' and e.source = 'library'`)).length === 1);
    const replay = await ask(today('an atlas'), { group: 'loans', again: true });
    await reach(replay, 'planned');
    const [event] = (await replayedEvents(probe.platform.database, replay.id)).items;
    assert.deepEqual(event?.effects?.map(({ kind, name }) => [kind, name]).toSorted(), [
      ['event', 'thing.happened.v1'], ['life', 'loans: deciding'], ['life', 'loans: lent.book.out + lent.fee.open'], ['move', 'loans/hand-out'],
    ]);
  });

  test('a replay is confirmed once, and not before it is planned', async () => {
    await tell('confirmed', 1);
    await heardAll('confirmed', 1);
    const replay = await ask(today('confirmed'), { again: true });
    await reach(replay, 'planned');
    const ended = await Promise.allSettled([1, 2, 3].map(() => confirm(replay)));
    assert.equal(ended.filter((each) => each.status === 'fulfilled').length, 1);
    await reach(replay, 'done');
    assert.deepEqual(await heard('confirmed'), [1, 1]);
    await query(`insert into chassis.replays (id, consumer, selection, facilities, again, reason, status, asked_by) values ('00000000-0000-4000-8000-000000000001', 'nobody', '{}', '{}', false, 'r', 'asked', 'ann')`);
    await assert.rejects(confirmReplay({ database: probe.platform.database, signals }, '00000000-0000-4000-8000-000000000001', 'bob', []), { code: 'replay-asked' });
  });

  test('dead letters of one failure are handled after a fix, in order, and those that fail again are in trouble as before', async () => {
    meddle = (_tx, event) => { if (event.subject.startsWith('letter')) throw new Error('not mended'); };
    for (const subject of ['letter-1', 'letter-2', 'letter-bad']) await tell(subject, 1, 2);
    for (const subject of ['letter-1', 'letter-2', 'letter-bad']) await eventually(async () => (await dead(subject)).length === 2);
    meddle = (_tx, event) => { if (event.subject === 'letter-bad') throw new Error('not mended'); };
    const replay = await carryOut({ deadLetters: { failure: 'internal', types: [TYPE] } });
    assert.equal(replay.total, 6);
    assert.deepEqual([replay.progress.handled, replay.progress['set-aside']], [4, 2]);
    assert.deepEqual([await heard('letter-1'), await heard('letter-2'), await heard('letter-bad')], [[1, 2], [1, 2], []]);
    await eventually(async () => (await dead('letter-bad')).length === 2);
    meddle = () => undefined;
    const ids = (await dead('letter-bad')).map((each) => each.eventId);
    await carryOut({ ids });
    assert.deepEqual(await heard('letter-bad'), [1, 2]);
    const { items } = await deadLetters(probe.platform.database, { group: 'books' }, []);
    assert.deepEqual(items, []);
  });

  test('an event behind a troubled one of its subject waits for it, and what is in the log no longer is said so', async () => {
    await tell('waiting', 1, 2);
    await heardAll('waiting', 2);
    let isMended = false;
    meddle = (_tx, event) => { if (!isMended && event.subject === 'waiting' && (event.data as { n: number }).n === 3) throw new ApiError('in-progress', 'Not yet.'); };
    await tell('waiting', 3);
    await eventually(async () => (await query(`select 1 from chassis.troubled_events where subject = 'waiting' and status = 'retrying'`)).length === 1);
    const [first] = await query(`select id from chassis.events where subject = 'waiting' and (data->>'n')::int = 1`);
    const lost = randomUUID();
    const replay = await ask({ ids: [String(first?.['id']), lost] }, { again: true });
    const planned = await reach(replay, 'planned');
    assert.deepEqual(planned.plan, { wait: 1, gone: 1 });
    await confirm(replay);
    const done = await reach(replay, 'done');
    assert.deepEqual(done.progress, { 'set-aside': 1, gone: 1 });
    isMended = true;
    await heardAll('waiting', 4);
    meddle = () => undefined;
    assert.deepEqual((await heard('waiting')).toSorted(), [1, 1, 2, 3]);
    await eventually(async () => (await getReplay(probe.platform.database, replay.id, [])).progress.handled === 1);
  });

  test('two processes that carry out the same replay at the same time deliver each event once', async () => {
    await tell('contended', ...Array.from({ length: 300 }, (_, n) => n));
    await heardAll('contended', 300);
    const replay = await ask(today('contended'), { again: true });
    await reach(replay, 'planned');
    const second = await startProbe(server.url, subscribeBooks, { name: 'second' });
    try {
      await confirm(replay);
      await eventually(async () => {
        await query(`update chassis.replays set held_until = '-infinity' where id = $1`, [replay.id]);
        await query(`select pg_notify('callosum', 'replays:books')`);
        return (await getReplay(probe.platform.database, replay.id, [])).status === 'done';
      });
    } finally {
      await second.stop();
    }
    assert.equal((await heard('contended')).length, 600);
  });

  test('a replay that is stopped delivers no more', async () => {
    await tell('stopped', ...Array.from({ length: 600 }, (_, n) => n));
    await heardAll('stopped', 600);
    const replay = await ask(today('stopped'), { again: true });
    await reach(replay, 'planned');
    let stopping: Promise<Replay> | undefined;
    meddle = (_tx, event) => { if (event.redelivery) stopping ??= stopReplay({ database: probe.platform.database, signals }, replay.id, 'bob', []); };
    await confirm(replay);
    await eventually(() => stopping);
    meddle = () => undefined;
    const stopped = await reach(replay, 'stopped');
    assert.equal(stopped.stoppedBy, 'bob');
    await eventually(async () => { const { progress } = await getReplay(probe.platform.database, replay.id, []); const before = progress.open; await new Promise((resolve) => { setTimeout(resolve, 300); }); return (await getReplay(probe.platform.database, replay.id, [])).progress.open === before; });
    const { progress } = await getReplay(probe.platform.database, replay.id, []);
    assert.ok((progress.open ?? 0) > 0);
    assert.equal((await heard('stopped')).length, 600 + (progress.handled ?? 0));
  });

  test('a selection that makes no sense is refused with its reason', async () => {
    const now = Date.now();
    const range = (from: number, to: number, more = {}): Selection => ({ from: new Date(now + from), to: new Date(now + to), ...more });
    const cases: [Selection, string][] = [
      [{ ids: [] }, 'empty-selection'],
      [{ ids: ['4711'] }, 'not-an-event-id'],
      [range(0, -MINUTE_MS), 'range-is-empty'],
      [range(-MINUTE_MS, -MINUTE_MS), 'range-is-empty'],
      [range(MINUTE_MS, 2 * MINUTE_MS), 'range-in-future'],
      [range(-90 * 24 * 60 * MINUTE_MS, 0), 'range-too-wide'],
      [range(-MINUTE_MS, 0, { types: ['nobody.declared.v1'] }), 'unknown-type'],
      [range(-MINUTE_MS, 0, { types: [] }), 'empty-selection'],
      [range(-MINUTE_MS, 0, { limit: 0 }), 'limit-out-of-range'],
      [range(-MINUTE_MS, 0, { subject: 'nobody' }), 'empty-selection'],
      [{ deadLetters: { failure: 'no-such-failure' } }, 'empty-selection'],
    ];
    const pointers: [Selection, string][] = [
      [range(0, -MINUTE_MS), '/selection/range/to'],
      [range(-MINUTE_MS, 0, { types: ['nobody.declared.v1'] }), '/selection/range/types'],
      [range(-MINUTE_MS, 0, { limit: 0 }), '/selection/range/limit'],
      [{ deadLetters: { from: new Date(now), to: new Date(now) } }, '/selection/deadLetters/to'],
      [{ deadLetters: { types: [] } }, '/selection/deadLetters/types'],
      [{ deadLetters: {}, limit: 0 }, '/selection/deadLetters/limit'],
    ];
    for (const [selection, pointer] of pointers) await assert.rejects(ask(selection), (error: ApiError) => error.errors?.[0]?.pointer === pointer, pointer);
    for (const [selection, code] of cases) await assert.rejects(ask(selection), { kind: 'refused', code }, code);
    await assert.rejects(ask(range(-MINUTE_MS, 0), { group: 'nobody' }), { code: 'unknown-group' });
    await assert.rejects(ask(range(-MINUTE_MS, 0), { reason: '  ' }), { code: 'no-reason' });
    await tell('plenty', 1, 2, 3);
    await assert.rejects(askReplay({ database: probe.platform.database, signals }, { facilities: [], group: 'books', selection: today('plenty'), reason: 'r', by: 'ann' }, { maxDays: 1, maxEvents: 2 }), { code: 'too-many-events' });
    assert.equal((await query(`select 1 from chassis.replays where reason = 'r' and consumer = 'books'`)).length, 0);
  });

  test('replays, their events and dead letters are listed page by page, each once', async () => {
    meddle = (_tx, event) => { if (event.subject === 'paged') throw new ApiError('refused', 'Never.', { code: 'unreadable' }); };
    await tell('paged', 1, 2, 3);
    await eventually(async () => (await dead('paged')).length === 3);
    meddle = () => undefined;
    const { database } = probe.platform;
    const letters = await allPages((cursor) => deadLetters(database, { group: 'books', failure: 'unreadable', types: [TYPE], from: new Date(Date.now() - MINUTE_MS), to: new Date(Date.now() + MINUTE_MS), limit: 2, ...cursor }, []));
    assert.deepEqual(letters.map((each) => [each.subject, each.failure.code]), [1, 2, 3].map(() => ['paged', 'unreadable']));
    assert.equal((await deadLetters(database, { failure: 'unreadable', to: new Date(Date.now() - MINUTE_MS) }, [])).items.length, 0);
    const replay = await carryOut({ deadLetters: { failure: 'unreadable' }, limit: 2 });
    const events = await allPages((cursor) => replayedEvents(database, replay.id, { limit: 1, ...cursor }));
    assert.deepEqual(events.map((each) => each.eventId), letters.slice(0, 2).map((each) => each.eventId));
    const all = (await listReplays(database, { limit: 1_000 }, [])).items.map((each) => each.id);
    assert.deepEqual((await allPages((cursor) => listReplays(database, { limit: 2, ...cursor }, []))).map((each) => each.id), all);
    await assert.rejects(listReplays(database, { cursor: 'nonsense' }, []), { kind: 'invalid-request' });
    await assert.rejects(getReplay(database, 'nonsense', []), { kind: 'not-found' });
    await carryOut({ deadLetters: {} });
  });

  test('events are found by their business key', async () => {
    await query(`insert into chassis.events (id, type, source, subject, data, correlation_id, traceparent, keys) values (gen_random_uuid(), '${TYPE}', 't', 'by-key', '{"n":1}', 'c', 't', '{order:4711,item:1}')`);
    const replay = await ask({ key: 'order:4711', from: new Date(Date.now() - MINUTE_MS), to: new Date(Date.now() + MINUTE_MS) });
    assert.equal(replay.total, 1);
  });

  test('groups are listed with what they have before them', async () => {
    const groups = await eventually(async () => { const found = await consumerGroups(probe.platform.database); return found.every((each) => each.unread === 0) && found; });
    assert.deepEqual(groups.map(({ name, types, dead: letters }) => [name, types, letters]), [['books', [TYPE], 0], ['loans', ['other.happened.v1'], 0], ['other-books', [TYPE], 0]]);
  });
});
