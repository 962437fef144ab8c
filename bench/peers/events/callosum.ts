import { startProbe, type ProbeOptions } from '../../../test/support/probe.ts';
import { CONNECTIONS, factOf, HANDLE, inBatches, keyOf, type EventsPeer, type EventsPeerOptions, type Fact } from './peer.ts';

const TYPE = 'thing.happened.v1';

/** Through the port, as every API of the platform: published in transactions, handled in those that move the group on. */
export const openLog = (options: EventsPeerOptions) => open(options, undefined);

/** The same where a broker carries the events from the log to the groups. */
export const openOverNats = (options: EventsPeerOptions) => open(options, { url: options.brokerUrl });

async function open({ url, groups, keys }: EventsPeerOptions, nats: ProbeOptions['nats']): Promise<EventsPeer> {
  const deployable = { nats, databaseConnections: CONNECTIONS };
  const publisher = await startProbe(url, () => undefined, { name: 'publisher', ...deployable });
  const { events } = publisher.platform;
  return {
    publish: (count, way) => inBatches(count, way, (numbers) => publisher.tx(async (tx) => {
      await Promise.all(numbers.map((n) => events.publish(tx, { type: TYPE, subject: keyOf(n, keys), data: factOf(n) })));
    })),
    subscribe: (heard) => startProbe(url, (platform) => {
      for (let group = 0; group < groups; group += 1) {
        platform.subscribe({
          group: `group-${group}`, types: [TYPE],
          async handle(tx, { data }) {
            const fact = data as Fact;
            heard(group, fact);
            await tx.query(HANDLE, [`group-${group}`, fact.n]);
          },
        });
      }
    }, { name: 'subscriber', ...deployable }),
    close: publisher.stop,
  };
}
