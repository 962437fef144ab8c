import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync, randomUUID } from 'node:crypto';

/** What follows one piece of work through calls, events, moves and log lines. */
export interface WorkContext {
  correlationId: string;
  /** W3C trace context, version 00. */
  traceparent: string;
  /** The step of a move for which this is done, by the key of its effect: the move, a colon, the step. */
  step?: string | undefined;
  /** What is being served. */
  api?: string;
  operation?: string;
}

/** Carries the step of a move from one deployable to the next. */
export const STEP_HEADER = 'callosum-step';

const storage = new AsyncLocalStorage<WorkContext>();

export function currentContext(): WorkContext | undefined {
  return storage.getStore();
}

export function runInContext<T>(context: WorkContext, work: () => T): T {
  return storage.run(context, work);
}

const CORRELATION = /^[A-Za-z0-9._:-]{8,80}$/;
const STEP = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[\x21-\x7e]{1,90}$/;
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A context from what a caller sent; values that do not fit their form are replaced, never echoed. */
export function contextFrom(correlationId: string | undefined, traceparent: string | undefined, step?: string): WorkContext {
  const id = correlationId && CORRELATION.test(correlationId) ? correlationId : randomUUID();
  return { correlationId: id, traceparent: childTraceparent(traceparent), ...(step !== undefined && STEP.test(step) ? { step } : {}) };
}

/** The same trace with a span of our own. @source W3C Trace Context section 3.2 */
export function childTraceparent(parent: string | undefined): string {
  const match = parent ? TRACEPARENT.exec(parent) : null;
  const trace = match && !/^0+$/.test(match[1]!) ? match[1]! : randomHex(16);
  return `00-${trace}-${randomHex(8)}-${match?.[3] ?? '01'}`;
}

// One call for many ids: a call into the random generator costs more than the rest of a context.
const pool = Buffer.alloc(4_096);
let poolAt = pool.length;

function randomHex(bytes: number): string {
  if (poolAt + bytes > pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  poolAt += bytes;
  return pool.toString('hex', poolAt - bytes, poolAt);
}
