import { isDeepStrictEqual } from 'node:util';
import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream';
import type { Queries, Row } from '../../storage/database.ts';
import type { Signals } from '../../storage/signals.ts';
import type { Log } from '../../telemetry/logger.ts';
import { backoffMs } from '../../resilience/backoff.ts';
import { loop, type Background } from '../../deployable/background.ts';
import { channelOfType } from '../event-log.ts';
import { logReader, type Place } from '../read-log.ts';
import type { Broker, BrokerConnection } from './broker.ts';
import type { Leaders } from './leaders.ts';
import { afterOf, comparePlaces, toMessage } from './message.ts';
import type { BrokerSettings } from './settings.ts';
import { streamConfig, streamInfo, TIMELINE, type StreamName } from './stream.ts';

export interface RelayDeps {
  database: Queries;
  signals: Signals;
  log: Log;
  broker: Broker;
  leaders: Leaders;
  settings: BrokerSettings;
  name: StreamName;
  /** Types whose publication wakes it. */
  types: readonly string[];
}

const LEADER = 'relay';
const BATCH = 200;
const POLL_MS = 2_000;
const ACKNOWLEDGED_WITHIN_MS = 5_000;
const HIDDEN_MS = { firstMs: 4, maxMs: 250 };

interface RelayRow extends Row, Place {
  last_number: number;
  timeline: string;
}

/**
 * Tells the log to the stream, in the order of the log, and remembers how far it has come once the broker has acknowledged.
 * A repeat after a crash is dropped by the broker within its window, and by whoever has handled the event after that.
 */
