import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { CloudEvent } from 'cloudevents';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { createBroker } from '#chassis/events/nats/broker.ts';
import { relayLag, relayLog } from '#chassis/events/nats/relay.ts';
import { brokerSettings } from '#chassis/events/nats/settings.ts';
import { durableOf } from '#chassis/events/nats/stream.ts';
import { openSignals } from '#chassis/storage/signals.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { openHouse, TYPE, type House } from '../../chassis/events/conformance/house.ts';
import { startNatsServer, type NatsServer } from './nats-server.ts';
import { digestOf, idsInLog, viewStream, type StreamView } from './stream-view.ts';
import { isOnStream, waysOf } from './ways.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** A house of its own on the given server, and its stream as seen from outside. */
async function settle(t: TestContext, server: NatsServer, nats: Partial<NonNullable<PlatformConfig['nats']>> = {}): Promise<{ house: House; stream: StreamView }> {
  const house = await openHouse({ url: server.url, ...nats });
  t.after(() => house.stop());
  const stream = await viewStream(server.url, house.teller.platform.database);
  t.after(() => stream.close());
  await eventually(() => stream.jsm.streams.info(stream.name.stream));
  return { house, stream };
}

describe('the stream of events', () => {
  let server: NatsServer;
  before(async () => { server = await startNatsServer(); });
  after(() => server.dispose());

  test('is what groups take their events from, and each of its messages is a CloudEvent', async (t) => {
    const { house, stream } = await settle(t, server);
    const probe = await house.hear('ordinary');
    await isOnStream(house, probe, 'ordinary');
    const before = await waysOf(probe, 'ordinary');
    for (const n of upTo(30)) await house.tell('ordinary', n);
    assert.deepEqual(await house.heardAll('ordinary', 'ordinary', 30), upTo(30));
    assert.deepEqual(await waysOf(probe, 'ordinary'), { stream: before.stream + 30, log: before.log });
    const messages = await stream.messages();
    assert.deepEqual(messages.map(({ id }) => id), await idsInLog(house.teller.platform.database));
    const last = messages.at(-1)!;
    assert.equal(last.subject, `${stream.name.prefix}.${TYPE}`);
    assert.equal(last.header('Content-Type'), 'application/cloudevents+json; charset=UTF-8');
    const told = new CloudEvent(last.body);
    assert.deepEqual([told.id, told.type, told.source, told.subject, told.data], [last.id, TYPE, '/teller', 'ordinary', { n: 30 }]);
  });

  test('is told by another process when the one that told it is gone', async (t) => {
    const { house, stream } = await settle(t, server);
    const database = house.teller.platform.database;
    const others = [await house.hear('telling-1'), await house.hear('telling-2')];
    const owner = async () => (await database.query<{ owner: string | null }>(`select owner from chassis.leaders where name = 'relay'`))[0]?.owner;
    const first = await eventually(owner);
    // The teller came first; what ends its lease is what a crash does to it.
    await database.query(`select pg_terminate_backend(l.pid) from pg_locks l where l.locktype = 'advisory' and l.objid::bigint = (hashtext($1)::bigint & 4294967295)`, [first]);
    await house.tell('told', 1, 2);
    await eventually(async () => (await stream.messages()).length === 2);
    assert.equal(others.length, 2);
  });

  test('is told again from where the relay last knew that it was told, and nobody handles anything twice', async (t) => {
    const { house, stream } = await settle(t, server, { duplicateWindowSeconds: 0.1 });
    const database = house.teller.platform.database;
    await house.hear('again');
    await house.tell('again', ...upTo(10));
    await house.heardAll('again', 'again', 10);
    // As after a crash between the broker's acknowledgement and ours, which was found out about after the broker's window.
    await eventually(async () => {
      await database.query(`update chassis.relays set xid = '0', seq = 0`);
      await house.tell('again-kick', 1);
      return (await stream.messages()).length >= 20;
    });
    await house.tell('again', 11);
    assert.deepEqual(await house.heardAll('again', 'again', 11), upTo(11));
    assert.deepEqual(new Set((await stream.messages()).map(({ id }) => id)), new Set(await idsInLog(database)));
  });

  test('holds each event once when the relay repeats itself within the window', async (t) => {
    const { house, stream } = await settle(t, server);
    const database = house.teller.platform.database;
    await house.tell('window', ...upTo(10));
    await eventually(async () => (await stream.messages()).length === 10);
    await database.query(`update chassis.relays set xid = '0', seq = 0`);
    await house.tell('window', 11);
    await eventually(async () => (await stream.messages()).length > 10);
    assert.deepEqual((await stream.messages()).map(({ id }) => id), await idsInLog(database));
  });

  for (const [how, lose] of [
    ['deleted', (stream: StreamView) => stream.jsm.streams.delete(stream.name.stream)],
    ['emptied', (stream: StreamView) => stream.jsm.streams.purge(stream.name.stream)],
  ] as const) {
    test(`is filled from the log with all that any group still needs after it was ${how}`, async (t) => {
      const { house, stream } = await settle(t, server);
      const database = house.teller.platform.database;
      await house.tell('before', 1, 2, 3);
      const away = await house.hear('away');
      await house.heardAll('away', 'before', 3);
      await away.stop();
      const present = await house.hear('present');
      await house.tell('while', ...upTo(40));
      await house.heardAll('present', 'while', 40);
      await lose(stream);
      await house.tell('while', 41);
      const needed = (await idsInLog(database)).slice(3);
      await eventually(async () => {
        assert.deepEqual(digestOf((await stream.messages()).map(({ id }) => id)), digestOf(needed));
        return true;
      });
      await isOnStream(house, present, 'present');
      assert.deepEqual(await house.heardAll('present', 'while', 41), upTo(41));
      await house.hear('away');
      assert.deepEqual(await house.heardAll('away', 'while', 41), upTo(41));
    });
  }

  test('is complete although two processes tell it at once, as they may when one was paused, and it is deleted meanwhile', async (t) => {
    const { house, stream } = await settle(t, server);
    const { database, log } = house.teller.platform;
    const away = await house.hear('away');
    await away.stop();
    const settings = brokerSettings({ url: server.url })!;
    const signals = await openSignals(database, log);
    const broker = createBroker(settings, { log, service: 'second' });
    const second = relayLog({ database, log, signals, broker, settings, name: stream.name, types: [TYPE], leaders: { campaign: () => undefined, leads: () => true, start: async () => undefined, stop: async () => undefined } });
    await broker.start();
    await second.start();
    try {
      for (const round of upTo(8)) {
        await house.tell('double', ...upTo(20).map((n) => round * 20 + n));
        await Promise.all([stream.jsm.streams.delete(stream.name.stream), house.tell('double', round)]);
        await eventually(async () => {
          assert.deepEqual(new Set((await stream.messages()).map(({ id }) => id)), new Set(await idsInLog(database)));
          return true;
        });
      }
    } finally {
      await second.stop();
      await broker.stop();
      await signals.close();
    }
  });

  test('stays within its limits, and a group that comes after something was dropped misses nothing', async (t) => {
    const { house, stream } = await settle(t, server, { maxBytes: 65_536 });
    const late = await house.hear('late');
    await house.tell('bounded', 0);
    await house.heardAll('late', 'bounded', 1);
    await late.stop();
    for (const n of upTo(20)) await house.tell('bounded', ...upTo(20).map((each) => (n - 1) * 20 + each));
    await eventually(async () => await relayLag(house.teller.platform.database, stream.name) === 0);
    const { state } = await stream.jsm.streams.info(stream.name.stream);
    assert.ok(state.bytes <= 65_536 && state.first_seq > 1, `${state.bytes} bytes from number ${state.first_seq} on`);
    await house.hear('late');
    assert.deepEqual(await house.heardAll('late', 'bounded', 401), [0, ...upTo(400)]);
  });

  test('that says nothing of an event keeps nobody from it', async (t) => {
    const { house } = await settle(t, server);
    const probe = await house.hear('silent');
    await isOnStream(house, probe, 'silent');
    const before = await waysOf(probe, 'silent');
    // As if all that is to come had been told already.
    await house.teller.platform.database.query(`update chassis.relays set xid = '9000000000000000000'`);
    await house.tell('silent', 1, 2);
    assert.deepEqual(await house.heardAll('silent', 'silent', 2), [1, 2]);
    assert.deepEqual(await waysOf(probe, 'silent'), { stream: before.stream, log: before.log + 2 });
    assert.equal((await (await fetch(`${probe.url}/metrics`)).text()).includes('callosum_event_broker_connected{service="silent"} 1'), true);
  });

  test('goes on behind an event that is larger than the broker takes', async (t) => {
    const { house, stream } = await settle(t, server);
    await house.tell('large', 1);
    await house.teller.tx((tx) => house.teller.platform.events.publish(tx, { type: TYPE, subject: 'large', data: { n: 2, text: 'x'.repeat(1_200_000) } }));
    await house.tell('large', 3);
    await eventually(async () => await relayLag(house.teller.platform.database, stream.name) === 0);
    assert.equal((await stream.messages()).map(({ body }) => (body['data'] as { n: number }).n).join(), '1,3');
  });

  test('is told only what some group still needs when it is new', async (t) => {
    const house = await openHouse();
    const probes: Probe[] = [];
    t.after(async () => {
      for (const probe of probes) await probe.stop();
      await house.stop();
    });
    const member = await house.hear('earlier');
    await house.tell('earlier', 1, 2);
    await house.heardAll('earlier', 'earlier', 2);
    await member.stop();
    await house.tell('earlier', 3);
    // One that nobody has hosted for longer than the stream keeps anything does not count.
    await house.teller.platform.database.query(`insert into chassis.consumer_groups (name, seen_at) values ('gone', now() - interval '73 hours')`);
    // The platform gets a broker that it did not have.
    probes.push(await startProbe(house.url, () => undefined, { name: 'relaying', nats: { url: server.url } }));
    const stream = await viewStream(server.url, house.teller.platform.database);
    t.after(() => stream.close());
    await eventually(async () => (await stream.messages()).map(({ body }) => (body['data'] as { n: number }).n).join() === '3');
  });

  test('begins with what is told from then on when there is no group that needs anything', async (t) => {
    const house = await openHouse();
    await house.tell('unheard', 1, 2);
    // An older transaction of anybody on the server makes these two count as told from then on.
    await eventually(async () => (await house.teller.platform.database.query('select 1 from chassis.events where xid >= pg_snapshot_xmin(pg_current_snapshot())')).length === 0);
    const relaying = await startProbe(house.url, () => undefined, { name: 'relaying', nats: { url: server.url } });
    t.after(async () => {
      await relaying.stop();
      await house.stop();
    });
    const stream = await viewStream(server.url, house.teller.platform.database);
    t.after(() => stream.close());
    await eventually(() => stream.jsm.streams.info(stream.name.stream));
    await house.tell('unheard', 3);
    await eventually(async () => (await stream.messages()).map(({ body }) => (body['data'] as { n: number }).n).join() === '3');
  });

  test('of another line of history, or with messages that are none of ours, tells nobody anything', async (t) => {
    const { house, stream } = await settle(t, server);
    const database = house.teller.platform.database;
    const probe = await house.hear('wary');
    await isOnStream(house, probe, 'wary');
    const [place] = await database.query<{ xid: string; seq: number }>(`select xid::text, seq from chassis.consumer_groups where name = 'wary'`);
    const forged = (id: string) => JSON.stringify({ specversion: '1.0', id, type: TYPE, source: '/teller', subject: 'wary', time: new Date().toISOString(), data: { n: 666 }, correlationid: 'none-at-all', traceparent: 'none' });
    const headers = { 'Callosum-Place': `${place!.xid}/${place!.seq + 1}`, 'Callosum-After': `${place!.xid}/${place!.seq}`, 'Callosum-Timeline': 'FFFFFFFF' };
    await stream.publish(TYPE, forged('11111111-1111-4111-8111-111111111111'), headers);
    await stream.publish(TYPE, 'not JSON', { ...headers, 'Callosum-Timeline': '00000001' });
    await stream.publish(TYPE, '{}');
    // From beyond what the log has.
    await stream.publish(TYPE, forged('22222222-2222-4222-8222-222222222222'), { 'Callosum-Place': '999999999/9', 'Callosum-After': '999999999/8', 'Callosum-Timeline': '00000001' });
    await house.tell('wary', 1, 2);
    assert.deepEqual(await house.heardAll('wary', 'wary', 2), [1, 2]);
    // Nor does anybody keep them.
    await eventually(async () => (await stream.jsm.consumers.info(stream.name.stream, durableOf('wary'))).num_ack_pending === 0);
    await isOnStream(house, probe, 'wary');
    assert.deepEqual((await house.heard('wary', 'wary')).map(({ n }) => n), [1, 2]);
  });
});
