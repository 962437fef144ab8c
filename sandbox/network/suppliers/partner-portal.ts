import type { Acknowledgement, Invoice, ShipNotice } from './documents.ts';

/**
 * The platform's partner API as the REST supplier uses it. Whoever starts the network gives an implementation over HTTP;
 * all sendings carry a key, under which a repeat has no further effect.
 */
export interface PartnerPortal {
  /**
   * Orders that are new, changed or cancelled since the cursor, oldest first.
   *
   * @param cursor as returned by the call before; undefined reads from the beginning
   */
  listOrders(supplierNumber: string, cursor: string | undefined): Promise<{ orders: PortalOrder[]; cursor: string | undefined }>;
  acknowledge(supplierNumber: string, acknowledgement: Acknowledgement, idempotencyKey: string): Promise<void>;
  sendShipNotice(supplierNumber: string, notice: ShipNotice, idempotencyKey: string): Promise<void>;
  sendInvoice(supplierNumber: string, invoice: Invoice, idempotencyKey: string): Promise<void>;
}

export interface PortalOrder {
  poNumber: string;
  /** Counts up with every change; starts at 1. */
  revision: number;
  status: 'issued' | 'cancelled';
  reference: string;
  facility: string;
  currency: string;
  lines: readonly {
    lineNumber: number;
    itemNumber: string;
    description: string;
    uom: string;
    quantity: string;
    price: string;
    needBy: string | null;
  }[];
}

/** The platform understood the document and does not want it: sending it again is no use. */
export class PortalRefusal extends Error {}
