import type { Client } from '#chassis/contract/connect.ts';
import type { EhrOperations } from '#contracts/generated/system/ehr/v1.ts';
import type { ErpOperations } from '#contracts/generated/system/erp/v1.ts';

/** The system APIs that this process works with. */
export interface Systems {
  erp: Client<ErpOperations>;
  ehr: Client<EhrOperations>;
}
