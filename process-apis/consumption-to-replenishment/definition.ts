import { bind, type LifeDefinition } from '#chassis/lifecycle/life.ts';
import type { NewEvent } from '#chassis/events/event-log.ts';
import type { WorkItemSpec } from '#chassis/lifecycle/life.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { Consumption } from './consumption.ts';
import { consumptionToReplenishment } from './lifecycle.ts';
import { adjustStock } from './moves/adjust-stock.ts';
import { depleteStock, type StockToDeplete } from './moves/deplete-stock.ts';
import { identifyUse } from './moves/identify-use.ts';
import { replenish } from './moves/replenish.ts';
import { returnToStock } from './moves/return-to-stock.ts';
import type { Settings } from './settings.ts';
import type { Systems } from './systems.ts';

export const PROCESS = 'consumption-to-replenishment';

/** Binds the chart's words to moves, announcements and work items. */
export function definitionOf(systems: Systems, database: Database, settings: Settings): LifeDefinition<Consumption> {
  return {
    process: PROCESS,
    version: 1,
    tier: 'standard',
    machine: consumptionToReplenishment,
    keys: ({ use, item, requisitionReference }) => ({ use: use.id, case: use.encounterId, item: item?.itemNumber, requisition: requisitionReference ?? undefined }),
    facility: ({ use }) => use.facility,
    moves: {
      identifyUse: bind(identifyUse(systems, database, settings), ({ use, mappedItem }: Consumption) => ({ use, mappedItem })),
      depleteStock: bind(depleteStock(systems, settings), stockOf),
      adjustStock: bind(adjustStock(systems), stockOf),
      returnToStock: bind(returnToStock(systems, settings), (consumption: Consumption) => ({ ...stockOf(consumption), cost: consumption.cost ?? '0' })),
      replenish: bind(replenish(systems, database, settings), ({ use, item, place }: Consumption) => ({
        useId: use.id, facility: use.facility!, quantity: use.quantity, occurredAt: use.occurredAt ?? use.recordedAt, item: item!, place: place!,
      })),
    },
    announcements: {
      tellDepleted: ({ use, item, place, movementNumber, cost }) => told('stock.depleted.v1', use.id, use.facility, {
        useId: use.id, movementNumber: movementNumber!, facility: use.facility!, location: place!.location, itemNumber: item!.itemNumber, quantity: use.quantity, costCenter: place!.costCenter,
        value: cost!, currency: item!.currency, ...(use.encounterId ? { caseReference: use.encounterId } : {}),
      }),
      tellReplenishment: ({ use, replenishment }) => told('replenishment.requested.v1', replenishment!.reference, use.facility, {
        ...replenishment!, facility: use.facility!, useId: use.id,
        ...(use.encounterId ? { encounterId: use.encounterId } : {}), ...(use.department ? { department: use.department } : {}),
      }),
    },
    workItems: {
      'missing-item-mapping': ofAnalyst('Which item was used?', ['map-item', 'ignore']),
      'identifiers-differ': ofAnalyst('Identifiers of a use contradict each other', ['map-item', 'ignore']),
      'place-without-cost-center': ofAnalyst('Nobody bears the cost of this place', ['retry', 'ignore']),
      'use-not-in-ehr': ofAnalyst('The EHR does not hold this use', ['retry', 'ignore']),
      'stock-does-not-suffice': ofAnalyst('More was used than the books hold', ['retry', 'adjust-stock']),
    },
  };
}

function stockOf({ use, item, place }: Consumption): StockToDeplete {
  return { use, item: item!, place: place! };
}

function told<Type extends keyof EventData & string>(type: Type, subject: string, facility: string | undefined, data: EventData[Type]): NewEvent {
  return { type, subject, facility, data };
}

function ofAnalyst(title: string, resolutions: readonly string[]): (consumption: Consumption) => WorkItemSpec {
  return ({ use, item, problem }) => ({
    owner: 'role:supply-chain-analyst', title, resolutions,
    facts: {
      use: use.id, quantity: use.quantity, ...(use.facility ? { facility: use.facility } : {}), ...(use.department ? { department: use.department } : {}),
      ...(use.itemCode ? { codeSystem: use.itemCode.system, code: use.itemCode.code } : {}), ...(use.itemNumber ? { itemNumberInEhr: use.itemNumber } : {}),
      ...(use.tracking?.deviceIdentifier ? { deviceIdentifier: use.tracking.deviceIdentifier } : {}), ...(item ? { itemNumber: item.itemNumber } : {}), ...(problem ? { problem } : {}),
    },
  });
}
