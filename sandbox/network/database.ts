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
    // A calendar day is not a moment: node-postgres would shift it by the local time zone.
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === DATE ? (text: string) => text : pg.types.getTypeParser(oid, format as 'text'),
    },
  });
  pool.on('error', (error) => {
    if (!pool.ending) console.error(`network: an idle database connection failed: ${error.message}`);
  });
  // One that is lost between two queries of a transaction would end the process; the next query fails then.
  pool.on('connect', (client) => client.on('error', () => undefined));
  await inTransaction(pool, async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(hashtext('network.schema'))`);
    await tx.query(SCHEMA);
  });
  return pool;
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
