import { setTimeout as sleep } from 'node:timers/promises';
import { remainingMs } from '#chassis/contract/deadline.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { WorkdayClient } from './client.ts';
import { createOnce } from './once.ts';
import { there } from './organisation.ts';
import { refused, VendorRefusal } from './refusals.ts';
import { invalidAnswer, ProcessShape, StartedShape, type Process } from './shapes.ts';
import type { WorkdaySettings } from './settings.ts';

export interface Asked {
  /** The vendor's name of the business process. */
  kind: string;
  /** Asked for only when nothing was begun before. */
  body: () => Promise<object>;
  /** Marks the business process; no other carries it. */
  reference: string;
  repeated: boolean;
}

const IN_PROGRESS = 'In Progress';
const DENIED = 'Denied';
/** So much of the caller's time is left for reading what came of it. */
const SPARE_MS = 2_000;
const LONGEST_PAUSE_MS = 1_000;
const COME_BACK_MS = 2_000;

/**
 * Starts a business process, once, and follows it until it is completed.
 *
 * @returns the number of the worker
 * @throws ApiError refused when it is denied, in-progress when nobody has decided within the time of the call
 */
export function createBusinessProcesses(client: WorkdayClient, settings: WorkdaySettings, clock: Clock): (asked: Asked) => Promise<string> {
  const { autoComplete, pollMs, followMs } = settings.businessProcesses;
  const once = createOnce({ lateMs: settings.lateMs, clock });

  async function find(reference: string): Promise<Process | undefined> {
    const { data } = there(await client.page(ProcessShape, 'businessProcess/events', { externalReference: reference, limit: 20 }));
    const own = data.filter((each) => each.externalReference === reference);
    // One that was denied may have been followed by another that was not.
    return own.find((each) => each.overallStatus !== DENIED) ?? own[0];
  }

  async function follow(id: string, seen: Process | undefined): Promise<Process> {
    const giveUpAt = performance.now() + Math.min(followMs, remainingMs() - SPARE_MS);
    let process = seen;
    for (let pauseMs = pollMs; process === undefined || process.overallStatus === IN_PROGRESS; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
      if (performance.now() + pauseMs > giveUpAt && process !== undefined) {
        throw new ApiError('in-progress', 'The HR system has begun this, and somebody has to approve it.', { code: 'business-process-pending', retryAfterMs: COME_BACK_MS });
      }
      if (process !== undefined) await sleep(pauseMs);
      process = await client.find(ProcessShape, `businessProcess/events/${encodeURIComponent(id)}`);
      if (!process) throw invalidAnswer('a business process is gone');
    }
    return process;
  }

  return async ({ kind, body, reference, repeated }) => {
    const begun = await once<{ id: string; seen?: Process }>({
      reference, repeated,
      async find() {
        const seen = await find(reference);
        return seen && { id: seen.id, seen };
      },
      async write() {
        try {
          return await client.post(StartedShape, `staffing/${kind}`, { ...await body(), businessProcessParameters: { autoComplete, externalReference: reference } });
        } catch (error) {
          throw error instanceof VendorRefusal ? refused(error.errors, error) : error;
        }
      },
    });
    const { overallStatus, errors = [], for: worker } = await follow(begun.id, begun.seen);
    if (overallStatus === DENIED) throw errors.length > 0 ? refused(errors) : new ApiError('refused', 'Somebody in the HR department denied this.', { code: 'denied' });
    if (!worker) throw invalidAnswer('a completed business process names no worker');
    return worker.id;
  };
}
