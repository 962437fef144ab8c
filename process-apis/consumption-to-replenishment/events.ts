import type { MoveFailure } from '#chassis/moves/engine.ts';
import type { Use } from '#contracts/generated/system/ehr/v1.ts';
import type { Tracking } from '#contracts/generated/system/erp/v1.ts';
import type { Place, Replenishment, UsedItem } from './consumption.ts';

/** A person's decision on a work item. */
interface Decision {
  by: string;
  at: string;
  note?: string;
  values?: Record<string, string | number | boolean>;
}

/** Everything that can happen to a use. */
export type ConsumptionEvent =
  // What its moves report
  | { type: 'identified'; use: Use; item: UsedItem; place: Place }
  | { type: 'unmapped'; problem: string }
  | { type: 'contradictory'; problem: string }
  | { type: 'place unknown'; problem: string }
  | { type: 'not in EHR'; problem: string }
  | { type: 'depleted'; movementNumber: string; cost: string; taken?: Tracking | undefined }
  | { type: 'deplete-stock.failed'; failure: MoveFailure; moveId: string }
  | { type: 'stock adjusted' }
  | { type: 'replenished'; replenishment: Replenishment | null }
  | { type: 'stores ran out'; replenishment: Replenishment | null; problem: string }
  | { type: 'returned' }
  // What the EHR says
  | { type: 'supply.use-withdrawn.v1' }
  // What people do
  | { type: 'map-item' } & Decision
  | { type: 'retry' } & Decision
  | { type: 'adjust-stock' } & Decision
  | { type: 'ignore' } & Decision;
