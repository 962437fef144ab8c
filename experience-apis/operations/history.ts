import type { Implementation } from '#chassis/contract/serve.ts';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { businessTransaction } from '#chassis/history/business-transaction.ts';
import type { BusinessTransaction, OperationsOperations } from '#contracts/generated/experience/operations/v1.ts';
import { keyIn } from './keys.ts';

/** What happened to an order, a case, a document. */
export function historyOperations({ database }: Pick<Platform, 'database'>): Pick<Implementation<OperationsOperations>, 'getBusinessTransaction'> {
  return {
    async getBusinessTransaction({ kind, value, correlationId, lifeId, ...page }, { principal }) {
      const { key } = keyIn(kind, value);
      const asked = [key && { key }, correlationId === undefined ? undefined : { correlationId }, lifeId === undefined ? undefined : { lifeId }].filter((each) => each !== undefined);
      if (asked.length !== 1) throw new ApiError('invalid-request', 'Ask by a business key, by a correlation id or by a life.', { errors: [{ pointer: 'parameter:kind', detail: 'or another of them is needed, and one only' }] });
      return await businessTransaction(database, { ...page, ...asked[0]! }, principal) as BusinessTransaction;
    },
  };
}
