import { bind, type LifeDefinition,type WorkItemSpec } from '#chassis/lifecycle/life.ts';
import type { NewEvent } from '#chassis/events/event-log.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { Clock } from '#chassis/time/clock.ts';
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

export interface DefinitionDeps {
  systems: Systems;
  database: Database;
  clock: Clock;
  settings: Settings;
}

/** Binds the chart's words to moves, announcements and work items. */
export function definitionOf({ systems, database, clock, settings }: DefinitionDeps): LifeDefinition<Consumption> {
  // Settled when a move is asked for, so that its repeat after midnight is still the same request.
  const now = () => clock.now().toISOString();
  const stockOf = ({ use, item, place, failedDepletions }: Consumption): StockToDeplete => ({
    use, item: item!, place: place!, postedOn: now().slice(0, 10), reference: failedDepletions > 0 ? `${use.id}/${failedDepletions + 1}` : use.id,
  });
  // Uses of an item in one facility are booked in their order: what one counts in the books the next one changes.
  const inOrder = { lane: ({ use, item }: Consumption) => `stock:${use.facility!}/${item!.itemNumber}` };
  return {
    process: PROCESS,
    version: 1,
    tier: 'critical',
    machine: consumptionToReplenishment(settings),
    keys: ({ use, item, requisitionReference }) => ({ use: use.id, case: use.encounterId, item: item?.itemNumber, requisition: requisitionReference ?? undefined }),
    facility: ({ use }) => use.facility,
    defers: ['supply.use-withdrawn.v1'],
    moves: {
      identifyUse: bind(identifyUse(systems, database, settings), ({ use, namedItem }: Consumption) => ({ useId: use.id, namedItem })),
      depleteStock: bind(depleteStock(systems, settings), stockOf, inOrder),
      adjustStock: bind(adjustStock(systems, settings), stockOf, inOrder),
      returnToStock: bind(returnToStock(systems, settings), (consumption: Consumption) => ({ ...stockOf(consumption), cost: consumption.cost ?? '0', taken: consumption.taken ?? undefined }), inOrder),
      replenish: bind(replenish(systems, database, settings), ({ use, item, place }: Consumption) => ({
        useId: use.id, facility: use.facility!, quantity: use.quantity, at: now(), item: item!, place: place!,
      }), inOrder),
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
      'missing-item-mapping': ofAnalyst('Which item was used?', () => ['map-item', 'ignore']),
      'identifiers-differ': ofAnalyst('Identifiers of a use contradict each other', () => ['map-item', 'ignore']),
      'place-without-cost-center': ofAnalyst('Nobody bears the cost of this place', () => ['retry', 'ignore']),
      'use-not-in-ehr': ofAnalyst('The EHR does not hold this use', () => ['retry', 'ignore']),
      'stock-does-not-suffice': ofAnalyst('What was used could not be taken from stock', ({ isShort }) => isShort ? ['retry', 'adjust-stock'] : ['retry']),
      'stores-ran-out': ofAnalyst('The stores cannot refill the place of use', () => ['retry']),
    },
  };
}

function told<Type extends keyof EventData & string>(type: Type, subject: string, facility: string | undefined, data: EventData[Type]): NewEvent {
  return { type, subject, facility, data };
}

function ofAnalyst(title: string, resolutions: (consumption: Consumption) => readonly string[]): (consumption: Consumption) => WorkItemSpec {
  return (consumption) => ({ owner: 'role:supply-chain-analyst', title, resolutions: resolutions(consumption), facts: factsOf(consumption) });
}

function factsOf({ use, item, problem }: Consumption): WorkItemSpec['facts'] {
  return {
    use: use.id, quantity: use.quantity, ...(use.facility ? { facility: use.facility } : {}), ...(use.department ? { department: use.department } : {}),
    ...(use.itemCode ? { codeSystem: use.itemCode.system, code: use.itemCode.code } : {}), ...(use.itemNumber ? { itemNumberInEhr: use.itemNumber } : {}),
    ...(use.tracking?.deviceIdentifier ? { deviceIdentifier: use.tracking.deviceIdentifier } : {}), ...(item ? { itemNumber: item.itemNumber } : {}), ...(problem ? { problem: problem.slice(0, 240) } : {}),
  };
}
