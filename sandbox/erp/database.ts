import { readFileSync } from 'node:fs';
import pg from 'pg';

/** A pool or one connection inside a transaction. */
export interface Database {
  /** One statement, prepared on first use of its text on each connection. */
  rows<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface Books extends Database {
  transaction<Result>(work: (database: Database) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const names = new Map<string, string>();

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) names.set(text, name = `erp_${names.size}`);
  return name;
}

function over(client: pg.Pool | pg.PoolClient): Database {
  return {
    async rows<Row extends object>(text: string, values: readonly unknown[] = []) {
      const result = await client.query<Row>({ name: nameOf(text), text, values: [...values] });
      return result.rows;
    },
  };
}

/** The ERP's tables in schema `erp` of a database; created when they are not there. */
export async function openBooks(databaseUrl: string): Promise<Books> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 8, options: '-c search_path=erp -c timezone=UTC -c plan_cache_mode=force_generic_plan' });
  // An idle connection that the server ends is replaced on the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  // The same for one that is lost between two queries of a transaction; the next query fails then.
  pool.on('connect', (client) => client.on('error', () => undefined));
  await migrate(pool);
  return {
    ...over(pool),
    async transaction(work) {
      const client = await pool.connect();
      try {
        await client.query('begin');
        const result = await work(over(client));
        await client.query('commit');
        client.release();
        return result;
      } catch (error) {
        await client.query('rollback').then(() => client.release(), (broken: Error) => client.release(broken));
        throw error;
      }
    },
    close: () => pool.end(),
  };
}

const migrations = ['./schema.sql', './people.sql'].map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'));
const views = readFileSync(new URL('./views.sql', import.meta.url), 'utf8');

async function migrate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query("select pg_advisory_xact_lock(hashtext('sandbox erp'))");
    await client.query('create schema if not exists erp');
    await client.query('create table if not exists erp.migrations (number int primary key, done_at timestamptz not null default now())');
    const { rows } = await client.query<{ number: number }>('select coalesce(max(number), 0) as number from erp.migrations');
    for (const [index, text] of migrations.slice(rows[0]?.number ?? 0).entries()) {
      await client.query(text);
      await client.query('insert into erp.migrations (number) values ($1)', [(rows[0]?.number ?? 0) + index + 1]);
    }
    const { rows: old } = await client.query<{ name: string }>("select table_name as name from information_schema.views where table_schema = 'erp'");
    if (old.length > 0) await client.query(`drop view ${old.map((view) => `erp.${view.name}`).join(', ')}`);
    await client.query(views);
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(true);
    await pool.end();
    throw error;
  }
}

/** SQLSTATE of a refusal by the database. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

export function constraintOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined;
}

export function detailOf(error: unknown): string {
  return error instanceof pg.DatabaseError && error.detail ? error.detail : '';
}
