import type { Adapter } from '#chassis/adapters/adapter.ts';
import type { Implementation } from '#chassis/contract/serve.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { HcmOperations } from '#contracts/generated/system/hcm/v1.ts';

/** The operations of the contract that the HR system itself answers; files come by another way. */
export type HrOperations = Omit<HcmOperations, 'listFiles' | 'getFile'>;

/**
 * What an adapter of an HR system offers. `call.repeated` says that an earlier attempt may have written already: the adapter
 * then looks for the `reference` before it writes again.
 */
export interface HcmPort extends Implementation<HrOperations> {
  /**
   * What became known of workers after a position. Asked again with the same position it finds at least the same, so that
   * nothing is lost when the answer could not be kept. Without a position it begins where its settings say. Absent where
   * the system has nothing that can be followed.
   */
  pollChanges?(position: unknown): Promise<ChangesFound>;
}

export interface ChangesFound {
  changes: ChangeFound[];
  /** JSON, to be kept together with what the changes led to; its meaning is the adapter's. */
  position: unknown;
  /** There is more to read at once. */
  hasMore: boolean;
}

export type WorkerChanged = EventData['worker.changed.v1'];

export type ChangeFound =
  | { state: 'understood'; change: WorkerChanged }
  /** It cannot be told as it stands. The detail says why without anything that was recorded. */
  | { state: 'troubled'; changeId: string; code: string; detail: string };

export type HcmAdapter = Adapter<HcmPort>;
