import type { Client } from '#chassis/contract/connect.ts';
import type { Principal } from '#chassis/security/principal.ts';
import type { ConsumptionToReplenishmentOperations } from '#contracts/generated/process/consumption-to-replenishment/v1.ts';
import type { ProcureToPayOperations } from '#contracts/generated/process/procure-to-pay/v1.ts';
import type { ErpOperations } from '#contracts/generated/system/erp/v1.ts';
import { newLoaders, type Loaders } from './loaders.ts';

/** The APIs that the graph is drawn over. */
export interface Systems {
  procureToPay: Client<ProcureToPayOperations>;
  consumptionToReplenishment: Client<ConsumptionToReplenishmentOperations>;
  erp: Client<ErpOperations>;
}

/** What the resolvers of one request share. */
export interface GraphContext {
  person: Principal;
  systems: Systems;
  load: Loaders;
}

export function newContext(person: Principal, systems: Systems): GraphContext {
  return { person, systems, load: newLoaders(systems) };
}
