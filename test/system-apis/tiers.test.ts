import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileContract, type Contract } from '#chassis/contract/contract.ts';
import { TIERS, type TierName } from '#chassis/resilience/tiers.ts';
import { credentialing } from '#contracts/generated/system/credentialing/v1.ts';
import { ehr } from '#contracts/generated/system/ehr/v1.ts';
import { erp } from '#contracts/generated/system/erp/v1.ts';
import { hcm } from '#contracts/generated/system/hcm/v1.ts';
import { identity } from '#contracts/generated/system/identity/v1.ts';
import { procurementNetwork } from '#contracts/generated/system/procurement-network/v1.ts';
import { scheduling } from '#contracts/generated/system/scheduling/v1.ts';
import { FhirSettings as CredentialingSettings } from '../../system-apis/credentialing/adapters/fhir-r4/settings.ts';
import { FhirSettings } from '../../system-apis/ehr/adapters/fhir-r4/settings.ts';
import { FusionSettings } from '../../system-apis/erp/adapters/oracle-fusion/settings.ts';
import { withDefaults } from '../../system-apis/erp/adapters/tryton/settings.ts';
import { WorkdaySettings } from '../../system-apis/hcm/adapters/workday/settings.ts';
import { LdapSettings } from '../../system-apis/identity/adapters/ldap/settings.ts';
import { ScimSettings } from '../../system-apis/identity/adapters/scim/settings.ts';
import { UkgSettings } from '../../system-apis/scheduling/adapters/ukg/settings.ts';
import { CoupaSettings } from '../../system-apis/procurement-network/adapters/coupa/settings.ts';
import { X12Settings } from '../../system-apis/procurement-network/adapters/x12/settings.ts';

const tierOf = (contract: object) => compileContract(contract as Contract).tier;

/** What each API holds, and how patient its adapters are with their vendor when nothing is configured. */
const APIS: { contract: object; holds: string; tier: TierName; vendors: Record<string, number> }[] = [
  { contract: erp, holds: 'money, stock and orders', tier: 'critical', vendors: { 'oracle-fusion': FusionSettings.properties.timeoutMs.default as number, tryton: withDefaults({ url: 'http://erp.test', database: 'erp', user: 'u', password: 'p' }).timeoutMs } },
  { contract: procurementNetwork, holds: 'orders and invoices', tier: 'critical', vendors: { coupa: CoupaSettings.properties.timeoutMs.default as number, x12: X12Settings.properties.timeoutMs.default as number } },
  { contract: ehr, holds: 'what is looked up in records', tier: 'standard', vendors: { 'fhir-r4': FhirSettings.properties.timeoutMs.default as number } },
  { contract: hcm, holds: 'who works here', tier: 'standard', vendors: { workday: WorkdaySettings.properties.timeoutMs.default as number } },
  { contract: identity, holds: 'who may come in', tier: 'critical', vendors: { ldap: LdapSettings.properties.timeoutMs.default as number, scim: ScimSettings.properties.timeoutMs.default as number } },
  { contract: credentialing, holds: 'licences', tier: 'standard', vendors: { 'fhir-r4': CredentialingSettings.properties.timeoutMs.default as number } },
  { contract: scheduling, holds: 'shifts', tier: 'standard', vendors: { ukg: UkgSettings.properties.timeoutMs.default as number } },
];

describe('the tier of a system API', () => {
  for (const { contract, holds, tier, vendors } of APIS) {
    const { name } = compileContract(contract as Contract);
    test(`is stated by the contract: ${name}, which holds ${holds}, is ${tier}`, () => {
      assert.equal((contract as { document: { 'x-tier'?: string } }).document['x-tier'], tier);
      assert.equal(tierOf(contract), tier);
    });

    test(`gives each vendor of ${name} the time to answer before the caller is told that there was none`, () => {
      assert.deepEqual(Object.entries(vendors).filter(([, timeoutMs]) => !(timeoutMs < TIERS[tier].timeoutMs)), []);
    });
  }
});
