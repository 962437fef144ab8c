import type { Implementation } from '#chassis/contract/serve.ts';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { lifeById, listLives } from '#chassis/lifecycle/observe-lives.ts';
import { listMoves, moveById } from '#chassis/moves/observe-moves.ts';
import type { OperationsOperations } from '#contracts/generated/experience/operations/v1.ts';
import { keyIn } from './keys.ts';

type Served = Pick<Implementation<OperationsOperations>, 'listLives' | 'getLife' | 'listMoves' | 'getMove'>;

/** Lives and moves, as far as the facilities of whoever asks. */
export function lifeOperations({ database }: Pick<Platform, 'database'>): Served {
  return {
    async listLives({ kind, value, ...query }, { principal }) {
      const key = keyIn(kind, value);
      if (!key.key && query.process === undefined) {
        throw new ApiError('invalid-request', 'Say which process, or which business key.', { errors: [{ pointer: 'parameter:process', detail: 'is needed where no key is given' }] });
      }
      return await listLives(database, { ...query, ...key }, principal.facilities);
    },
    getLife: async ({ lifeId }, { principal }) => await lifeById(database, lifeId, principal.facilities),
    listMoves: async (query, { principal }) => await listMoves(database, query, principal.facilities),
    getMove: async ({ moveId }, { principal }) => await moveById(database, moveId, principal.facilities),
  };
}
