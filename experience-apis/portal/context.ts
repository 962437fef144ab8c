import type { Client } from '#chassis/contract/connect.ts';
import type { Principal } from '#chassis/security/principal.ts';
import type { Process } from '#contracts/generated/experience/portal/graph.ts';
import type { ConsumptionToReplenishmentOperations } from '#contracts/generated/process/consumption-to-replenishment/v1.ts';
import type { ProcureToPayOperations } from '#contracts/generated/process/procure-to-pay/v1.ts';
import type { HireToRetireOperations } from '#contracts/generated/process/hire-to-retire/v1.ts';
import type { ErpOperations } from '#contracts/generated/system/erp/v1.ts';
import type { HcmOperations } from '#contracts/generated/system/hcm/v1.ts';
import { newLoaders, type Loaders } from './loaders.ts';

/** The APIs that the graph is drawn over. */
export interface Systems {
  procureToPay: Client<ProcureToPayOperations>;
  consumptionToReplenishment: Client<ConsumptionToReplenishmentOperations>;
  hireToRetire: Client<HireToRetireOperations>;
  erp: Client<ErpOperations>;
  hcm: Client<HcmOperations>;
}

/** What the resolvers of one request share. */
export interface GraphContext {
  person: Principal;
  systems: Systems;
  /** Those that are here. */
  processes: readonly Process[];
  load: Loaders;
}

export function newContext(person: Principal, systems: Systems, processes: readonly Process[]): GraphContext {
  return { person, systems, processes, load: newLoaders(systems) };
}
