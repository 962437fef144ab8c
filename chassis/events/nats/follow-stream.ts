import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { Counter } from 'prom-client';
import type { Queries, Row } from '../../storage/database.ts';
import { describeError } from '../../telemetry/logger.ts';
import { loop, type Background } from '../../deployable/background.ts';
import { follow, fromLog, type Batch } from '../follow-log.ts';
import type { Place } from '../read-log.ts';
import type { ConsumerDeps, Subscription } from '../subscription.ts';
import type { Broker, BrokerConnection } from './broker.ts';
import { holdMessages, type Held } from './held-messages.ts';
import type { Leaders } from './leaders.ts';
import { fromMessage, type StreamedEvent } from './message.ts';
import { consumerConfig, durableOf, streamInfo, TIMELINE, type StreamName } from './stream.ts';

export interface StreamDeps extends ConsumerDeps {
  broker: Broker;
  leaders: Leaders;
  name: StreamName;
  /** Counts events by group and by the way on which they came. */
  taken: Counter<'group' | 'way'>;
}

interface HeldMessage extends Held {
  giveBack(): void;
}

const POLL_MS = 2_000;
const AT_ONCE = 200;

/**
 * Takes the events of one group from the stream until stopped. Of all processes one takes them, so that their order holds;
 * what counts is the group's place in the log, which moves on with the effects. Each message says which event of the log it
 * follows: when the group has not come that far, when the stream is silent, or when there is none, the group reads on in the
 * log itself. Nothing depends on what the stream keeps, loses, repeats or mixes up.
 */
export function followStream(subscription: Subscription, deps: StreamDeps): Background {
  const { broker, leaders, name, log, taken } = deps;
  const { group } = subscription;
  const leader = `group ${group}`;
  const table = fromLog(subscription);
  const held = holdMessages<HeldMessage>();
  let attached: { to: BrokerConnection; messages: ConsumerMessages } | undefined;
  let lookAtLogAt = 0;

  const reader = follow(subscription, deps, { isWorthReading, read, handled });
  const keeper = loop({ name: `stream of ${group}`, pollMs: POLL_MS, log, turn: attach });
  leaders.campaign(leader, changed);
  broker.onChange(changed);

  function changed(): void {
    keeper.wake();
    reader.wake();
  }

  async function attach(): Promise<boolean> {
    const connection = leaders.leads(leader) ? broker.connection() : undefined;
    if (attached && attached.to !== connection) await detach();
    if (!connection || attached || !await streamInfo(connection.jsm, name.stream)) return false;
    await connection.jsm.consumers.add(name.stream, consumerConfig(group));
    const consumer = await connection.js.consumers.get(name.stream, durableOf(group));
    const messages = await consumer.consume({ max_messages: AT_ONCE, abort_on_missing_resource: true, callback: receive });
    attached = { to: connection, messages };
    void messages.closed().then(() => {
      if (attached?.messages !== messages) return;
      attached = undefined;
      held.clear();
      changed();
    });
    return false;
  }

  /** What is held goes back, so that whoever takes over need not wait for it. */
  async function detach(): Promise<void> {
    const last = attached;
    attached = undefined;
    const given = held.clear();
    if (!last || broker.connection() !== last.to) return;
    for (const message of given) message.giveBack();
    await last.messages.close();
  }

  function receive(message: JsMsg): void {
    const streamed = eventIn(message);
    if (!streamed) return void message.term();
    held.add({ ...streamed, number: message.seq, acknowledge: () => message.ack(), giveBack: () => message.nak() });
    lookAtLogAt = performance.now() + POLL_MS;
    reader.wake();
  }

  function eventIn(message: JsMsg): StreamedEvent | undefined {
    try {
      const streamed = fromMessage(message);
      if (!streamed) log.warn('a message in the stream of events is none of ours', { group, name: name.stream });
      return streamed;
    } catch (error) {
      log.warn('a message in the stream of events cannot be read', { group, name: name.stream, ...describeError(error) });
      return undefined;
    }
  }

  function isWorthReading(): boolean {
    return leaders.leads(leader) && (held.count > 0 || !attached || performance.now() >= lookAtLogAt);
  }

  async function read(tx: Queries, size: number): Promise<Batch> {
    if (held.count === 0) return readLog(tx, size);
    const [place] = await tx.query<Row & Place & { types: string[]; timeline: string }>(
      `select xid::text, seq, types, ${TIMELINE} as timeline from chassis.consumer_groups where name = $1 and held_until < now() for update skip locked`, [group]);
    if (!place) return { from: START, to: undefined, wanted: [], more: false, hidden: true };
    held.release(place, (message) => message.timeline !== place.timeline);
    const next = held.next(place, size);
    const last = next.at(-1)?.event;
    if (!last) return held.count === 0 ? { from: place, to: undefined, wanted: [], more: false, hidden: false } : fillGap(tx, size);
    const wanted = next.map(({ event }) => event).filter((event) => place.types.includes(event.type));
    taken.inc({ group, way: 'stream' }, wanted.length);
    return { from: place, to: { xid: last.xid, seq: last.seq }, wanted, more: next.length < held.count, hidden: false };
  }

  async function fillGap(tx: Queries, size: number): Promise<Batch> {
    const known = held.all();
    const batch = await readLog(tx, size);
    // What the log no longer has, or never had, is nobody's any more.
    if (!batch.to && !batch.hidden) held.release(batch.from, (message) => known.has(message));
    return { ...batch, more: batch.more || held.count > 0 };
  }

  async function readLog(tx: Queries, size: number): Promise<Batch> {
    const batch = await table.read(tx, size);
    taken.inc({ group, way: 'log' }, batch.wanted.length);
    if (!batch.more && !batch.hidden) lookAtLogAt = performance.now() + POLL_MS;
    return batch;
  }

  function handled({ to }: Batch): void {
    if (to) held.release(to);
  }

  return {
    async start() {
      await reader.start();
      await keeper.start();
    },
    async stop() {
      await keeper.stop();
      await reader.stop();
      await detach();
    },
  };
}

const START: Place = { xid: '0', seq: 0 };
