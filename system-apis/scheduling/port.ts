import type { Adapter } from '#chassis/adapters/adapter.ts';
import type { Implementation } from '#chassis/contract/serve.ts';
import type { SchedulingOperations } from '#contracts/generated/system/scheduling/v1.ts';

export type Shift = SchedulingOperations['listShifts']['output']['items'][number];

/** What an adapter of a planning system offers: the operations of the contract, no more. */
export type SchedulingPort = Implementation<SchedulingOperations>;

export type SchedulingAdapter = Adapter<SchedulingPort>;
