import { pageOf, positionOf, type Page } from '#chassis/contract/page.ts';
import type { Database, Row } from '#chassis/storage/database.ts';
import type { RightHeld } from '#contracts/generated/process/hire-to-retire/v1.ts';
import type { Entitlement, Target } from './person.ts';

export interface HeldToRecord {
  personId: string;
  target: Target;
  held: { rights: string[]; confirmedAt: string };
  entitlements: readonly Entitlement[];
  because: string;
  moveId: string;
}

/** Opens and closes the records of one person at one system by what it confirmed. Told again it changes nothing. */
export async function recordHeld(database: Database, { personId, target, held, entitlements, because, moveId }: HeldToRecord): Promise<void> {
  const known = new Map(entitlements.map((each) => [each.right, each]));
  await database.query(
    `with taken as (
       update hire_to_retire.rights_held set taken_at = $4, taken_because = $5, taken_by = $6
       where person_id = $1 and target = $2 and taken_at is null and "right" <> all($3::text[]))
     insert into hire_to_retire.rights_held (person_id, target, "right", rule, approved_by, given_at, given_because, given_by)
     select $1, $2, r.name, r.rule, r.approved_by, $4, $5, $6 from unnest($3::text[], $7::text[], $8::text[]) as r (name, rule, approved_by)
     on conflict (person_id, target, "right") where taken_at is null do nothing`,
    [personId, target, held.rights, held.confirmedAt, because, moveId, held.rights.map((right) => known.get(right)?.rule ?? null), held.rights.map((right) => known.get(right)?.approvedBy ?? null)]);
}

interface HeldRow extends Row {
  id: string;
  person_id: string;
  target: Target;
  right: string;
  rule: string | null;
  approved_by: string | null;
  given_at: Date;
  given_because: string;
  taken_at: Date | null;
  taken_because: string | null;
}

/** What somebody held at a moment, or ever: by whom it was approved, from which event it came and with which it went. */
export async function listRightsHeld(database: Database, { personId, at, cursor, limit = 50 }: { personId: string; at?: string; cursor?: string; limit?: number }): Promise<Page<RightHeld>> {
  const [after] = positionOf(cursor, [/^\d{1,18}$/]) ?? [];
  const rows = await database.query<HeldRow>(
    `select id::text, person_id, target, "right", rule, approved_by, given_at, given_because, taken_at, taken_because from hire_to_retire.rights_held
     where person_id = $1 and ($2::timestamptz is null or (given_at <= $2 and (taken_at is null or taken_at > $2))) and ($3::bigint is null or id > $3) order by id limit $4`,
    [personId, at ?? null, after ?? null, limit + 1]);
  return pageOf(rows, limit, (row) => [row.id], (row) => ({
    personId: row.person_id, target: row.target, right: row.right, givenAt: row.given_at.toISOString(), givenBecause: row.given_because,
    ...(row.rule ? { rule: row.rule } : {}), ...(row.approved_by ? { approvedBy: row.approved_by } : {}),
    ...(row.taken_at ? { takenAt: row.taken_at.toISOString() } : {}), ...(row.taken_because ? { takenBecause: row.taken_because } : {}),
  }));
}
