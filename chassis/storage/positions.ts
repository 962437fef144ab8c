import type { Database, Queries } from './database.ts';
import type { LeaseWatch } from './lease.ts';

/** How far a poll got. `revision` tells whether somebody else moved it meanwhile. */
export interface HeldPosition {
  position: unknown;
  revision: number;
}

/** Of the table that an API keeps its positions in, for its migrations. */
export const POSITIONS_TABLE = `
  create table positions (
    name text primary key,
    holder text,
    revision bigint not null default 0,
    position jsonb,
    moved_at timestamptz not null default now()
  );`;

export interface Positions {
  /**
   * Takes or keeps a position for one process. No row stays locked while the vendor is asked, since an open transaction
   * would hold up every reader of the event log.
   *
   * @returns undefined while another living process holds it
   */
  hold(name: string, holder: string, watch: LeaseWatch): Promise<HeldPosition | undefined>;
  /** @returns false when another process took the position over: what this one found is then the other's to tell */
  move(tx: Queries, name: string, holder: string, held: HeldPosition, position: unknown): Promise<boolean>;
  letGo(name: string, holder: string): Promise<void>;
}

interface Row extends Record<string, unknown> {
  holder: string | null;
  revision: number;
  position: unknown;
}

/** How far polls of an API got, in the table `positions` of its schema: of several processes one polls at a time. */
export function positionsIn(database: Database, schema: string): Positions {
  const table = `${schema}.positions`;
  return {
    async hold(name, holder, watch) {
      const [row] = await database.query<Row>(`select holder, revision, position from ${table} where name = $1`, [name]);
      if (row?.holder === holder) return row;
      if (row?.holder && !(await watch([row.holder])).dead.includes(row.holder)) return undefined;
      const [taken] = await database.query<Row>(
        `insert into ${table} as p (name, holder) values ($1, $2)
         on conflict (name) do update set holder = $2, revision = p.revision + 1 where p.holder is not distinct from $3
         returning revision, position`, [name, holder, row?.holder ?? null]);
      return taken;
    },
    async move(tx, name, holder, held, position) {
      const moved = await tx.query(
        `update ${table} set position = $4, revision = revision + 1, moved_at = now() where name = $1 and holder = $2 and revision = $3 returning name`,
        [name, holder, held.revision, JSON.stringify(position)]);
      return moved.length === 1;
    },
    async letGo(name, holder) {
      await database.query(`update ${table} set holder = null, revision = revision + 1 where name = $1 and holder = $2`, [name, holder]);
    },
  };
}
