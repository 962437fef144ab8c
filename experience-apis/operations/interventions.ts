import type { Implementation } from '#chassis/contract/serve.ts';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Json } from '#chassis/moves/move.ts';
import { lifeById } from '#chassis/lifecycle/observe-lives.ts';
import { moveById } from '#chassis/moves/observe-moves.ts';
import { nameOf, type Principal } from '#chassis/security/principal.ts';
import type { OperationsOperations } from '#contracts/generated/experience/operations/v1.ts';

type Served = Pick<Implementation<OperationsOperations>,
  'forceLife' | 'retryMove' | 'cancelMove' | 'rewindMove' | 'forkMove' | 'listInterventions' | 'getIntervention' | 'confirmIntervention' | 'withdrawIntervention'>;

/** What operators do to lives and moves; each in their own name and with a reason. */
export function interventionOperations({ database, interventions }: Pick<Platform, 'database' | 'interventions'>): Served {
  /** Whoever may not see it cannot touch it either. */
  const seeMove = (id: string, { facilities }: Principal) => moveById(database, id, facilities);
  const seeLife = (id: string, { facilities }: Principal) => lifeById(database, id, facilities);

  return {
    async forceLife({ lifeId, body: { state, quietly = false, reason } }, { principal, idempotencyKey: key }) {
      requirePerson(principal);
      await seeLife(lifeId, principal);
      return await interventions.ask({ kind: 'force-life', lifeId, state, quietly }, nameOf(principal), reason, { key });
    },
    async retryMove({ moveId, body: { reason, ...options } }, { principal, idempotencyKey: key }) {
      await seeMove(moveId, principal);
      return await interventions.ask({ kind: 'retry-move', moveId }, nameOf(principal), reason, { ...options, key });
    },
    async cancelMove({ moveId, body: { reason, ...options } }, { principal, idempotencyKey: key }) {
      await seeMove(moveId, principal);
      return await interventions.ask({ kind: 'cancel-move', moveId }, nameOf(principal), reason, { ...options, key });
    },
    async rewindMove({ moveId, body: { step, reason, ...options } }, { principal, idempotencyKey: key }) {
      await seeMove(moveId, principal);
      return await interventions.ask({ kind: 'rewind-move', moveId, step }, nameOf(principal), reason, { ...options, key });
    },
    async forkMove({ moveId, body: { step, input, reason } }, { principal, idempotencyKey: key }) {
      requirePerson(principal);
      await seeMove(moveId, principal);
      return await interventions.ask({ kind: 'fork-move', moveId, step, input: input as Json }, nameOf(principal), reason, { key });
    },
    listInterventions: async (query, { principal }) => await interventions.list(query, principal.facilities),
    getIntervention: async ({ interventionId }, { principal }) => await interventions.get(interventionId, principal.facilities),
    async confirmIntervention({ interventionId }, { principal }) {
      const { needsSecondPerson } = await interventions.get(interventionId, principal.facilities);
      if (needsSecondPerson) requirePerson(principal);
      return await interventions.confirm(interventionId, nameOf(principal));
    },
    async withdrawIntervention({ interventionId }, { principal }) {
      await interventions.get(interventionId, principal.facilities);
      return await interventions.withdraw(interventionId, nameOf(principal));
    },
  };
}

/** Where two people have to agree both have to be one. */
function requirePerson({ kind }: Principal): void {
  if (kind !== 'user') throw new ApiError('forbidden', 'Two people have to agree, and a machine is none.', { code: 'person-needed' });
}
