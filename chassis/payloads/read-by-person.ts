import { ApiError } from '../errors/failures.ts';
import { seenFrom } from '../security/facilities.ts';
import type { Database, Row } from '../storage/database.ts';
import type { KeptPayload, Payloads } from './payloads.ts';

/** What is kept for this is shown to people; everything else only to the API that keeps it. */
export const SHOWN_PURPOSE = 'vendor-exchange';
const MOST_READINGS = 100;

export interface Reader {
  by: string;
  reason: string;
  /** Those whose work may be seen; all when empty. */
  facilities: readonly string[];
}

export interface Reading {
  by: string;
  reason: string;
  at: string;
}

interface ReadingRow extends Row {
  read_by: string;
  reason: string;
  at: Date;
}

/**
 * Shows a body to a person, and who read it before. That they read it, and why, is on record before they see anything of it.
 *
 * @throws ApiError 'not-found' when it is forgotten already, was kept for something else, or is of another facility
 */
export async function readByPerson({ database, payloads }: { database: Database; payloads: Payloads }, reference: string, { by, reason, facilities }: Reader): Promise<KeptPayload & { readings: Reading[] }> {
  if (facilities.length > 0 && !(await isWithin(database, reference, facilities))) throw noEvidence();
  const kept = await payloads.get(database, reference);
  if (kept.purpose !== SHOWN_PURPOSE) throw noEvidence();
  const readings = await database.query<ReadingRow>('select read_by, reason, at from chassis.payload_readings where reference = $1 order by at desc limit $2', [reference, MOST_READINGS]);
  await database.query('insert into chassis.payload_readings (reference, read_by, reason) values ($1, $2, $3)', [reference, by, reason]);
  return { ...kept, readings: readings.map((row) => ({ by: row.read_by, reason: row.reason, at: row.at.toISOString() })) };
}

/**
 * Whose work an exchange was is known by the move that made it: from the note of the call, and from the move itself where
 * that note is not written yet or forgotten already; or by the event that failed of it. Anything else may be of any facility.
 */
async function isWithin(database: Database, reference: string, facilities: readonly string[]): Promise<boolean> {
  const [seen] = await database.query(
    `with asked as (
       select move_id as id from chassis.vendor_calls where evidence = $1::uuid
       union all
       select id from chassis.moves where status in ('waiting', 'undoing', 'failed') and failure ->> 'evidence' = $1::uuid::text)
     select 1 from (
       select l.facility from asked join chassis.moves m using (id) left join chassis.lives l on l.id = m.life_id
       union all
       select facility from chassis.troubled_events where failure ->> 'evidence' = $1::uuid::text) as whose
     where ${seenFrom('$2')} limit 1`,
    [reference, facilities]);
  return seen !== undefined;
}

function noEvidence(): ApiError {
  return new ApiError('not-found', 'There is no such evidence.');
}
