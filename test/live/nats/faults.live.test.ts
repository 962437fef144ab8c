import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { openHouse, type House } from '../../chassis/events/conformance/house.ts';
import { startNatsServer, type NatsServer } from './nats-server.ts';
import { digestOf, idsInLog, viewStream } from './stream-view.ts';
import { isOnStream, waysOf } from './ways.ts';

const KILLS = 20;
const SUBJECTS = Array.from({ length: 12 }, (_, index) => `load-${index + 1}`);

/** Tells a few events again and again until stopped; the answer says how many each subject got. */
function load(house: House): { stop(): Promise<number> } {
  let going = true;
  let n = 0;
  const told = (async () => {
    while (going) {
      n += 1;
      await house.teller.tx(async (tx) => { for (const subject of SUBJECTS) await house.say(tx, subject, n); });
      await sleep(5);
    }
  })();
  return {
    async stop() {
      going = false;
      await told;
      return n;
    },
  };
}

async function allHeard(house: House, groups: readonly string[], count: number): Promise<void> {
  const expected = Array.from({ length: count }, (_, index) => index + 1);
  for (const group of groups) for (const subject of SUBJECTS) assert.deepEqual(await house.heardAll(group, subject, count), expected, `${group}: ${subject}`);
}

async function settle(t: TestContext, url: string): Promise<House> {
  const house = await openHouse({ url });
  t.after(() => house.stop());
  return house;
}

describe('a broker in trouble', () => {
  let server: NatsServer;
  before(async () => { server = await startNatsServer(); });
  after(() => server.dispose());

  test(`that is killed and started ${KILLS} times under load loses nothing: what groups and the stream have is what the log has`, async (t) => {
    const house = await settle(t, server.url);
    const probe = await house.hear('loaded-1');
    await house.hear('loaded-2', house.noting('loaded-2', () => undefined, 'member-1'), 'member-1');
    await house.hear('loaded-2', house.noting('loaded-2', () => undefined, 'member-2'), 'member-2');
    await isOnStream(house, probe, 'loaded-1');
    const going = load(house);
    for (let kill = 0; kill < KILLS; kill += 1) {
      // Only a stream that is in use can lose something.
      await isOnStream(house, probe, 'loaded-1');
      await sleep((kill % 5) * 40);
      await server.kill();
      await sleep((kill % 4) * 50);
      await server.start();
    }
    const count = await going.stop();
    await allHeard(house, ['loaded-1', 'loaded-2'], count);
    const database = house.teller.platform.database;
    const stream = await viewStream(server.url, database);
    t.after(() => stream.close());
    await eventually(async () => {
      assert.deepEqual(digestOf((await stream.messages()).map(({ id }) => id).toSorted()), digestOf((await idsInLog(database)).toSorted()));
      return true;
    });
    for (const group of ['loaded-1', 'loaded-2']) assert.equal(await house.lag(group), 0);
    await isOnStream(house, probe, 'loaded-1');
    // Nothing that came back from the broker later was handled a second time.
    await allHeard(house, ['loaded-1', 'loaded-2'], count);
    t.diagnostic(`${(await idsInLog(database)).length} events; ways of the first group: ${JSON.stringify(await waysOf(probe, 'loaded-1'))}`);
  });

  test('whose store is deleted under load is filled again from the log, complete for whoever was behind', async (t) => {
    const house = await settle(t, server.url);
    const database = house.teller.platform.database;
    const behind = await house.hear('behind');
    await behind.stop();
    const probe = await house.hear('ahead');
    await isOnStream(house, probe, 'ahead');
    const going = load(house);
    await sleep(300);
    await server.kill();
    await server.wipe();
    await sleep(300);
    await server.start();
    await sleep(300);
    const count = await going.stop();
    await allHeard(house, ['ahead'], count);
    const stream = await viewStream(server.url, database);
    t.after(() => stream.close());
    await eventually(async () => {
      assert.deepEqual(digestOf((await stream.messages()).map(({ id }) => id)), digestOf(await idsInLog(database)));
      return true;
    });
    await house.hear('behind');
    await allHeard(house, ['behind'], count);
    await isOnStream(house, probe, 'ahead');
  });

  test('that the network is cut from is told what it missed afterwards, and nobody waits for it meanwhile', async (t) => {
    const proxy = await startTcpProxy(server.port);
    t.after(() => proxy.close());
    const house = await settle(t, `nats://127.0.0.1:${proxy.port}`);
    const database = house.teller.platform.database;
    const probe = await house.hear('apart');
    await isOnStream(house, probe, 'apart');
    const before = await waysOf(probe, 'apart');
    proxy.cut();
    await house.tell('apart', 1, 2, 3);
    assert.deepEqual(await house.heardAll('apart', 'apart', 3), [1, 2, 3]);
    assert.equal((await waysOf(probe, 'apart')).log, before.log + 3);
    // Until both have noticed by themselves that the connection is of no use.
    await eventually(async () => (await (await fetch(`${probe.url}/metrics`)).text()).includes('callosum_event_broker_connected{service="apart"} 0'));
    assert.equal(((await (await fetch(`${probe.url}/ready`)).json()) as { ready: boolean }).ready, true);
    await house.tell('apart', 4);
    await house.heardAll('apart', 'apart', 4);
    proxy.mend();
    await isOnStream(house, probe, 'apart');
    const stream = await viewStream(server.url, database);
    t.after(() => stream.close());
    await eventually(async () => {
      assert.deepEqual(digestOf((await stream.messages()).map(({ id }) => id)), digestOf(await idsInLog(database)));
      return true;
    });
    assert.deepEqual((await house.heard('apart', 'apart')).map(({ n }) => n), [1, 2, 3, 4]);
  });

  test('that is not there when the platform starts keeps nobody waiting, and is used once it is there', async (t) => {
    await server.kill();
    t.after(() => server.start());
    const house = await settle(t, server.url);
    const probe = await house.hear('early');
    await house.tell('early', 1, 2);
    assert.deepEqual(await house.heardAll('early', 'early', 2), [1, 2]);
    await server.start();
    await isOnStream(house, probe, 'early');
  });
});
