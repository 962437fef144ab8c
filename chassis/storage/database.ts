import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import pg from 'pg';
import { ApiError } from '../errors/failures.ts';
import type { Log } from '../telemetry/logger.ts';
import { describeError } from '../telemetry/logger.ts';

// int8 and numeric arrive as text by default; our counts and sequence numbers stay below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export type Row = Record<string, unknown>;

/** Statements inside one transaction, or outside of any. */
export interface Queries {
  query<R extends Row = Row>(text: string, values?: unknown[]): Promise<R[]>;
}

/** Something that a transaction does and that means something to a person, such as an event told or a move asked for. */
export interface Effect {
  kind: string;
  name: string;
  subject?: string;
}

export interface Transaction extends Queries {
  /** There when somebody wants to know what the transaction would do. */
  note?: (effect: Effect) => void;
  /** Runs once the transaction is committed; never when it is rolled back. */
  afterCommit(work: () => void): void;
  /** Runs `work` under a savepoint: when it throws, only its own statements are undone. */
  attempt<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Thrown in a transaction that nobody waits for any more. Its session is ended on the server, since a rollback would have to
 * wait for the statement under way and would keep every lock until then.
 */
export class GivenUp extends ApiError {}

export interface Database extends Queries {
  readonly url: string;
  readonly pool: pg.Pool;
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  log: Log;
  maxConnections?: number;
}

/** For each connection so many statements may wait; whoever comes after that is told at once, and when to come back. */
const LINE = 64;
const COME_BACK_MS = 1_000;

export function openDatabase({ url, log, maxConnections = 12 }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url, max: maxConnections, connectionTimeoutMillis: 5_000, idleTimeoutMillis: 60_000, keepAlive: true, pipeline: true,
    // A paused process must not hold its locks, nor the horizon of the event log, for longer than this.
    idle_in_transaction_session_timeout: 30_000,
  });
  // An idle connection that the server closed must not end the process: the next query takes a fresh one.
  pool.on('error', (error) => log.warn('database connection lost', describeError(error)));
  pool.on('connect', (client) => { client.on('error', (error) => log.debug('database connection failed', describeError(error))); });
  return {
    url,
    pool,
    async query(text, values) {
      admit(pool);
      return run(pool, text, values);
    },
    transaction: (work) => transaction(pool, work, log),
    close: () => pool.end(),
  };
}

function admit(pool: pg.Pool): void {
  if (pool.waitingCount >= LINE * pool.options.max!) throw unavailable(new Error('too many wait for a connection'));
}

async function transaction<T>(pool: pg.Pool, work: (tx: Transaction) => Promise<T>, log: Log): Promise<T> {
  admit(pool);
  const client = await pool.connect().catch((cause: unknown) => { throw unavailable(cause); });
  const committed: (() => void)[] = [];
  let savepoints = 0;
  let broken: Error | undefined;
  let isOver = false;
  const tx: Transaction = {
    async query(text, values) {
      // Somebody else's transaction may run on the connection by now.
      if (isOver) throw new Error('the transaction is over');
      gather(client);
      return run(client, text, values);
    },
    afterCommit: (callback) => committed.push(callback),
    async attempt(attempted) {
      const name = `attempt_${savepoints += 1}`;
      const callbacks = committed.length;
      await client.query(`savepoint ${name}`);
      try {
        const result = await attempted();
        await client.query(`release savepoint ${name}`);
        return result;
      } catch (error) {
        committed.length = callbacks;
        if (!(error instanceof GivenUp)) await client.query(`rollback to savepoint ${name}`);
        throw error;
      }
    },
  };
  try {
    // Waited for: were it refused, what is sent behind it would commit by itself.
    await client.query('begin');
    const result = await work(tx);
    isOver = true;
    await commit(client);
    for (const callback of committed) afterwards(callback, log);
    return result;
  } catch (error) {
    isOver = true;
    if (error instanceof GivenUp) broken = await endSession(pool, client, error, log);
    else await client.query('rollback').catch((failure: Error) => { broken = failure; });
    throw isConnectionFailure(error) ? unavailable(error) : error;
  } finally {
    client.release(broken);
  }
}

/** Ends when the server has rolled back, or cannot be asked: then the connection is cut and the server notices by itself. */
async function endSession(pool: pg.Pool, client: pg.PoolClient, why: Error, log: Log): Promise<Error> {
  const { processID } = client as pg.PoolClient & { processID: number };
  await pool.query('select pg_terminate_backend($1, 5000)', [processID]).catch((error: unknown) => log.warn('a session could not be ended', describeError(error)));
  return why;
}

/** What is sent in one turn goes out in one piece: each write is a call into the kernel and wakes the server. */
function gather(client: pg.PoolClient): void {
  const { stream } = (client as pg.PoolClient & { connection: { stream: Writable } }).connection;
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/**
 * Waits for statements that were sent one behind the other without waiting for answers. Ends when all have ended, so that
 * none is left for the transaction that comes after; throws what failed first.
 */
export async function together(...statements: Promise<unknown>[]): Promise<void> {
  const failures = (await Promise.allSettled(statements)).flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
  const [first] = failures.toSorted((left, right) => Number(isAftermath(left)) - Number(isAftermath(right)));
  if (first) throw first;
}

/** Statements of a transaction that had failed already. */
function isAftermath(error: Error): boolean {
  return 'code' in error && error.code === '25P02';
}

/** A transaction that a failed statement has ended is rolled back by `commit` without an error. */
async function commit(client: pg.PoolClient): Promise<void> {
  const { command } = await client.query('commit');
  if (command !== 'COMMIT') throw new Error('the transaction had failed before it was to be committed');
}

/** What was committed stays committed, whatever happens to those who are told of it. */
function afterwards(callback: () => void, log: Log): void {
  try {
    callback();
  } catch (error) {
    log.error('work after a commit failed', describeError(error));
  }
}

/** Statements are prepared once per connection: planning costs more than running most of ours. */
const names = new Map<string, string>();
function statementName(text: string): string {
  let name = names.get(text);
  if (!name) {
    name = `s_${createHash('sha1').update(text).digest('hex').slice(0, 24)}`;
    names.set(text, name);
  }
  return name;
}

async function run<R extends Row>(on: pg.Pool | pg.PoolClient, text: string, values: unknown[] = []): Promise<R[]> {
  try {
    return (await on.query<R>({ name: statementName(text), text, values })).rows;
  } catch (error) {
    throw isConnectionFailure(error) ? unavailable(error) : error;
  }
}

function unavailable(cause: unknown): ApiError {
  return new ApiError('unavailable', 'The database is not available at the moment.', { code: 'database-unavailable', retryAfterMs: COME_BACK_MS, cause });
}

/** True for a failure of our own database, and not for that of a system behind which says the same of its own. */
export function isDatabaseUnavailable(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'database-unavailable' && isConnectionFailure(error.cause);
}

// Class 08 connection exception, 25P03 idle for too long in a transaction, 25006 read-only as a standby is, class 53 out
// of disk, memory or connections, 57P0x shutdown and crash, 40001/40P01 serialization and deadlock.
const TRANSIENT = /^(08...|25P03|25006|53...|57P0\d|40001|40P01)$/;

export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return TRANSIENT.test(code) || /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/.test(code)
    || /too many wait for a connection|Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed and is not queryable/.test(error.message);
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}
