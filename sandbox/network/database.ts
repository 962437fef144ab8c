import pg from 'pg';
import { SCHEMA } from './schema.ts';

export type Database = pg.Pool;
/** A pool, or a client inside a transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

const DATE = 1082;

/** Opens the pool and brings the schema up; two processes starting at once take turns. */
export async function openDatabase(databaseUrl: string, connections: number): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: connections,
    options: '-c plan_cache_mode=force_generic_plan',
    // A calendar day is not a moment: node-postgres would shift it by the local time zone.
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === DATE ? (text: string) => text : pg.types.getTypeParser(oid, format as 'text'),
    },
  });
  pool.on('error', (error) => {
    if (!pool.ending) console.error(`network: an idle database connection failed: ${error.message}`);
  });
  pool.on('connect', (client) => {
    // One that is lost between two queries of a transaction would end the process; the next query fails then.
    client.on('error', () => undefined);
    prepareStatements(client);
  });
  await inTransaction(pool, async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(hashtext('network.schema'))`);
    await tx.query(SCHEMA);
  });
  return pool;
}

const names = new Map<string, string>();
/** Texts beyond these are not prepared: pages of long lists carry their place in the text. */
const MOST_NAMES = 500;

/** Each statement with values is prepared on first use of its text on each connection: planning costs more than running most. */
function prepareStatements(client: pg.ClientBase): void {
  const send = client.query.bind(client) as (...parts: unknown[]) => unknown;
  client.query = ((text: unknown, values: unknown, ...rest: unknown[]) => {
    if (typeof text !== 'string' || !Array.isArray(values) || (!names.has(text) && names.size >= MOST_NAMES)) return send(text, values, ...rest);
    const name = names.get(text) ?? `network_${names.size}`;
    names.set(text, name);
    return send({ name, text, values }, ...rest);
  }) as typeof client.query;
}

export async function inTransaction<Result>(
  pool: Database,
  work: (tx: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
