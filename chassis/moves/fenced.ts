import { ApiError } from '../errors/failures.ts';

/** Another process has taken the move over: this one may write nothing more. */
export class Fenced extends ApiError {
  constructor() {
    super('conflict', 'Another process has taken this work over.', { code: 'fenced' });
  }
}

/**
 * SQL that is true of a move that this run still owns. The owner is not compared by `=`: with statistics of an idle moment,
 * when nobody owns a move, the planner would look it up by its owner, through the dead entries of all that the owner ever had.
 */
export function isHeldBy({ id, attempt, owner }: { id: string; attempt: string; owner: string }): string {
  return `id = ${id} and attempt = ${attempt} and owner is not distinct from ${owner}`;
}
