import type { Database, Queries } from '#chassis/storage/database.ts';
import type { LeaseWatch } from '#chassis/storage/lease.ts';

/** How far a poll got. `revision` tells whether somebody else moved it meanwhile. */
export interface HeldPosition {
  position: unknown;
  revision: number;
}

interface Row extends Record<string, unknown> {
  holder: string | null;
  revision: number;
  position: unknown;
}

/**
 * Takes or keeps a position for one process. No row stays locked while the vendor is asked, since an open transaction
 * would hold up every reader of the event log.
 *
 * @returns undefined while another living process holds it
 */
export async function holdPosition(database: Database, name: string, holder: string, watch: LeaseWatch): Promise<HeldPosition | undefined> {
  const [row] = await database.query<Row>('select holder, revision, position from hcm.positions where name = $1', [name]);
  if (row?.holder === holder) return row;
  if (row?.holder && !(await watch([row.holder])).dead.includes(row.holder)) return undefined;
  const [taken] = await database.query<Row>(
    `insert into hcm.positions as p (name, holder) values ($1, $2)
     on conflict (name) do update set holder = $2, revision = p.revision + 1 where p.holder is not distinct from $3
     returning revision, position`, [name, holder, row?.holder ?? null]);
  return taken;
}

/** @returns false when another process took the position over: what this one found is then the other's to tell */
export async function movePosition(tx: Queries, name: string, holder: string, held: HeldPosition, position: unknown): Promise<boolean> {
  const moved = await tx.query(
    `update hcm.positions set position = $4, revision = revision + 1, moved_at = now() where name = $1 and holder = $2 and revision = $3 returning name`,
    [name, holder, held.revision, JSON.stringify(position)]);
  return moved.length === 1;
}

export async function letGo(database: Queries, name: string, holder: string): Promise<void> {
  await database.query('update hcm.positions set holder = null, revision = revision + 1 where name = $1 and holder = $2', [name, holder]);
}
