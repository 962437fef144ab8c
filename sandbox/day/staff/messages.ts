import { hl7Message, type Hl7Sending } from '../../ehr/day/hl7-sendings.ts';
import type { Hl7Feed } from '../../ehr/hl7-feed.ts';
import { expectedAnswer } from '../hl7-expectation.ts';
import { patiently } from '../patience.ts';
import type { Floor } from './floor.ts';

/** Queues the day's messages and sends them in order, each until it is answered. */
export async function send(floor: Floor, feed: Hl7Feed, sendings: readonly Hl7Sending[]): Promise<void> {
  for (const sending of sendings) {
    const bytes = hl7Message(sending);
    floor.sent.message({ id: sending.id, source: sending.source, expected: expectedAnswer(sending.source, bytes, sending.isDamaged) });
    await patiently(floor.signal, () => feed.queue({ id: sending.id, source: sending.source, controlId: sending.controlId, bytes }));
  }
  while (!floor.signal.aborted) {
    const outcomes = await patiently(floor.signal, () => feed.sendWaiting());
    if (outcomes.every((each) => each.state !== 'waiting')) return;
  }
}
