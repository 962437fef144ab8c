import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { RecordedEvent } from '#chassis/events/event-log.ts';
import { holdMessages, type Held } from '#chassis/events/nats/held-messages.ts';
import { fromMessage, toMessage, type StreamedEvent } from '#chassis/events/nats/message.ts';
import type { Place } from '#chassis/events/read-log.ts';

const START: Place = { xid: '0', seq: 0 };

const eventAt = ({ xid, seq }: Place, more: Partial<RecordedEvent> = {}): RecordedEvent => ({
  id: randomUUID(), xid, seq, type: 'thing.happened.v1', source: 'teller', subject: `s ${seq}`, facility: null, data: { n: seq },
  correlation_id: 'correlation', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', keys: [], at: new Date('2026-01-02T03:04:05.678Z'), ...more,
});

const carried = (streamed: StreamedEvent) => {
  const { payload, headers } = toMessage(streamed);
  return fromMessage({ headers, json: () => JSON.parse(payload) });
};

describe('a message of the stream', () => {
  test('carries an event whole, whatever is written in it', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(fc.property(text, fc.option(text), fc.array(text), fc.jsonValue(), fc.nat(), (subject, facility, keys, data, seq) => {
      const streamed = { event: eventAt({ xid: '18446744073', seq }, { subject, facility, keys, data: JSON.parse(JSON.stringify({ data })) as unknown }), after: { xid: '7', seq: 1 }, timeline: '00000001' };
      assert.deepEqual(carried(streamed), streamed);
    }));
  });

  test('that says nothing of its place is none of ours', () => {
    const { payload, headers } = toMessage({ event: eventAt({ xid: '1', seq: 1 }), after: START, timeline: '00000001' });
    for (const name of ['Callosum-Place', 'Callosum-After', 'Callosum-Timeline']) {
      const own = new Map(headers.keys().map((key) => [key, headers.get(key)]));
      own.delete(name);
      assert.equal(fromMessage({ headers: { get: (key: string) => own.get(key) ?? '' } as typeof headers, json: () => JSON.parse(payload) }), undefined);
    }
    assert.equal(fromMessage({ json: <T>() => ({}) as T }), undefined);
  });
});

describe('messages that a group holds', () => {
  /** A log, each of whose events is `after` the one before it. */
  const logOf = (count: number): StreamedEvent[] => {
    // Numbers do not rise with the transactions in which they are told.
    const places = Array.from({ length: count }, (_, index) => ({ xid: String(90 + Math.floor(index / 3)), seq: 1_000 - Math.floor(index / 3) * 3 + (index % 3) }));
    return places.map((place, index) => ({ event: eventAt(place), after: places[index - 1] ?? START, timeline: '00000001' }));
  };

  test('are handed on in the order of the log, each once and none before what is missing, however they come', () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 30 }), fc.array(fc.tuple(fc.nat(), fc.constantFrom('come', 'come', 'come', 'take', 'fill')), { maxLength: 120 }), fc.integer({ min: 1, max: 7 }),
      (count, steps, size) => {
        const log = logOf(count);
        const held = holdMessages<Held>();
        const handled: string[] = [];
        const acknowledged = new Set<string>();
        let place = START;
        const take = (messages: readonly StreamedEvent[]) => {
          for (const { event } of messages) { handled.push(event.id); place = { xid: event.xid, seq: event.seq }; }
          held.release(place);
        };
        const come = (streamed: StreamedEvent) => held.add({ ...streamed, number: log.indexOf(streamed), acknowledge: () => { assert.ok(handled.includes(streamed.event.id)); acknowledged.add(streamed.event.id); } });
        const fill = (upTo: number) => take(log.slice(handled.length, handled.length + upTo));
        for (const [number, what] of steps) {
          if (what === 'come') come(log[number % count]!);
          else if (what === 'take') take(held.next(place, size));
          else fill(1 + (number % 3));
          assert.deepEqual(handled, log.slice(0, handled.length).map(({ event }) => event.id));
        }
        fill(count);
        assert.equal(held.count, 0);
        assert.deepEqual(new Set(handled), new Set(log.map(({ event }) => event.id)));
        for (const id of acknowledged) assert.ok(handled.includes(id));
      }));
  });

  test('that come again before they are acknowledged are held once, and acknowledged as they came last', () => {
    const held = holdMessages<Held>();
    const acknowledged: number[] = [];
    const [streamed] = logOf(1);
    for (let time = 1; time <= 1_000; time += 1) held.add({ ...streamed!, number: 1, acknowledge: () => { acknowledged.push(time); } });
    assert.equal(held.count, 1);
    held.release(streamed!.event);
    assert.deepEqual(acknowledged, [1_000]);
  });

  test('that follow at once are handed on without the log', () => {
    const held = holdMessages<Held>();
    for (const [number, streamed] of logOf(10).entries().toArray().toReversed()) held.add({ ...streamed, number, acknowledge: () => undefined });
    assert.deepEqual(held.next(START, 4).map(({ event }) => event.id).length, 4);
    assert.deepEqual(held.next(START, 100).length, 10);
  });
});
