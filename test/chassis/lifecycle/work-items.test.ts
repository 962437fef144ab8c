import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { workItemsOf, type WorkItems } from '#chassis/lifecycle/work-items.ts';
import type { Principal } from '#chassis/security/principal.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { defineLoans } from '../../support/sample-loans.ts';

const person = (subject: string, more: Partial<Principal> = {}): Principal => ({ kind: 'user', subject, service: 'test', scopes: [], roles: ['librarian'], facilities: [], bindings: {}, ...more });
const ann = person('ann');

describe('work items', () => {
  let database: TestDatabase;
  let probe: Probe;
  let work: WorkItems;
  const clock = fakeClock();
  before(async () => {
    database = await createTestDatabase();
    probe = await startProbe(database.url, (platform) => defineLoans(platform, { definition: { workItems: {
      approval: (loan, now) => ({ owner: loan.asked >= 2 ? 'role:head' : 'role:librarian', title: `May ${loan.reader} have ${loan.title}?`, facts: { asked: loan.asked }, resolutions: ['approve', 'reject', 'ask-more'], dueAt: new Date(now.getTime() + 60_000) }),
    } } }), { clock });
    work = workItemsOf('loans', { ...probe.platform, clock }, {
      actsFor: async ({ subject }) => (subject === 'deputy' ? ['role:librarian'] : []),
      check: (item, context, principal) => {
        if ((context as { reader: string }).reader === principal.subject) throw new Error(`nobody approves ${item.kind} of their own`);
      },
    });
  });
  after(async () => {
    await probe.stop();
    await database.drop();
  });

  const begin = async (identity: string, input: object = {}) => (await probe.tx((tx) => probe.platform.lives.start(tx, 'loans', { title: identity, ...input }, { identity }))).id;
  const itemsOf = async (id: string) => (await Promise.all((['open', 'resolved', 'withdrawn'] as const).map((status) => work.list({ status, limit: 200 }, ann)))).flatMap((page) => page.items).filter((item) => item.subjectId === id);
  const openItem = async (id: string) => (await itemsOf(id)).find((item) => item.status === 'open')!;
  const stateOf = async (id: string) => (await probe.platform.database.query<{ state: string }>('select state from chassis.lives where id = $1', [id]))[0]!.state;

  test('a state that waits for a person opens one, with what is needed to decide', async () => {
    const item = await openItem(await begin('opened'));
    assert.deepEqual([item.kind, item.owner, item.title, item.facts, item.resolutions, item.openedAt, item.dueAt],
      ['approval', 'role:librarian', 'May r-1 have opened?', { asked: 0 }, ['approve', 'reject', 'ask-more'], '2026-03-01T08:00:00.000Z', '2026-03-01T08:01:00.000Z']);
  });

  test('a decision moves the life on and says who decided', async () => {
    const id = await begin('decided');
    const item = await work.resolve((await openItem(id)).id, { resolution: 'reject', note: 'not for lending' }, ann);
    assert.deepEqual([item.status, item.resolution, item.resolvedBy, item.note], ['resolved', 'reject', 'ann', 'not for lending']);
    assert.equal(await stateOf(id), 'rejected');
    const [entry] = await probe.platform.database.query(`select actor, detail from chassis.timeline where life_id = $1 and event = 'reject'`, [id]);
    assert.deepEqual(entry, { actor: 'ann', detail: { by: 'ann', at: '2026-03-01T08:00:00.000Z', note: 'not for lending' } });
  });

  test('an item whose state is left by itself is withdrawn', async () => {
    const id = await begin('withdrawn');
    const item = await openItem(id);
    await probe.tx((tx) => probe.platform.lives.apply(tx, id, { type: 'reject' }));
    assert.equal((await work.get(item.id, ann)).status, 'withdrawn');
    await assert.rejects(work.resolve(item.id, { resolution: 'approve' }, ann), { kind: 'conflict', code: 'already-decided' });
  });

  test('a stranger decides nothing, and neither does somebody of another facility', async () => {
    const id = await begin('strange', { library: 'north' });
    const item = await openItem(id);
    for (const stranger of [person('eve', { roles: [] }), person('eve', { roles: ['reader'] }), person('eve', { facilities: ['south'] })]) {
      await assert.rejects(work.resolve(item.id, { resolution: 'approve' }, stranger), { kind: 'forbidden', code: 'not-owner' });
    }
    await assert.rejects(work.get(item.id, person('eve', { facilities: ['south'] })), { kind: 'not-found' });
    assert.deepEqual((await work.list({}, person('eve', { facilities: ['south'] }))).items.filter((each) => each.id === item.id), []);
    assert.equal(await stateOf(id), 'deciding');
    await work.resolve(item.id, { resolution: 'reject' }, person('ann', { facilities: ['north'] }));
  });

  test('nobody decides what the rules keep from them', async () => {
    const item = await openItem(await begin('own', { reader: 'ann' }));
    await assert.rejects(work.resolve(item.id, { resolution: 'approve' }, ann), /of their own/);
    assert.equal((await work.get(item.id, ann)).status, 'open');
  });

  test('rules see the life as the present version understands it', async () => {
    const define = (version: 1 | 2) => (platform: Probe['platform']) => defineLoans(platform, { process: 'carried-over', definition: {
      version, ...(version === 2 ? { migrations: [{ snapshot: (stored) => ({ ...stored, context: { ...stored.context as object, reader: 'carried over' } }) }] } : {}),
    } });
    const older = await startProbe(database.url, define(1), { clock });
    const { id } = await older.tx((tx) => older.platform.lives.start(tx, 'carried-over', {}, { identity: 'only' }));
    await older.stop();
    const newer = await startProbe(database.url, define(2), { clock });
    const seen: unknown[] = [];
    const theirs = workItemsOf('carried-over', { ...newer.platform, clock }, { check: (_item, context) => { seen.push((context as { reader: string }).reader); } });
    const [item] = (await theirs.list({}, ann)).items.filter((each) => each.subjectId === id);
    await theirs.resolve(item!.id, { resolution: 'reject' }, ann);
    assert.deepEqual(seen, ['carried over']);
    await newer.stop();
  });

  test('a deputy decides in the place of the owner, and the timeline says so', async () => {
    const id = await begin('deputised');
    await work.resolve((await openItem(id)).id, { resolution: 'reject' }, person('deputy', { roles: [] }));
    const [entry] = await probe.platform.database.query<{ detail: object }>(`select detail from chassis.timeline where life_id = $1 and event = 'reject'`, [id]);
    assert.deepEqual(entry?.detail, { by: 'deputy', at: '2026-03-01T08:00:00.000Z', inPlaceOf: 'role:librarian' });
  });

  test('the same decision twice is one, and another one comes too late', async () => {
    const id = await begin('twice');
    const item = await openItem(id);
    const answers = await Promise.all([1, 2, 3].map(() => work.resolve(item.id, { resolution: 'reject' }, ann)));
    assert.deepEqual(answers.map((answer) => answer.status), ['resolved', 'resolved', 'resolved']);
    await assert.rejects(work.resolve(item.id, { resolution: 'approve' }, ann), { kind: 'conflict' });
    await assert.rejects(work.resolve(item.id, { resolution: 'reject' }, person('bob')), { kind: 'conflict' });
    const [count] = await probe.platform.database.query<{ count: number }>(`select count(*) from chassis.timeline where life_id = $1 and event = 'reject'`, [id]);
    assert.equal(count?.count, 1);
  });

  test('of two people who decide at once one is heard', async () => {
    const id = await begin('race');
    const item = await openItem(id);
    const answers = await Promise.allSettled([work.resolve(item.id, { resolution: 'reject' }, ann), work.resolve(item.id, { resolution: 'approve' }, person('bob'))]);
    assert.deepEqual(answers.map((answer) => answer.status).toSorted(), ['fulfilled', 'rejected']);
  });

  test('a decision that leaves the state where it is opens the next item, for whom it is then', async () => {
    const id = await begin('asked');
    const first = await openItem(id);
    await work.resolve(first.id, { resolution: 'ask-more' }, ann);
    const second = await openItem(id);
    assert.notEqual(second.id, first.id);
    assert.deepEqual([second.owner, second.facts], ['role:librarian', { asked: 1 }]);
    await work.resolve(second.id, { resolution: 'ask-more' }, ann);
    assert.equal((await openItem(id)).owner, 'role:head');
    assert.deepEqual((await itemsOf(id)).map((item) => item.status).toSorted(), ['open', 'resolved', 'resolved']);
  });

  test('an item is brought up to date when its life changes under it', async () => {
    const id = await begin('changed');
    const item = await openItem(id);
    await probe.tx((tx) => probe.platform.lives.apply(tx, id, { type: 'ask-more' }));
    const seen = await work.get(item.id, ann);
    assert.deepEqual([seen.status, seen.facts, seen.dueAt], ['open', { asked: 1 }, item.dueAt]);
  });

  test('a decision that is not offered, or not possible any more, is refused and leaves the item open', async () => {
    const id = await begin('impossible', { asked: 3 });
    const item = (await work.list({ limit: 200 }, ann)).items.find((each) => each.subjectId === id)!;
    await assert.rejects(work.resolve(item.id, { resolution: 'burn' }, person('head', { roles: ['head'] })), { kind: 'refused', code: 'unknown-resolution' });
    await assert.rejects(work.resolve(item.id, { resolution: 'ask-more' }, person('head', { roles: ['head'] })), { kind: 'refused', code: 'decision-not-possible' });
    assert.equal((await work.get(item.id, ann)).status, 'open');
  });

  test('a list comes page by page, each item once, the oldest first', async () => {
    for (let index = 0; index < 7; index += 1) {
      await begin(`page-${index}`, { reader: 'page' });
      if (index % 3 === 2) clock.forward(1);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await work.list({ limit: 2, ...(cursor ? { cursor } : {}) }, ann);
      seen.push(...page.items.map((item) => item.id));
      cursor = page.next;
    } while (cursor);
    const all = (await work.list({ limit: 200 }, ann)).items.map((item) => item.id);
    assert.deepEqual(seen, all);
    await assert.rejects(work.list({ cursor: 'nonsense' }, ann), { kind: 'invalid-request' });
  });

  test('mine are those of my roles, my own, and of those whom I stand in for', async () => {
    const id = await begin('mine');
    const mine = async (principal: Principal) => (await work.list({ mine: true, limit: 200 }, principal)).items.some((item) => item.subjectId === id);
    assert.deepEqual(await Promise.all([mine(ann), mine(person('deputy', { roles: [] })), mine(person('eve', { roles: [] }))]), [true, true, false]);
  });

  test('an item that is not there is not found', () => assert.rejects(work.get('00000000-0000-4000-8000-000000000000', ann), { kind: 'not-found' }));
});

