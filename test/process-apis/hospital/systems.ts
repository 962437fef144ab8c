import { Type } from '@sinclair/typebox';
import type { Contract } from '#chassis/contract/contract.ts';
import type { Implementation } from '#chassis/contract/serve.ts';
import { defineApi, type AnyApiModule, type Platform } from '#chassis/deployable/api-module.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { ehr } from '#contracts/generated/system/ehr/v1.ts';
import { erp } from '#contracts/generated/system/erp/v1.ts';
import { procurementNetwork } from '#contracts/generated/system/procurement-network/v1.ts';
import { listened, type Calls } from './calls.ts';
import { fakeEhr, type EhrBooks } from './ehr.ts';
import type { ErpBooks } from './erp-books.ts';
import { fakeErp } from './erp.ts';
import { fakeNetwork, type NetworkBooks } from './network.ts';

/** The systems below the processes, as they would be served by a deployable of their own. */
export function systemsInMemory(books: { erp: ErpBooks; network: NetworkBooks; ehr: EhrBooks }, calls: Calls, onCreate?: (platform: Platform<EventData>) => void): AnyApiModule[] {
  return [
    moduleOf(ehr, listened('ehr', fakeEhr(books.ehr), calls)),
    moduleOf(procurementNetwork, listened('network', fakeNetwork(books.network), calls)),
    moduleOf(erp, listened('erp', fakeErp(books.erp), calls), onCreate),
  ];
}

function moduleOf<Ops>(contract: Contract<Ops>, operations: Implementation<Ops>, onCreate?: (platform: Platform<EventData>) => void): AnyApiModule {
  return defineApi<EventData>()({
    contract,
    settings: Type.Object({}, { additionalProperties: false }),
    create(platform) {
      onCreate?.(platform);
      return { operations };
    },
  });
}
