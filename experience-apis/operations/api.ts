import { Type } from '@sinclair/typebox';
import { defineApi } from '#chassis/deployable/api-module.ts';
import { operations } from '#contracts/generated/experience/operations/v1.ts';
import { eventOperations } from './events.ts';
import { evidenceOperations } from './evidence.ts';
import { exceptionOperations } from './exceptions.ts';
import { historyOperations } from './history.ts';
import { interventionOperations } from './interventions.ts';
import { lifeOperations } from './lives.ts';

/** What those who run the platform see and do. It looks into the platform's own tables and never into a vendor. */
export const operationsApi = defineApi()({
  contract: operations,
  settings: Type.Object({}, { additionalProperties: false }),
  create(platform) {
    return {
      operations: {
        ...lifeOperations(platform),
        ...interventionOperations(platform),
        ...exceptionOperations(platform),
        ...eventOperations(platform),
        ...evidenceOperations(platform),
        ...historyOperations(platform),
      },
    };
  },
});
