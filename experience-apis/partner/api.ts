import { Type } from '@sinclair/typebox';
import { defineApi } from '#chassis/deployable/api-module.ts';
import { ApiError, asApiError } from '#chassis/errors/failures.ts';
import type { Principal } from '#chassis/security/principal.ts';
import { partner } from '#contracts/generated/experience/partner/v1.ts';
import { procurementNetwork, type DispatchedOrder, type StoredDocument } from '#contracts/generated/system/procurement-network/v1.ts';

/** What a supplier sees and says. Which supplier that is, the token says; nothing in a request can say otherwise. */
export const partnerApi = defineApi()({
  contract: partner,
  settings: Type.Object({}, { additionalProperties: false }),
  create(platform) {
    const network = platform.connect(procurementNetwork);

    /** An order of another supplier is answered exactly as one that does not exist. */
    async function ownOrder(orderNumber: string, principal: Principal): Promise<DispatchedOrder> {
      const supplierNumber = supplierOf(principal);
      const order = await network.getOrder({ orderNumber }).catch((thrown: unknown) => {
        if (asApiError(thrown).kind === 'not-found') return undefined;
        throw thrown;
      });
      if (order?.supplierNumber !== supplierNumber) throw new ApiError('not-found', 'You have no such order.');
      return order;
    }

    /** The order is looked up first, so that a document cannot name an order of somebody else. */
    async function addressed(orderNumber: string, principal: Principal): Promise<{ supplierNumber: string; orderNumber: string }> {
      const order = await ownOrder(orderNumber, principal);
      return { supplierNumber: order.supplierNumber, orderNumber: order.orderNumber };
    }

    return {
      operations: {
        listOrders: (query, { principal }) => network.listOrders({ ...query, supplierNumber: supplierOf(principal) }),
        getOrder: ({ orderNumber }, { principal }) => ownOrder(orderNumber, principal),
        async acknowledgeOrder({ orderNumber, body }, { principal, idempotencyKey }) {
          const address = await addressed(orderNumber, principal);
          return receiptOf(await network.receiveAcknowledgement({ body: { ...body, ...address } }, { idempotencyKey }));
        },
        async sendShipNotice({ orderNumber, body }, { principal, idempotencyKey }) {
          const address = await addressed(orderNumber, principal);
          return receiptOf(await network.receiveShipNotice({ body: { ...body, ...address } }, { idempotencyKey }));
        },
        async sendInvoice({ orderNumber, body }, { principal, idempotencyKey }) {
          const address = await addressed(orderNumber, principal);
          return receiptOf(await network.receiveInvoice({ body: { ...body, ...address } }, { idempotencyKey }));
        },
        async sendInterchange({ body }, { principal }) {
          requireExchange(principal);
          return network.receiveInterchange({ body });
        },
      },
    };
  },
});

function supplierOf(principal: Principal): string {
  const supplier = principal.bindings['supplier'];
  if (!supplier) throw new ApiError('forbidden', 'The token speaks for no supplier.', { code: 'no-supplier' });
  return supplier;
}

/**
 * Inside an interchange each document names its supplier itself, and procurement-network takes it at its word. So only a
 * client that carries for many may hand one in: a single supplier could otherwise write in the name of another.
 */
function requireExchange(principal: Principal): void {
  if (principal.bindings['exchange'] !== 'x12' || principal.bindings['supplier']) {
    throw new ApiError('forbidden', 'The token speaks for no exchange of X12.', { code: 'no-exchange' });
  }
}

/** A document that was stored but cannot be used is refused: a partner on the line can correct it at once. */
function receiptOf(document: StoredDocument): { documentId: string; receivedAt: string; duplicate: boolean } {
  if (document.status === 'rejected') throw new ApiError('refused', document.problem ?? 'The document cannot be used.', { code: 'document-rejected' });
  return { documentId: document.documentId, receivedAt: document.receivedAt, duplicate: document.duplicate };
}
