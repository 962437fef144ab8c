import { TIERS, type TierName } from '../resilience/tiers.ts';
import type { Queries } from '../storage/database.ts';

/** The longest wait between two attempts, whoever asks for it. */
const LONGEST_WAIT_MS = 3_600_000;

export function taskOf(process: string): string {
  return `moves:${process}`;
}

/** Asks for a run of the move after `waitMs`. Only the job that the move knows runs it; earlier ones do nothing. */
export async function addJob(tx: Queries, { process, moveId, tier, waitMs }: { process: string; moveId: string; tier: TierName; waitMs: number }): Promise<void> {
  await tx.query(
    `update chassis.moves set job_id = (
       select id from graphile_worker.add_job($1, json_build_object('move', $2::text), run_at := now() + $3::int * interval '1 millisecond', max_attempts := 1000, priority := $4::int))
     where id = $2::uuid`,
    [taskOf(process), moveId, Math.min(waitMs, LONGEST_WAIT_MS), TIERS[tier].priority]);
}
