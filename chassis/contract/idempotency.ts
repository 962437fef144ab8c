import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, asApiError } from '../errors/failures.ts';
import { backoffMs } from '../resilience/backoff.ts';
import type { Payloads } from '../payloads/payloads.ts';
import { together, type Database, type Queries } from '../storage/database.ts';
import { watchLeases, type Lease } from '../storage/lease.ts';

/** One intended effect: who wants it, under which key. */
export interface IntendedEffect {
  api: string;
  client: string;
  key: string;
  operation: string;
  input: unknown;
  /** The answer may say something of a person: it is kept encrypted. */
  isPersonal: boolean;
}

interface Row extends Record<string, unknown> {
  operation: string;
  fingerprint: string;
  status: 'started' | 'unknown' | 'finished';
  owner: string | null;
  answer: { output?: unknown; body?: string } | null;
}

export interface Idempotency {
  /**
   * Carries out `effect` once per key. A repeat gets the first answer; another body under the same key is refused; a
   * repeat while the first still runs is told to come back. When an earlier attempt may have had its effect without
   * anybody knowing, `effect` is called with `repeated: true` and has to look before it acts.
   */
  once<T>(intended: IntendedEffect, effect: (repeated: boolean) => Promise<T>): Promise<T>;
}

export interface IdempotencyDeps {
  database: Database;
  lease: Lease;
  payloads: Payloads;
  /** For at least as long as keys are kept. */
  keepDays: number;
}

export function createIdempotency({ database, lease, payloads, keepDays }: IdempotencyDeps): Idempotency {
  const look = watchLeases(database);

  async function claim(intended: IntendedEffect, fingerprint: string): Promise<{ repeated: boolean } | { output: unknown }> {
    const [claimed] = await database.query(
      `insert into chassis.idempotency (api, client, key, operation, fingerprint, status, owner) values ($1, $2, $3, $4, $5, 'started', $6) on conflict do nothing returning key`,
      [intended.api, intended.client, intended.key, intended.operation, fingerprint, lease.id]);
    if (claimed) return { repeated: false };
    const [row] = await database.query<Row>(
      'select operation, fingerprint, status, owner, answer from chassis.idempotency where api = $1 and client = $2 and key = $3', [intended.api, intended.client, intended.key]);
    if (!row) throw inProgress();
    if (row.fingerprint !== fingerprint || row.operation !== intended.operation) {
      throw new ApiError('refused', 'This idempotency key was used for another request.', { code: 'idempotency-key-reused', errors: [{ pointer: 'header:Idempotency-Key', detail: 'belongs to another request' }] });
    }
    if (row.status === 'finished') return { output: await outputOf(row) };
    if (row.status === 'started' && row.owner !== null && (await look([row.owner])).dead.length === 0) throw inProgress();
    const [taken] = await database.query(
      `update chassis.idempotency set status = 'started', owner = $4, started_at = now() where api = $1 and client = $2 and key = $3 and status = $5 and owner is not distinct from $6 returning key`,
      [intended.api, intended.client, intended.key, lease.id, row.status, row.owner]);
    if (!taken) throw inProgress();
    return { repeated: true };
  }

  /** Writes the answer, unless this process was taken for dead and another took the effect over. */
  async function finish(intended: IntendedEffect, output: unknown): Promise<void> {
    if (!intended.isPersonal) return write(database, intended, { output });
    const body = randomUUID();
    await database.transaction((tx) => together(
      payloads.put(tx, { reference: body, body: JSON.stringify({ output }), mediaType: 'application/json', purpose: 'answer', keepDays }),
      write(tx, intended, { body })));
  }

  async function write(on: Queries, { api, client, key }: IntendedEffect, answer: Row['answer']): Promise<void> {
    const [written] = await on.query(
      `update chassis.idempotency set status = 'finished', owner = null, answer = $4, finished_at = now()
       where api = $1 and client = $2 and key = $3 and status = 'started' and owner = $5 returning key`,
      [api, client, key, JSON.stringify(answer), lease.id]);
    if (!written) throw inProgress();
  }

  async function outputOf({ answer }: Row): Promise<unknown> {
    if (answer?.body === undefined) return answer?.output;
    const { body } = await payloads.get(database, answer.body);
    return (JSON.parse(body.toString()) as { output?: unknown }).output;
  }

  /** A refusal had no effect, so its key is free again; whatever else failed may have had its effect. */
  async function fail({ api, client, key }: IntendedEffect, thrown: unknown): Promise<void> {
    const failure = asApiError(thrown);
    const hadNoEffect = failure.status < 500 && !failure.retryable;
    await database.query(
      hadNoEffect
        ? `delete from chassis.idempotency where api = $1 and client = $2 and key = $3 and status = 'started' and owner = $4`
        : `update chassis.idempotency set status = 'unknown', owner = null where api = $1 and client = $2 and key = $3 and status = 'started' and owner = $4`,
      [api, client, key, lease.id]);
  }

  return {
    async once<T>(intended: IntendedEffect, effect: (repeated: boolean) => Promise<T>): Promise<T> {
      const claimed = await claim(intended, fingerprintOf(intended.input));
      if ('output' in claimed) return claimed.output as T;
      let output: T;
      try {
        output = await effect(claimed.repeated);
      } catch (thrown) {
        await untilWritten(() => fail(intended, thrown));
        throw thrown;
      }
      await untilWritten(() => finish(intended, output));
      return output;
    },
  };
}

function inProgress(): ApiError {
  return new ApiError('in-progress', 'The same request is being worked on.', { code: 'idempotency-in-progress', retryAfterMs: 250 });
}

/** What became of the effect has to be written, however long database or keys are away: others would wait for it for good. */
async function untilWritten(write: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      if (asApiError(error).kind !== 'unavailable') throw error;
      await sleep(backoffMs(attempt, { maxMs: 5_000 }), undefined, { ref: false });
    }
  }
}

/** The same for the same content, in whatever order its fields came. */
function fingerprintOf(input: unknown): string {
  const sorted = JSON.stringify(input, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1))) : value);
  return createHash('sha256').update(sorted).digest('base64');
}
