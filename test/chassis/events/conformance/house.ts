import type { PlatformConfig } from '#chassis/config/config.ts';
import { lagOf } from '#chassis/events/consumer-groups.ts';
import type { RecordedEvent } from '#chassis/events/event-log.ts';
import type { Subscription } from '#chassis/events/subscription.ts';
import type { Transaction } from '#chassis/storage/database.ts';
import { createTestDatabase } from '../../../support/database.ts';
import { eventually } from '../../../support/eventually.ts';
import { startProbe, type Probe, type ProbeOptions } from '../../../support/probe.ts';

export const TYPE = 'thing.happened.v1';
export const OTHER_TYPE = 'other.happened.v1';

export interface Heard {
  n: number;
  member: string;
}

/** One process that tells events, and others that hear them and write down what they heard, in a database of their own. */
export interface House {
  url: string;
  nats: PlatformConfig['nats'];
  teller: Probe;
  say(tx: Transaction, subject: string, n: number, more?: { id?: string; facility?: string }): Promise<void>;
  /** All in one transaction. */
  tell(subject: string, ...numbers: number[]): Promise<void>;
  /** Starts a member of `group`, which ends with `stop` or the house. */
  hear(group: string, more?: Partial<Subscription>, member?: string): Promise<Probe>;
  /** For `hear`: what happens in the handler after the event was written down and before that is committed. */
  noting(group: string, meanwhile: (event: RecordedEvent, tx: Transaction) => Promise<void> | void, member?: string): Partial<Subscription>;
  heard(group: string, subject: string): Promise<Heard[]>;
  /** The numbers once there are as many. */
  heardAll(group: string, subject: string, count: number): Promise<number[]>;
  lag(group: string): Promise<number>;
  stop(): Promise<void>;
}

export const numberOf = (event: RecordedEvent) => (event.data as { n: number }).n;

export async function openHouse(nats?: PlatformConfig['nats'], options: ProbeOptions = {}): Promise<House> {
  const database = await createTestDatabase();
  const probes: Probe[] = [];
  const teller = await startProbe(database.url, () => undefined, { name: 'teller', nats, ...options });
  const { platform } = teller;
  await platform.database.query('create table handled (consumer text, subject text, n int, member text, at bigint generated always as identity)');
  const write = (tx: Transaction, group: string, event: RecordedEvent, member: string) => tx.query('insert into handled (consumer, subject, n, member) values ($1, $2, $3, $4)', [group, event.subject, numberOf(event), member]);

  const house: House = {
    url: database.url, nats, teller,
    say: (tx, subject, n, more = {}) => platform.events.publish(tx, { type: TYPE, subject, data: { n }, ...more }),
    tell: (subject, ...numbers) => teller.tx(async (tx) => { for (const n of numbers) await house.say(tx, subject, n); }),
    async hear(group, more = {}, member = group) {
      const probe = await startProbe(database.url, ({ subscribe }) => subscribe({ group, types: [TYPE], handle: async (tx, event) => { await write(tx, group, event, member); }, ...more }), { name: member, nats, ...options });
      probes.push(probe);
      return { ...probe, async stop() {
        if (probes.includes(probe)) await probes.splice(probes.indexOf(probe), 1)[0]!.stop();
      } };
    },
    noting: (group, meanwhile, member = group) => ({
      async handle(tx, event) {
        await write(tx, group, event, member);
        await meanwhile(event, tx);
      },
    }),
    heard: (group, subject) => platform.database.query<Heard & Record<string, unknown>>('select n, member from handled where consumer = $1 and subject = $2 order by at', [group, subject]),
    heardAll: (group, subject, count) => eventually(async () => {
      const heard = await house.heard(group, subject);
      return heard.length >= count && heard.map(({ n }) => n);
    }),
    lag: (group) => lagOf({ group }, platform.database),
    async stop() {
      for (const probe of probes.splice(0)) await probe.stop();
      await teller.stop();
      await database.drop();
    },
  };
  return house;
}
