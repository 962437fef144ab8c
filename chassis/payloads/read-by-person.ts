import { ApiError } from '../errors/failures.ts';
import type { Database } from '../storage/database.ts';
import type { KeptPayload, Payloads } from './payloads.ts';

/** What is kept for this is shown to people; everything else only to the API that keeps it. */
export const SHOWN_PURPOSE = 'vendor-exchange';

/**
 * Shows a body to a person. That they read it, and why, is on record before they see anything of it.
 *
 * @throws ApiError 'not-found' when it is forgotten already, or was kept for something else
 */
export async function readByPerson({ database, payloads }: { database: Database; payloads: Payloads }, reference: string, { by, reason }: { by: string; reason: string }): Promise<KeptPayload> {
  await database.query('insert into chassis.payload_readings (reference, read_by, reason) values ($1, $2, $3)', [reference, by, reason]);
  const kept = await payloads.get(database, reference);
  if (kept.purpose !== SHOWN_PURPOSE) throw new ApiError('not-found', 'There is no such evidence.');
  return kept;
}
