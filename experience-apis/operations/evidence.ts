import type { Implementation } from '#chassis/contract/serve.ts';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { readByPerson } from '#chassis/payloads/read-by-person.ts';
import type { OperationsOperations } from '#contracts/generated/experience/operations/v1.ts';

/** Exchanges with systems behind that went wrong, decrypted for whoever has to find out why. */
export function evidenceOperations(platform: Pick<Platform, 'database' | 'payloads'>): Pick<Implementation<OperationsOperations>, 'readEvidence'> {
  return {
    async readEvidence({ evidenceId, body: { reason } }, { principal }) {
      if (principal.kind !== 'user') throw new ApiError('forbidden', 'Evidence is shown to people only.', { code: 'person-needed' });
      const { body, mediaType, readings } = await readByPerson(platform, evidenceId, { by: principal.subject, reason, facilities: principal.facilities });
      return { mediaType, body: body.toString('utf8'), readings };
    },
  };
}
