import type { Lives } from '../lifecycle/lives.ts';
import type { Transaction } from '../storage/database.ts';
import type { Act } from './carry-out.ts';
import type { InterventionRow } from './intervention.ts';

/** Moves a life to another state, outside of the ways that its chart foresees. */
export async function forceLife(tx: Transaction, row: InterventionRow, lives: Lives): Promise<Act> {
  const forcing = { state: String(row.params['state']), quietly: row.params['quietly'] === true };
  const forced = await lives.planForce(tx, row.life_id!, forcing);
  return {
    basis: `revision ${forced.revision}`,
    plan: {
      does: [
        `The life goes from ${forced.from} to ${forced.to}.`,
        ...forced.takes.map((name) => `It takes ${name}, which was kept for later.`),
        ...forced.moves.map((name) => `It asks for the move ${name}.`),
        ...forced.announcements.map((name) => `It announces ${name}.`),
        ...forced.limits.map((name) => `The limit ${name} begins to run.`),
      ],
      beware: ['Moves that are under way go on, and what they report is taken by the new state if it has a use for it.', ...(forcing.quietly ? ['No move is asked for and nothing is announced.'] : [])],
    },
    async carryOut() {
      const by = [row.asked_by, row.decided_by].filter((each) => each !== null).join(' and ');
      await lives.force(tx, row.life_id!, forcing, by, { reason: row.reason, intervention: row.id });
    },
  };
}
