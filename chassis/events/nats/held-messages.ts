import type { Place } from '../read-log.ts';
import { comparePlaces, type StreamedEvent } from './message.ts';

/** A message that was received, and is acknowledged once it is of no more use. */
export interface Held extends StreamedEvent {
  acknowledge(): void;
}

export interface HeldMessages<Message extends Held> {
  readonly count: number;
  add(message: Message): void;
  /** Up to `size` that follow the place with nothing of the log missing between; none when the first that follows does not follow at once. */
  next(place: Place, size: number): Message[];
  /** Lets go of what a group at `place` has behind it, and of what else is over. */
  release(place: Place, isOver?: (message: Message) => boolean): void;
  all(): Set<Message>;
  /** Forgets all and hands them back unacknowledged. */
  clear(): Message[];
}

/** Messages of the stream in the order of the log, whatever the order and the number of times in which they came. */
export function holdMessages<Message extends Held>(): HeldMessages<Message> {
  let held: Message[] = [];
  return {
    get count() { return held.length; },
    add: (message) => { held.push(message); },
    next(place, size) {
      const chain: Message[] = [];
      for (const message of held.toSorted((one, other) => comparePlaces(one.event, other.event))) {
        const last = chain.at(-1)?.event ?? place;
        if (chain.length === size || comparePlaces(message.after, last) > 0) break;
        if (comparePlaces(message.event, last) > 0) chain.push(message);
      }
      return chain;
    },
    release(place, isOver = () => false) {
      const [over, kept]: [Message[], Message[]] = [[], []];
      for (const message of held) (comparePlaces(message.event, place) <= 0 || isOver(message) ? over : kept).push(message);
      held = kept;
      for (const message of over) message.acknowledge();
    },
    all: () => new Set(held),
    clear() {
      const all = held;
      held = [];
      return all;
    },
  };
}
