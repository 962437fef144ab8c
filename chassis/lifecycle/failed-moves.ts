import { randomUUID } from 'node:crypto';
import type { Transaction } from '../storage/database.ts';
import { MOVE_FAILED, type LifeEvent } from './life.ts';

/** What a move that failed for good tells its life. */
export interface MoveFailureEvent extends LifeEvent {
  failure: { kind: string; code?: string; detail: string; evidence?: string };
  moveId: string;
  /** Steps that could not be taken back. */
  notUndone?: string[];
}

export function isMoveFailure(event: LifeEvent): event is MoveFailureEvent {
  return event.type.endsWith('.failed') && typeof event['failure'] === 'object' && typeof event['moveId'] === 'string';
}

/** Where the chart has no answer to the failure, operators are asked. */
export async function openFailedMove(tx: Transaction, row: { id: string; process: string }, event: MoveFailureEvent, resolutions: string[], now: Date): Promise<void> {
  const { kind, code, evidence } = event.failure;
  const facts = { moveId: event.moveId, kind, ...(code ? { code } : {}), ...(evidence ? { evidence } : {}), ...(event.notUndone ? { notUndone: event.notUndone.join(', ') } : {}) };
  await tx.query(
    `insert into chassis.work_items (id, process, life_id, node, discriminator, kind, owner, facility, title, facts, resolutions, status, opened_at)
     select $1, $2, $3, 'move', $4, $5, 'role:integration-operations', facility, $6, $7, $8, 'open', $9 from chassis.lives where id = $3 on conflict do nothing`,
    [randomUUID(), row.process, row.id, event.moveId, MOVE_FAILED, `${event.type.replace(/\.failed$/, '')} failed: ${event.failure.detail}`.slice(0, 240), JSON.stringify(facts), resolutions, now]);
}