export function relayLog({ database, signals, log, broker, leaders, settings, name, types }: RelayDeps): Background {
  let checkAt = 0;
  let timeline = '';
  let lastNumber = 0;
  let alarm: NodeJS.Timeout | undefined;
  let hiddenLooks = 0;
  const read = logReader('select xid as place_xid, seq as place_seq, null::text[] as place_types from chassis.relays where stream = $1');
  const work = loop({ name: 'event relay', pollMs: POLL_MS, log, turn });
  const stopListening = types.map((type) => signals.listen(channelOfType(type), work.wake));
  leaders.campaign(LEADER, lookAnew);
  broker.onChange(lookAnew);

  function lookAnew(): void {
    checkAt = 0;
    work.wake();
  }

  async function turn(): Promise<boolean> {
    clearTimeout(alarm);
    const connection = broker.connection();
    if (!connection || !leaders.leads(LEADER)) return false;
    try {
      if (performance.now() >= checkAt) await checkStream(connection.jsm);
      return await tellBatch(connection);
    } catch (error) {
      checkAt = 0;
      throw error;
    }
  }

  /** Makes the stream where there is none, and begins again where what the stream had been told is no longer in it. */
  async function checkStream(jsm: JetStreamManager): Promise<void> {
    const needed = await lowestNeeded();
    await database.query('insert into chassis.relays (stream, xid, seq) values ($1, $2::xid8, $3) on conflict do nothing', [name.stream, needed.xid, needed.seq]);
    const [known] = await database.query<RelayRow>(`select xid::text, seq, last_number, ${TIMELINE} as timeline from chassis.relays where stream = $1`, [name.stream]);
    timeline = known!.timeline;
    lastNumber = known!.last_number;
    const { state } = await makeFit(jsm, known!, needed);
    if (state.last_seq < known!.last_number) {
      await setBack(needed);
      log.info('the stream of events is filled from the log', { name: name.stream });
    }
    checkAt = performance.now() + POLL_MS;
  }

  /** Nothing of what is told by now when there is no group. One that has been away for longer than the stream keeps anything reads the log when it is back. */
  async function lowestNeeded(): Promise<Place> {
    const [place] = await database.query<Row & Place>(
      `select p.xid::text, p.seq from (
         select xid, seq from chassis.consumer_groups where seen_at > now() - $1 * interval '1 hour'
         union all select pg_snapshot_xmin(pg_current_snapshot()), 0) as p order by p.xid, p.seq limit 1`, [settings.maxAgeHours]);
    return place!;
  }

  async function makeFit(jsm: JetStreamManager, told: Place, needed: Place): Promise<StreamInfo> {
    const wanted = streamConfig(name, timeline, settings);
    const found = await streamInfo(jsm, name.stream);
    if (!found) return jsm.streams.add(wanted);
    // One that was emptied takes what it had for repeats, and one of another line of history tells what never happened: both are made anew.
    if (found.config.description !== wanted.description || await lacks(jsm, found, told, needed)) {
      await jsm.streams.delete(name.stream);
      return jsm.streams.add(wanted);
    }
    const isFit = Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(found.config[key as keyof StreamConfig], value));
    return isFit ? found : jsm.streams.update(name.stream, wanted);
  }

  /** True when what a group needs is no longer in the stream, although there would be room for it. */
  async function lacks(jsm: JetStreamManager, { state }: StreamInfo, told: Place, needed: Place): Promise<boolean> {
    if (state.first_seq <= 1 || state.bytes > settings.maxBytes / 2) return false;
    const first = state.messages === 0 ? null : await jsm.streams.getMessage(name.stream, { seq: state.first_seq });
    return comparePlaces(needed, afterOf(first?.header) ?? told) < 0;
  }

  async function tellBatch({ js, maxPayload }: BrokerConnection): Promise<boolean> {
    const { from, events, hidden } = await read(database, name.stream, BATCH);
    hiddenLooks = hidden ? hiddenLooks + 1 : 0;
    if (hidden) alarm = setTimeout(work.wake, backoffMs(hiddenLooks, HIDDEN_MS));
    const last = events.at(-1);
    if (!from || !last) return false;
    let after = from;
    const told: Promise<number>[] = [];
    for (const event of events) {
      const message = toMessage({ event, after, timeline });
      after = event;
      if (Buffer.byteLength(message.payload) > maxPayload - HEADERS_BYTES) {
        log.warn('event is larger than the broker takes, its groups read it from the log', { eventId: event.id, event: event.type });
        continue;
      }
      told.push(js.publish(`${name.prefix}.${event.type}`, message.payload, {
        msgID: event.id, headers: message.headers, expect: { streamName: name.stream }, timeout: ACKNOWLEDGED_WITHIN_MS,
      }).then((ack) => ack.seq));
    }
    const numbers = await Promise.all(told);
    await moveOn(from, last, Math.max(lastNumber, ...numbers));
    return events.length === BATCH;
  }

  /**
   * From the place that was read: one that was set back meanwhile, by another process that had to fill the stream anew, stays
   * so. Losing this to a crash of the database costs a repeat, so nobody waits for the disk.
   */
  async function moveOn(from: Place, to: Place, number: number): Promise<void> {
    await database.query(
      `with quick as (select set_config('synchronous_commit', 'off', true))
       update chassis.relays set xid = $2::xid8, seq = $3, last_number = $4 from quick where stream = $1 and (xid, seq) = ($5::xid8, $6::bigint)`,
      [name.stream, to.xid, to.seq, number, from.xid, from.seq]);
    lastNumber = number;
  }

  async function setBack({ xid, seq }: Place): Promise<void> {
    await database.query('update chassis.relays set xid = $2::xid8, seq = $3, last_number = 0 where stream = $1', [name.stream, xid, seq]);
    lastNumber = 0;
  }

  return {
    start: work.start,
    async stop() {
      for (const stop of stopListening) stop();
      await work.stop();
      clearTimeout(alarm);
    },
  };
}

/** Headers count as well; ours are short. */
const HEADERS_BYTES = 1_024;

/** Settled events that have not been told to the stream yet, counted no further than is of interest to an alarm. */
export async function relayLag(on: Queries, { stream }: StreamName): Promise<number> {
  const [row] = await on.query<{ lag: number }>(
    `select count(*) as lag from (select 1 from chassis.events e, chassis.relays r where r.stream = $1 and (e.xid, e.seq) > (r.xid, r.seq) limit 100000) as behind`, [stream]);
  return row?.lag ?? 0;
}
