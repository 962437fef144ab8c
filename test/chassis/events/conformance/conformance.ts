import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import { deadLetters } from '#chassis/events/dead-letters.ts';
import type { RecordedEvent } from '#chassis/events/event-log.ts';
import type { Subscription } from '#chassis/events/subscription.ts';
import { startChild } from '../../../support/child-process.ts';
import { eventually } from '../../../support/eventually.ts';
import { replayed } from '../../../support/replayed.ts';
import type { ConsumerMessage, ConsumerOptions } from './consumer-process.ts';
import { numberOf, openHouse, OTHER_TYPE, TYPE, type House } from './house.ts';
import type { Transport } from './transport.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** What every way of events to their groups has to keep, whatever it is made of. */
export function eventConformance(name: string, open: () => Promise<Transport>): void {
  describe(`events that are told by ${name}`, () => {
    let transport: Transport;
    let house: House;
    before(async () => {
      transport = await open();
      house = await openHouse(transport.nats);
    });
    after(async () => {
      await house.stop();
      await transport.close();
    });
    const dead = async (group: string) => (await deadLetters(house.teller.platform.database, { group }, [])).items;

    test('reach every group when they are committed, whole and in order', async () => {
      const seen: RecordedEvent[] = [];
      await house.hear('whole-1');
      await house.hear('whole-2', house.noting('whole-2', (event) => { if (event.subject === 'whole Ångström') seen.push(event); }));
      await house.teller.tx(async (tx) => {
        await house.say(tx, 'whole Ångström', 1, { facility: 'Süd' });
        await house.say(tx, 'whole Ångström', 2);
      });
      assert.deepEqual(await house.heardAll('whole-1', 'whole Ångström', 2), [1, 2]);
      assert.deepEqual(await house.heardAll('whole-2', 'whole Ångström', 2), [1, 2]);
      const [told] = await house.teller.platform.database.query<RecordedEvent>(`select *, xid::text as xid from chassis.events where subject = 'whole Ångström' order by seq limit 1`);
      for (const field of ['id', 'xid', 'seq', 'type', 'source', 'subject', 'facility', 'data', 'correlation_id', 'traceparent', 'keys', 'at'] as const) assert.deepEqual(seen[0]![field], told![field], field);
      assert.equal(seen[0]!.facility, 'Süd');
    });

    test('reach nobody when they are rolled back', async () => {
      await house.hear('rollback');
      await assert.rejects(house.teller.tx(async (tx) => { await house.say(tx, 'rollback', 1); throw new Error('no'); }));
      await house.tell('rollback', 2);
      assert.deepEqual(await house.heardAll('rollback', 'rollback', 1), [2]);
    });

    test('are shared by the members of a group, each handled once and those of one subject in order', async () => {
      const members = ['member-1', 'member-2', 'member-3'];
      for (const member of members) await house.hear('shared', house.noting('shared', () => undefined, member), member);
      for (const n of upTo(60)) await house.teller.tx(async (tx) => { for (const subject of ['shared-1', 'shared-2', 'shared-3']) await house.say(tx, subject, n); });
      for (const subject of ['shared-1', 'shared-2', 'shared-3']) assert.deepEqual(await house.heardAll('shared', subject, 60), upTo(60));
      assert.equal(await house.lag('shared'), 0);
    });

    test('are handed on when the member that takes them ends in order', async () => {
      const first = await house.hear('handed', house.noting('handed', () => undefined, 'first'), 'first');
      await house.tell('handed', 1);
      await house.heardAll('handed', 'handed', 1);
      await house.hear('handed', house.noting('handed', () => undefined, 'second'), 'second');
      await first.stop();
      await house.tell('handed', 2);
      await house.heardAll('handed', 'handed', 2);
      assert.deepEqual(await house.heard('handed', 'handed'), [{ n: 1, member: 'first' }, { n: 2, member: 'second' }]);
    });

    test('are one when they are told twice under the same identity', async () => {
      await house.hear('twice');
      const id = randomUUID();
      await Promise.all([1, 2, 3].map(() => house.teller.tx((tx) => house.say(tx, 'twice', 1, { id }))));
      await house.heardAll('twice', 'twice', 1);
      await house.teller.tx((tx) => house.say(tx, 'twice', 1, { id }));
      await house.tell('twice', 2);
      assert.deepEqual(await house.heardAll('twice', 'twice', 2), [1, 2]);
    });

    test('are handled by another when the process is killed in the middle of one, without a trace of the first attempt', async () => {
      const child = startChild('../chassis/events/conformance/consumer-process.ts', { url: house.url, nats: house.nats ?? null, group: 'killed', stopAt: 'killed' } satisfies ConsumerOptions);
      try {
        assert.deepEqual(await child.message<ConsumerMessage>(), { ready: true });
        await house.tell('killed-before', 1);
        await house.heardAll('killed', 'killed-before', 1);
        await house.tell('killed', 1, 2, 3);
        assert.deepEqual(await child.message<ConsumerMessage>(), { handling: 1 });
      } finally {
        await child.end();
      }
      await house.hear('killed');
      assert.deepEqual(await house.heardAll('killed', 'killed', 3), [1, 2, 3]);
      assert.deepEqual((await house.heard('killed', 'killed')).map(({ member }) => member), ['killed', 'killed', 'killed']);
      assert.equal((await house.heard('killed', 'killed-before')).length, 1);
    });

    test('are tried again later when they fail, and the later ones of their subject wait while others go on', async () => {
      let failures = 0;
      await house.hear('failing', house.noting('failing', (event) => {
        if (event.subject === 'stuck' && numberOf(event) === 1 && failures < 4) { failures += 1; throw new Error('not yet'); }
      }));
      await house.teller.tx(async (tx) => { await house.say(tx, 'stuck', 1); await house.say(tx, 'free', 1); await house.say(tx, 'stuck', 2); await house.say(tx, 'free', 2); });
      assert.deepEqual(await house.heardAll('failing', 'free', 2), [1, 2]);
      await house.tell('stuck', 3);
      assert.deepEqual(await house.heardAll('failing', 'stuck', 3), [1, 2, 3]);
      assert.equal(failures, 4);
    });

    test('wait longer after each failure', async () => {
      await house.hear('patient', house.noting('patient', (event) => { if (event.subject === 'patient') throw new Error('never'); }));
      await house.tell('patient', 1);
      const waits = new Map<number, number>();
      await eventually(async () => {
        const [row] = await house.teller.platform.database.query<{ attempts: number; wait_ms: number }>(
          `select attempts, extract(epoch from next_at - now())::float8 * 1000 as wait_ms from chassis.troubled_events where consumer = 'patient' and status = 'retrying' and next_at < now() + interval '6 seconds'`);
        if (row) waits.set(row.attempts, Math.max(row.wait_ms, waits.get(row.attempts) ?? 0));
        return waits.has(5);
      });
      // Those of attempts under way, which may take as long as a handler may, are left out above.
      const inOrder = [...waits].toSorted(([one], [other]) => one - other).map(([, waitMs]) => waitMs);
      assert.ok(inOrder.at(-1)! > inOrder[0]!, JSON.stringify([...waits]));
    });

    test('become dead letters after their attempts, hold back nothing for ever, and are tried once more when asked', async () => {
      let mended = false;
      await house.hear('dying', { maxAttempts: 3, ...house.noting('dying', (event) => { if (event.subject === 'dead' && numberOf(event) === 1 && !mended) throw new Error('broken'); }) });
      await house.tell('dead', 1, 2, 3);
      assert.deepEqual(await house.heardAll('dying', 'dead', 2), [2, 3]);
      const [letter] = await eventually(async () => { const letters = await dead('dying'); return letters.length > 0 && letters; });
      assert.deepEqual([letter!.subject, letter!.attempts], ['dead', 3]);
      mended = true;
      const replays = await Promise.all([1, 2, 3].map(() => replayed(house.teller.platform, 'dying', { ids: [letter!.eventId] })));
      assert.deepEqual(replays.map(({ progress }) => Object.keys(progress)).flat().toSorted(), ['handled', 'passed-over', 'passed-over']);
      assert.deepEqual(await house.heardAll('dying', 'dead', 3), [2, 3, 1]);
      assert.deepEqual(await dead('dying'), []);
    });

    test('that nobody could ever handle, or whose handler never comes back, hold back nothing but themselves', async () => {
      await house.hear('poisoned', { maxAttempts: 2, handleWithinMs: 150, ...house.noting('poisoned', (event) => {
        if (numberOf(event) !== 1) return undefined;
        if (event.subject === 'poison') throw new ApiError('refused', 'Never.');
        if (event.subject === 'hanging') return new Promise(() => undefined);
        return undefined;
      }) });
      await house.teller.tx(async (tx) => { for (const n of [1, 2]) for (const subject of ['poison', 'hanging', 'well']) await house.say(tx, subject, n); });
      assert.deepEqual(await house.heardAll('poisoned', 'well', 2), [1, 2]);
      assert.deepEqual(await house.heardAll('poisoned', 'poison', 1), [2]);
      assert.deepEqual(await house.heardAll('poisoned', 'hanging', 1), [2]);
      await eventually(async () => (await dead('poisoned')).length === 2);
    });

    test('of a type that only a newer member takes wait for one, and the older one counts nothing against them', async () => {
      const older: Partial<Subscription> = { maxAttempts: 2, from: 'now' };
      const newer = { ...older, types: [TYPE, OTHER_TYPE] };
      await (await house.hear('upgraded', newer, 'newer')).stop();
      await (await house.hear('upgraded', older, 'older')).stop();
      await house.hear('upgraded', older, 'older');
      await house.teller.tx((tx) => house.teller.platform.events.publish(tx, { type: OTHER_TYPE, subject: 'upgraded', data: { n: 1 } }));
      await house.tell('upgraded', 2);
      await house.tell('unmoved', 1);
      assert.deepEqual(await house.heardAll('upgraded', 'unmoved', 1), [1]);
      await eventually(async () => (await house.teller.platform.database.query(`select 1 from chassis.troubled_events where consumer = 'upgraded' and status = 'retrying' and excused > 2`)).length === 1);
      assert.deepEqual(await house.heard('upgraded', 'upgraded'), []);
      await house.hear('upgraded', newer, 'newer');
      assert.deepEqual(await house.heardAll('upgraded', 'upgraded', 2), [1, 2]);
    });

    test('of all times reach a new group that begins at the start, and only later ones a group that begins now', async () => {
      await house.tell('history', 1, 2);
      await house.hear('from-start', { from: 'start' });
      assert.deepEqual(await house.heardAll('from-start', 'history', 2), [1, 2]);
      await house.hear('from-now', { from: 'now' });
      await house.tell('history', 3);
      assert.deepEqual(await house.heardAll('from-now', 'history', 1), [3]);
      assert.deepEqual(await house.heardAll('from-start', 'history', 3), [1, 2, 3]);
    });

    test('are not lost behind a transaction with a lower number that is still open', async () => {
      await house.hear('horizon');
      await house.teller.tx(async (tx) => {
        await house.say(tx, 'horizon', 1);
        await house.tell('horizon', 2);
        await house.tell('horizon-other', 1);
      });
      assert.deepEqual((await house.heardAll('horizon', 'horizon', 2)).toSorted(), [1, 2]);
      await house.heardAll('horizon', 'horizon-other', 1);
    });

    test('reach other groups while one is slow', async () => {
      let release!: () => void;
      const released = new Promise<void>((resolve) => { release = resolve; });
      await house.hear('slow', { handleWithinMs: 25_000, ...house.noting('slow', async (event) => { if (event.subject === 'pace') await released; }) });
      await house.hear('quick');
      await house.tell('pace', 1, 2);
      try {
        assert.deepEqual(await house.heardAll('quick', 'pace', 2), [1, 2]);
        assert.deepEqual(await house.heard('slow', 'pace'), []);
      } finally {
        release();
      }
      assert.deepEqual(await house.heardAll('slow', 'pace', 2), [1, 2]);
    });

    test('are counted as long as the group has not handled them, and no longer', async () => {
      const member = await house.hear('lagging');
      await eventually(async () => await house.lag('lagging') === 0);
      await member.stop();
      await house.tell('lagging', 1, 2, 3);
      await house.teller.tx((tx) => house.teller.platform.events.publish(tx, { type: 'other.happened.v1', subject: 'lagging', data: {} }));
      assert.equal(await house.lag('lagging'), 3);
      await house.hear('lagging');
      await house.heardAll('lagging', 'lagging', 3);
      await eventually(async () => await house.lag('lagging') === 0);
    });

    test('larger than a broker takes reach their group as well, in order', async () => {
      await house.hear('large');
      await house.tell('large', 1);
      await house.teller.tx((tx) => house.teller.platform.events.publish(tx, { type: TYPE, subject: 'large', data: { n: 2, text: 'x'.repeat(1_200_000) } }));
      await house.tell('large', 3);
      assert.deepEqual(await house.heardAll('large', 'large', 3), [1, 2, 3]);
    });

    test('can be told while the way to the groups is cut, and all arrive once it is there again', async () => {
      await house.hear('cut');
      await house.tell('cut', 1);
      await house.heardAll('cut', 'cut', 1);
      const restore = await transport.interrupt(house);
      await eventually(() => house.tell('cut', 2).then(() => true));
      const { ready } = await (await fetch(`${house.teller.url}/ready`)).json() as { ready: boolean };
      assert.equal(ready, true);
      await restore();
      await house.tell('cut', 3);
      assert.deepEqual(await house.heardAll('cut', 'cut', 3), [1, 2, 3]);
    });

    test('are all there and each once when many are told, some fail and members come and go', async () => {
      const subjects = upTo(20).map((each) => `many-${each}`);
      const failed = new Set<string>();
      const failing = (member: string) => ({ maxAttempts: 50, ...house.noting('many', (event) => {
        const key = `${event.subject} ${numberOf(event)}`;
        if (event.subject.startsWith('many-') && numberOf(event) % 11 === 3 && !failed.has(key)) { failed.add(key); throw new Error('once'); }
      }, member) });
      const first = await house.hear('many', failing('coming'), 'coming');
      for (const n of upTo(20)) await house.teller.tx(async (tx) => { for (const subject of subjects) await house.say(tx, subject, n); });
      await house.hear('many', failing('staying'), 'staying');
      await first.stop();
      for (const n of upTo(20)) await house.teller.tx(async (tx) => { for (const subject of subjects) await house.say(tx, subject, 20 + n); });
      for (const subject of subjects) assert.deepEqual(await house.heardAll('many', subject, 40), upTo(40));
      await eventually(async () => await house.lag('many') === 0);
    });
  });
}
