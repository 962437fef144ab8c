import type { Implementation } from '#chassis/contract/serve.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { DispatchedOrder, OrderDispatch, ProcurementNetworkOperations } from '#contracts/generated/system/procurement-network/v1.ts';
import { PRICES } from './master-data.ts';

/** What suppliers have got to see of each order, every sending of it. */
export interface NetworkBooks {
  sent: DispatchedOrder[];
  withdrawn: string[];
  /** Orders that have left the supplier, so that it will not let go of them. */
  shipped: Set<string>;
  /** Suppliers that cannot be reached by anybody. */
  unknown: Set<string>;
  /** What a supplier does when it gets an order, before the sender has heard that it arrived. */
  onOrder?: (order: OrderDispatch) => Promise<void>;
  /** What happens while it looks for an order that is being withdrawn. */
  onWithdrawal?: () => Promise<void>;
}

export const newNetworkBooks = (): NetworkBooks => ({ sent: [], withdrawn: [], shipped: new Set(), unknown: new Set() });

export function fakeNetwork(books: NetworkBooks): Implementation<ProcurementNetworkOperations> {
  const notHere = async (): Promise<never> => { throw new ApiError('not-supported', 'This channel does not do that.'); };
  const sendingsOf = (orderNumber: string) => books.sent.filter((each) => each.orderNumber === orderNumber);

  const revisions = new Map<string, DispatchedOrder>();

  function send(body: OrderDispatch): DispatchedOrder {
    const sent: DispatchedOrder = { ...body, revision: sendingsOf(body.orderNumber).length, status: 'sent', channel: 'memory', sentAt: new Date().toISOString() };
    books.sent.push(sent);
    return sent;
  }

  return {
    getCapabilities: async () => ({ adapter: 'memory', capabilities: [] }),
    async getContractPrice({ supplierNumber, itemNumber }) {
      const price = PRICES.find((each) => each.supplierNumber === supplierNumber && each.itemNumber === itemNumber);
      if (!price) throw new ApiError('not-found', 'There is no contract.');
      return price;
    },
    listCatalogEntries: notHere,
    listOrders: notHere,
    async sendOrder({ body }, { repeated }) {
      if (books.unknown.has(body.supplierNumber)) throw new ApiError('refused', 'No channel leads to this supplier.', { code: 'unknown-supplier' });
      const known = repeated ? sendingsOf(body.orderNumber)[0] : undefined;
      if (known) return known;
      const sent = send(body);
      await books.onOrder?.(body);
      return sent;
    },
    getOrder: notHere,
    // The same order once more is news: the buyer holds to it. The repeat of a call is none.
    async reviseOrder({ body }, { idempotencyKey = '' }) {
      const known = revisions.get(idempotencyKey) ?? send(body);
      revisions.set(idempotencyKey, known);
      return known;
    },
    async withdrawOrder({ orderNumber }, { repeated }) {
      await books.onWithdrawal?.();
      if (books.shipped.has(orderNumber)) throw new ApiError('refused', 'It is on its way already.', { code: 'shipped-already' });
      const order = sendingsOf(orderNumber).at(-1);
      if (!order) throw new ApiError('not-found', 'There is no such order.');
      if (!repeated || !books.withdrawn.includes(orderNumber)) books.withdrawn.push(orderNumber);
      return { ...order, status: 'withdrawn' };
    },
    receiveAcknowledgement: notHere,
    receiveShipNotice: notHere,
    receiveInvoice: notHere,
    listDocuments: notHere,
    getDocument: notHere,
    receiveInterchange: notHere,
  };
}
