import type { OrderAcknowledgement, ShipNotice, StoredDocument, SupplierInvoice } from '#contracts/generated/system/procurement-network/v1.ts';
import type { KnownOrder } from '../orders/known-order.ts';

export type DocumentKind = StoredDocument['kind'];

/** A supplier's document in the platform's words. */
export type SupplierDocument =
  | { kind: 'acknowledgement'; content: OrderAcknowledgement }
  | { kind: 'ship-notice'; content: ShipNotice }
  | { kind: 'invoice'; content: SupplierInvoice };

/** What came in, as far as its channel can read it without knowing the order. */
export interface Inbound {
  kind: DocumentKind;
  /** Names this sending within its channel: a repeat of the same sending has the same, a document sent anew another. */
  source: string;
  /** As it came. */
  raw: string;
  mediaType: string;
  supplierNumber?: string | undefined;
  orderNumber?: string | undefined;
  number?: string | undefined;
  /** Why it cannot be used, when that is known already. */
  problem?: string;
  /**
   * The document in the platform's words, seen beside the order that it names.
   *
   * @throws UnusableDocument
   */
  read?(order: KnownOrder): SupplierDocument;
}
