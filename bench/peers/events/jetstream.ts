import { AckPolicy, jetstream, jetstreamManager, StorageType, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { factOf, HANDS, inBatches, keyOf, rowsIn, type EventsPeer, type EventsPeerOptions, type Fact } from './peer.ts';

const STREAM = 'BENCH';

/** Acknowledged as soon as it is heard, and nothing is done with it. */
export const openBare = (options: EventsPeerOptions) => open(options, false);

/** Acknowledged when its row is written, several at once: a repeat writes a second row, and no order is kept. */
export const openWithRow = (options: EventsPeerOptions) => open(options, true);

async function open({ url, brokerUrl, groups, keys }: EventsPeerOptions, writes: boolean): Promise<EventsPeer> {
  const connection = await connect({ servers: brokerUrl });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: STREAM, subjects: ['bench.>'], storage: StorageType.File });
  for (let group = 0; group < groups; group += 1) await manager.consumers.add(STREAM, { durable_name: `group-${group}`, ack_policy: AckPolicy.Explicit });
  const stream = jetstream(connection);
  const rows = rowsIn(url);
  return {
    publish: (count, way) => inBatches(count, way, (numbers) => Promise.all(numbers.map((n) => stream.publish(`bench.${keyOf(n, keys)}`, JSON.stringify(factOf(n)))))),
    async subscribe(heard) {
      const consuming: { messages: ConsumerMessages; over: Promise<void> }[] = [];
      for (let group = 0; group < groups; group += 1) {
        const consumer = await stream.consumers.get(STREAM, `group-${group}`);
        const messages = await consumer.consume({ max_messages: 500 });
        const work = async (message: JsMsg) => {
          const fact = message.json<Fact>();
          heard(group, fact);
          if (writes) await rows.write(group, fact.n);
          message.ack();
        };
        consuming.push({ messages, over: inParallel(messages, HANDS / groups, work) });
      }
      return {
        async stop() {
          for (const { messages } of consuming) await messages.close();
          for (const { over } of consuming) await over;
          await connection.flush();
        },
      };
    },
    async close() {
      await rows.close();
      await connection.close();
    },
  };
}

async function inParallel(messages: ConsumerMessages, hands: number, work: (message: JsMsg) => Promise<void>): Promise<void> {
  const busy = new Set<Promise<void>>();
  for await (const message of messages) {
    const doing = work(message).finally(() => busy.delete(doing));
    busy.add(doing);
    if (busy.size >= hands) await Promise.race(busy);
  }
  await Promise.all(busy);
}
