import type { Carrier } from './courier.ts';
import type { SupplierDocument } from './documents.ts';
import { PortalRefusal } from './partner-portal.ts';
import type { PartnerPortal } from './partner-portal.ts';

/** Hands documents in through the partner API. The number of the transmission is the key of the sending. */
export function portalCarrier(portal: PartnerPortal): Carrier {
  return async ({ id, supplierNumber, body }) => {
    const document: SupplierDocument = JSON.parse(body);
    const key = `${supplierNumber}-${document.kind}-${id}`;
    try {
      await handIn(portal, supplierNumber, document, key);
    } catch (error) {
      if (error instanceof PortalRefusal) return { outcome: 'refused', answer: error.message };
      throw error;
    }
    return { outcome: 'acknowledged', answer: key };
  };
}

function handIn(portal: PartnerPortal, supplierNumber: string, document: SupplierDocument, key: string): Promise<void> {
  switch (document.kind) {
    case 'acknowledgement':
      return portal.acknowledge(supplierNumber, document, key);
    case 'ship-notice':
      return portal.sendShipNotice(supplierNumber, document, key);
    case 'invoice':
      return portal.sendInvoice(supplierNumber, document, key);
  }
}
