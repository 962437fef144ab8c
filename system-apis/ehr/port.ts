import type { Adapter } from '#chassis/adapters/adapter.ts';
import type { Implementation } from '#chassis/contract/serve.ts';
import type { Background } from '#chassis/deployable/background.ts';
import type { EhrOperations } from '#contracts/generated/system/ehr/v1.ts';

export type Use = EhrOperations['getUse']['output'];
export type Acknowledgement = EhrOperations['getMessage']['output']['acknowledgement'];

/** The operations of the contract that the record system itself answers. */
export type RecordOperations = Omit<EhrOperations, 'listMessages' | 'getMessage' | 'reprocessMessage'>;

/** What an adapter of a record system offers. */
export interface EhrPort extends Implementation<RecordOperations> {
  /**
   * What became known of uses after a position. Asked again with the same position it answers the same, so that nothing is
   * lost when the answer could not be kept. Without a position it begins where its settings say.
   */
  pollUses(position: unknown): Promise<UsesFound>;
  /** One use as it is now, for another try at one that could not be understood; undefined when it is gone. */
  readUse(useId: string): Promise<UseChange | undefined>;
}

export interface UsesFound {
  changes: UseChange[];
  /** JSON, to be kept together with what the changes led to; its meaning is the adapter's. */
  position: unknown;
  /** There is more to read at once. */
  hasMore: boolean;
}

/** A use that was new or changed. The version tells one state of a use from the next. */
export type UseChange = { useId: string; version: string } & (
  | { state: 'understood'; use: Use }
  /** It was entered in error. */
  | { state: 'withdrawn'; withdrawnAt: string }
  /** It cannot be told as it stands. The detail says why without anything that was recorded. */
  | { state: 'troubled'; code: string; detail: string });

export type EhrAdapter = Adapter<EhrPort>;

/** A protocol by which clinical systems send messages on their own. */
export interface MessagePort {
  /** Reads a message as far as the platform needs to know it. Pure: the same bytes are judged the same. */
  judge(bytes: Buffer): Judgement;
  /** Listens for messages. Each is answered only after `take` has stored it. */
  listen(take: TakeMessage): MessageListener;
}

export type MessageAdapter = Adapter<MessagePort>;

export interface MessageListener extends Background {
  /** The port listened on, once started. */
  readonly port: number;
}

/** What a message says of itself, and whether it is accepted. Texts that do not fit their form are left out. */
export interface Judgement {
  acknowledgement: Acknowledgement;
  /** What is wrong and where, never what was said there. */
  problem?: string;
  sender: string;
  controlId?: string;
  messageType?: string;
  version?: string;
  facility?: string;
  encounterId?: string;
}

export interface ReceivedBytes {
  bytes: Buffer;
  judgement: Judgement;
}

/** What the store made of a message: how it has to be answered, now and whenever it comes again. */
export interface TakenMessage {
  messageId: string;
  receivedAt: Date;
  acknowledgement: Acknowledgement;
  /** `contradicts`: an accepted message of this sender has the same control id and another content. */
  as: 'new' | 'repeated' | 'contradicts';
}

/** Resolves when the message is on disk; until then it must not be acknowledged. */
export type TakeMessage = (received: ReceivedBytes) => Promise<TakenMessage>;
