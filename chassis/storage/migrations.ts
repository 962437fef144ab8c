import { createHash } from 'node:crypto';
import { isUniqueViolation, type Database, type Transaction } from './database.ts';

/** One forward step of a schema. Once released its SQL never changes; a mistake is mended by the next step. */
export interface Migration {
  name: string;
  sql: string;
}

// Any fixed number: it only has to be the same in every process of the platform.
const MIGRATION_LOCK = 4_042_311;

/** Brings `schema` up to date. Many processes may start at once: one migrates, the others wait. */
export async function migrate(database: Database, schema: string, migrations: readonly Migration[]): Promise<void> {
  if (!/^[a-z][a-z0-9_]*$/.test(schema)) throw new Error(`schema name ${schema}`);
  if (await isCurrent(database, schema, migrations)) return;
  await database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await createSchema(tx, schema);
    await tx.query(`create table if not exists ${schema}.migrations (name text primary key, hash text not null, at timestamptz not null default now())`);
    for (const migration of migrations) await apply(tx, schema, migration);
  });
}

/** Who looked before another made the schema, and waited for that, still believes it missing: PostgreSQL forgets such only with its next lock on a table. */
async function createSchema(tx: Transaction, schema: string): Promise<void> {
  await tx.attempt(() => tx.query(`create schema if not exists ${schema}`)).catch((error: unknown) => {
    if (!isUniqueViolation(error)) throw error;
  });
}

/** A start on a schema that is up to date takes no lock, so that it does not wait for others. */
async function isCurrent(database: Database, schema: string, migrations: readonly Migration[]): Promise<boolean> {
  const [table] = await database.query('select to_regclass($1) is not null as present', [`${schema}.migrations`]);
  if (!table?.present) return false;
  const rows = await database.query<{ name: string; hash: string }>(`select name, hash from ${schema}.migrations`);
  const done = new Map(rows.map((row) => [row.name, row.hash]));
  return migrations.every((migration) => done.get(migration.name) === hashOf(migration));
}

async function apply(tx: Transaction, schema: string, migration: Migration): Promise<void> {
  const [done] = await tx.query<{ hash: string }>(`select hash from ${schema}.migrations where name = $1`, [migration.name]);
  if (done?.hash === hashOf(migration)) return;
  if (done) throw new Error(`migration ${schema}/${migration.name} was changed after it had been applied`);
  await tx.query(`set local search_path to ${schema}`);
  for (const statement of statements(migration.sql)) await tx.query(statement);
  await tx.query(`insert into ${schema}.migrations (name, hash) values ($1, $2)`, [migration.name, hashOf(migration)]);
}

/** Prepared statements hold one command each. Migrations separate theirs by a line that ends in `;`. */
function statements(sql: string): string[] {
  return sql.split(/;[ \t]*$/m).map((statement) => statement.trim()).filter((statement) => statement !== '');
}

function hashOf(migration: Migration): string {
  return createHash('sha256').update(migration.sql).digest('hex');
}
