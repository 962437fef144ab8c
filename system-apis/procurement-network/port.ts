import type { Adapter, Capability } from '#chassis/adapters/adapter.ts';
import type { ContractPrice, OrderDispatch } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Inbound } from './documents/inbound.ts';

/**
 * A way to suppliers. Orders go out one by one; documents come in by a poll, by interchanges that are handed in, or
 * through the operations of the contract. A channel keeps nothing: whatever has to outlive the process is its host's.
 */
export interface Channel {
  capabilities(): Capability[];

  /**
   * Lets the supplier have the order. Returns when the supplier, or the network in its place, has taken it. When
   * `sending.repeated`, an earlier attempt may have got anywhere: look first, and go on where it stopped.
   *
   * @throws ApiError 'refused' when the supplier will not have it; 'unavailable' and its like when nobody knows
   */
  sendOrder(order: OrderDispatch, sending: Sending): Promise<void>;

  /** Lets the order stand as `order` says; lines it lacks are cancelled. Asked again for the same, it changes nothing. */
  reviseOrder(order: OrderDispatch, sending: Sending): Promise<void>;

  /** Cancels what has not left the supplier. Nothing to do for an order that the supplier never had. */
  withdrawOrder(order: OrderDispatch, sending: Sending): Promise<void>;

  /** Absent when the channel knows no prices. */
  catalog?: Catalog;
  /** Absent when nothing has to be fetched. */
  inbox?: Inbox;
  /** Absent when interchanges do not come this way. */
  interchanges?: Interchanges;
}

/** What a channel needs to know and to keep while it sends. */
export interface Sending {
  repeated: boolean;
  /**
   * The message for this version of the order: made once, with a number of its own, and kept before it is sent, so that
   * a repeat after a crash sends the very same. For channels whose messages carry numbers.
   */
  message(make: (number: number) => string): Promise<KeptMessage>;
  /** Writes down what the receiver answered to the message. */
  answered(accepted: boolean, answer: string): Promise<void>;
}

export interface KeptMessage {
  number: number;
  text: string;
  /** The receiver has acknowledged it already, in the answer to an earlier attempt or by itself. */
  acknowledged: boolean;
}

/** What may be bought at which price. */
export interface Catalog {
  /** @throws ApiError 'not-found' with code unknown-supplier, unknown-item or no-contract-price */
  contractPrice(wanted: { supplierNumber: string; itemNumber: string; on: string }): Promise<ContractPrice>;
  /** Entries that are valid on the day. A page may be short, or empty, and still have a `next`. */
  search(wanted: CatalogSearch): Promise<{ items: ContractPrice[]; next?: string }>;
}

export interface CatalogSearch {
  supplierNumber?: string | undefined;
  text?: string | undefined;
  on: string;
  after: string | undefined;
  limit: number;
}

/** Documents that the network keeps until they are fetched. */
export interface Inbox {
  /** Records that nobody confirmed yet, in the network's order; `next` while there may be more behind them. */
  poll(after: string | undefined): Promise<{ records: InboxRecord[]; next?: string }>;
  /** Tells the network that the record is stored here; it will not be offered again. */
  confirm(recordId: string): Promise<void>;
}

export interface InboxRecord {
  id: string;
  /** More than one when a record names several orders. */
  documents: Inbound[];
}

/** Interchanges that partners hand in, and what is answered to them. */
export interface Interchanges {
  /** @throws ApiError 'invalid-request' when the text does not say to whom an answer could go */
  open(text: string): OpenedInterchange;
}

export interface OpenedInterchange {
  /** Address of the sender; control numbers are its own count. */
  sender: string;
  controlNumber: string;
  supplierNumber?: string;
  /** Why the envelope is refused as a whole; nothing in it is read then. */
  refusal?: string;
  documents: Inbound[];
  /** How the sender took messages of ours. */
  verdicts: { number: number; accepted: boolean; text: string }[];
  /** Whether all sets in it were accepted on their form. */
  outcome: 'accepted' | 'partly-accepted' | 'rejected' | 'refused';
  /** The acknowledgement; empty when there is nothing to acknowledge. */
  answer(number: number, isDuplicate: boolean): string;
}

export type ChannelAdapter = Adapter<Channel>;