describe('limits, decisions and events at once', () => {
  test('come to an end for every life, with nobody waiting for another in a circle', async () => {
    const database = await createTestDatabase();
    const clock = fakeClock();
    const probe = await startProbe(database.url, (platform) => {
      defineLoans(platform);
      for (const group of ['readers', 'bookkeepers']) {
        platform.subscribe({
          group, types: ['other.happened.v1'],
          async handle(tx, event) {
            for (const id of await platform.lives.find(tx, 'loans', 'title', event.subject)) await platform.lives.apply(tx, id, { type: group === 'readers' ? 'returned' : 'paid' });
          },
        });
      }
    }, { clock });
    const work = workItemsOf('loans', { ...probe.platform, clock });
    const titles = Array.from({ length: 12 }, (_, index) => `t-${index}`);
    const ids = await Promise.all(titles.map((title, index) => probe.tx((tx) => probe.platform.lives.start(tx, 'loans', { title, patienceMs: index % 2 === 0 ? 1_000 : 1_000_000 }, { identity: title }))));
    const items = (await work.list({ limit: 200 }, ann)).items;
    const decisions = items.map((item) => eventually(async () => {
      try {
        return await work.resolve(item.id, { resolution: 'approve' }, ann);
      } catch (error) {
        // The limit may have passed first; a circle that the database cut through is tried again.
        return (error as { kind: string }).kind === 'conflict' ? item : undefined;
      }
    }));
    const events = [titles, titles.toReversed()].map((order) => probe.tx(async (tx) => {
      for (const subject of order) await probe.platform.events.publish(tx, { type: 'other.happened.v1', subject, data: {} });
    }));
    clock.forward(2_000);
    await Promise.all([probe.wakeTimers(), ...decisions, ...events]);
    const ended = await eventually(async () => {
      const rows = await probe.platform.database.query<{ state: string; status: string }>('select state, status from chassis.lives');
      return rows.every((row) => row.status === 'done') && rows;
    });
    assert.equal(ended.length, ids.length);
    assert.ok(ended.every((row) => ['closed', 'forgotten'].includes(row.state)));
    const [gaps] = await probe.platform.database.query<{ gaps: number }>('select count(*) as gaps from chassis.lives l where revision <> (select count(*) from chassis.timeline t where t.life_id = l.id)');
    assert.equal(gaps?.gaps, 0);
    await probe.stop();
    await database.drop();
  });
});
