import { createHash, randomBytes } from 'node:crypto';

import pg from 'pg';

import type { EmbeddedPostgres } from '../../../chassis/storage/embedded-postgres.ts';
import { isAlive } from '../../../chassis/storage/postmaster.ts';

/** The databases of one server: prepared ones that are kept, and copies for the runs, which carry their process id. */
export class Books {
  readonly #server: EmbeddedPostgres;

  constructor(server: EmbeddedPostgres) {
    this.#server = server;
  }

  /** For trytond, which wants its own scheme and the database at the end. */
  uri(database: string): string {
    const url = new URL(this.#server.url());
    return `postgresql://${url.username}:${url.password}@${url.host}/${database}`;
  }

  /** Makes a database once for what it depends on, and drops those that were made for something else. */
  async prepared(kind: string, dependsOn: unknown[], template: string, fill: (database: string) => Promise<void>): Promise<string> {
    const name = `${kind}_${createHash('sha256').update(JSON.stringify(dependsOn)).digest('hex').slice(0, 16)}`;
    const known = (await this.#names()).filter((each) => each.startsWith(`${kind}_`));
    if (known.includes(name)) return name;
    const unfinished = await this.copy(template);
    try {
      await fill(unfinished);
      await this.#run(`alter database ${unfinished} rename to ${name}`);
    } catch (error) {
      await this.drop(unfinished);
      throw error;
    }
    for (const old of known) await this.drop(old);
    return name;
  }

  async copy(template: string): Promise<string> {
    const name = `erp_${process.pid}_${randomBytes(6).toString('hex')}`;
    await this.#run(`create database ${name} template ${template}`);
    return name;
  }

  async drop(name: string): Promise<void> {
    await this.#run(`drop database if exists ${name} with (force)`);
  }

  async dropAbandoned(): Promise<void> {
    for (const name of await this.#names()) {
      const owner = ownerOf(name);
      if (owner !== undefined && !isAlive(owner)) await this.drop(name);
    }
  }

  /** True while another process runs on a copy of its own. */
  async isShared(): Promise<boolean> {
    return (await this.#names()).some((name) => ![undefined, process.pid].includes(ownerOf(name)));
  }

  async #names(): Promise<string[]> {
    const { rows } = await this.#run<{ datname: string }>('select datname from pg_database');
    return rows.map((row) => row.datname);
  }

  async #run<R extends pg.QueryResultRow>(statement: string): Promise<pg.QueryResult<R>> {
    const client = new pg.Client({ connectionString: this.#server.url() });
    await client.connect();
    try {
      return await client.query<R>(statement);
    } finally {
      await client.end();
    }
  }
}

function ownerOf(name: string): number | undefined {
  const owner = /^erp_(\d+)_/.exec(name)?.[1];
  return owner === undefined ? undefined : Number(owner);
}
