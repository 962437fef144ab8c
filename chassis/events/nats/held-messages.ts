import type { Place } from '../read-log.ts';
import { comparePlaces, type StreamedEvent } from './message.ts';

/** A message that was received, and is acknowledged once it is of no more use. */
export interface Held extends StreamedEvent {
  /** In the stream. One that was not acknowledged for long comes again under the same. */
  number: number;
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
  const held = new Map<number, Message>();
  return {
    get count() { return held.size; },
    add: (message) => { held.set(message.number, message); },
    next(place, size) {
      const chain: Message[] = [];
      for (const message of [...held.values()].toSorted((one, other) => comparePlaces(one.event, other.event))) {
        const last = chain.at(-1)?.event ?? place;
        if (chain.length === size || comparePlaces(message.after, last) > 0) break;
        if (comparePlaces(message.event, last) > 0) chain.push(message);
      }
      return chain;
    },
    release(place, isOver = () => false) {
      for (const message of [...held.values()].filter((each) => comparePlaces(each.event, place) <= 0 || isOver(each))) {
        held.delete(message.number);
        message.acknowledge();
      }
    },
    all: () => new Set(held.values()),
    clear() {
      const all = [...held.values()];
      held.clear();
      return all;
    },
  };
}
