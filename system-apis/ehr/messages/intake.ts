import { setImmediate as nextTick, setTimeout as sleep } from 'node:timers/promises';
import { asApiError } from '#chassis/errors/failures.ts';
import { backoffMs } from '#chassis/resilience/backoff.ts';
import type { EventLog } from '#chassis/events/event-log.ts';
import type { Payloads } from '#chassis/payloads/payloads.ts';
import { isUniqueViolation, type Database } from '#chassis/storage/database.ts';
import { describeError, type Log } from '#chassis/telemetry/logger.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { ReceivedBytes, TakenMessage } from '../port.ts';
import { incoming, storeMessages, type IncomingMessage } from './store.ts';

export interface Intake {
  /** Resolves when the message is on disk. Messages are stored in the order in which they were given. */
  take(received: ReceivedBytes): Promise<TakenMessage>;
}

export interface IntakeDeps {
  database: Database;
  payloads: Payloads;
  events: EventLog<EventData>;
  log: Log;
  /** Told after each commit that there is something to process. */
  onStored: () => void;
}

interface Waiting {
  message: IncomingMessage;
  resolve(taken: TakenMessage): void;
  reject(reason: unknown): void;
}

const MOST_IN_ONE = 200;
const MOST_BYTES_IN_ONE = 4 * 1024 * 1024;
const ATTEMPTS = 5;

/**
 * Writes what several connections received into one commit: the wait for the disk is what storing costs, and it is the
 * same for one message as for many. One commit at a time, so that order needs no further thought.
 */
export function createIntake({ database, payloads, events, log, onStored }: IntakeDeps): Intake {
  const queue: Waiting[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    // Whatever else this turn of the event loop brings goes into the same commit.
    await nextTick();
    while (queue.length > 0) await commit(queue.splice(0, batchLength(queue)));
    isRunning = false;
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const taken = await store(batch.map((each) => each.message));
      onStored();
      batch.forEach((each, index) => each.resolve(taken[index]!));
    } catch (error) {
      if (batch.length > 1 && !asApiError(error).retryable) {
        for (const each of batch) await commit([each]);
        return;
      }
      for (const each of batch) each.reject(error);
    }
  }

  async function store(messages: readonly IncomingMessage[]): Promise<TakenMessage[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await storeMessages({ database, payloads, events }, messages);
      } catch (error) {
        // Another process stored the same control id at the same moment; now that it is there, it is seen.
        const mayPass = isUniqueViolation(error) || asApiError(error).retryable;
        if (!mayPass || attempt === ATTEMPTS) throw error;
        log.warn('messages could not be stored, trying again', { count: messages.length, attempt, ...describeError(error) });
        await sleep(backoffMs(attempt, { firstMs: 50 }));
      }
    }
  }

  return {
    take(received) {
      return new Promise((resolve, reject) => {
        queue.push({ message: incoming(received), resolve, reject });
        if (!isRunning) void run();
      });
    },
  };
}

/** As many as fit into one statement; it ends before a message whose key is in it already. */
function batchLength(queue: readonly Waiting[]): number {
  const keys = new Set<string>();
  let bytes = 0;
  let length = 0;
  for (const { message } of queue) {
    bytes += message.bytes.length;
    if (length > 0 && (length === MOST_IN_ONE || bytes > MOST_BYTES_IN_ONE || keys.has(message.key))) break;
    keys.add(message.key);
    length += 1;
  }
  return length;
}
