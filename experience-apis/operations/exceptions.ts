import type { Implementation } from '#chassis/contract/serve.ts';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { listDependencies } from '#chassis/resilience/observe-dependencies.ts';
import { acknowledgeException, getException, listExceptions, resolveException } from '#chassis/watches/exceptions.ts';
import type { OperationsOperations } from '#contracts/generated/experience/operations/v1.ts';
import { keyIn } from './keys.ts';

type Served = Pick<Implementation<OperationsOperations>, 'listDependencies' | 'listExceptions' | 'getException' | 'acknowledgeException' | 'resolveException'>;

/** What does not go as it should: systems that are away, and what was expected of the business and did not come about. */
export function exceptionOperations({ database }: Pick<Platform, 'database'>): Served {
  return {
    listDependencies: async () => ({ items: await listDependencies(database) }),
    listExceptions: async ({ kind, value, ...query }, { principal }) => listExceptions(database, { ...query, ...keyIn(kind, value) }, principal),
    getException: ({ exceptionId }, { principal }) => getException(database, exceptionId, principal),
    acknowledgeException: ({ exceptionId }, { principal }) => acknowledgeException(database, exceptionId, principal),
    resolveException: ({ exceptionId, body }, { principal }) => resolveException(database, exceptionId, body, principal),
  };
}
