import type { Client } from '#chassis/contract/connect.ts';
import type { CredentialingOperations } from '#contracts/generated/system/credentialing/v1.ts';
import type { EhrOperations } from '#contracts/generated/system/ehr/v1.ts';
import type { ErpOperations } from '#contracts/generated/system/erp/v1.ts';
import type { HcmOperations } from '#contracts/generated/system/hcm/v1.ts';
import type { IdentityOperations } from '#contracts/generated/system/identity/v1.ts';
import type { SchedulingOperations } from '#contracts/generated/system/scheduling/v1.ts';

/** The system APIs that this process works with. */
export interface Systems {
  hcm: Client<HcmOperations>;
  credentialing: Client<CredentialingOperations>;
  identity: Client<IdentityOperations>;
  scheduling: Client<SchedulingOperations>;
  ehr: Client<EhrOperations>;
  erp: Client<ErpOperations>;
}
