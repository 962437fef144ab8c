import { ApiError } from '#chassis/errors/failures.ts';
import type { OrderDispatch } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Channel } from '../../port.ts';
import { invalidAnswer, type CoupaClient } from './client.ts';
import { addedLines, agreesTo, AWAITS_BUYER, differences, newPurchaseOrder, REJECTED, restated, reunitedLines } from './order-mapping.ts';
import { Confirmation, PurchaseOrder, recordReader, type RecordReader } from './records.ts';
import { refused, VendorRefusal } from './refusals.ts';

const ORDERS = '/purchase_orders';
const CONFIRMATIONS = '/order_header_confirmations';
const readOrder = recordReader(PurchaseOrder);
const readConfirmation = recordReader(Confirmation);

/** Coupa keeps no idempotency key, but a po-number is there once: whoever is not sure looks for it. */
export function coupaOrders(client: CoupaClient): Pick<Channel, 'sendOrder' | 'reviseOrder' | 'withdrawOrder'> {
  return {
    /** A draft first, which the supplier does not see, then the issue. */
    async sendOrder(order, { repeated }) {
      const existing = repeated ? await find(order.orderNumber) : undefined;
      await issue(existing ?? await create(order), order);
    },

    async reviseOrder(order) {
      let record = await existing(order.orderNumber);
      requireChangeable(order, record);
      const objection = await openObjection(order);
      const isAccepted = objection?.status === AWAITS_BUYER && agreesTo(order, objection);
      if (isAccepted) {
        await accept(objection);
        record = await existing(order.orderNumber);
      }
      const changes = differences(order, record);
      // Nothing to change, and the supplier waits or has rejected: the lines as they are, once more, say that we hold to them.
      if (changes.length === 0 && objection !== undefined && !isAccepted) changes.push(...restated(order));
      if (changes.length === 0) return;
      await orRefused(() => client.write('PUT', `${ORDERS}/${record.id}`, { 'order-lines': changes }));
    },

    async withdrawOrder({ orderNumber }) {
      const record = await find(orderNumber);
      if (!record || record.status === 'cancelled') return;
      try {
        await client.write('PUT', `${ORDERS}/${record.id}/cancel`);
      } catch (error) {
        if (!(error instanceof VendorRefusal)) throw error;
        if ((await existing(orderNumber)).status !== 'cancelled') throw refused(error);
      }
    },
  };

  async function find(orderNumber: string): Promise<PurchaseOrder | undefined> {
    const [found] = await client.list(ORDERS, { 'po-number': orderNumber, limit: '1' });
    return found === undefined ? undefined : read(readOrder, found, ORDERS);
  }

  async function existing(orderNumber: string): Promise<PurchaseOrder> {
    const record = await find(orderNumber);
    if (!record) throw new ApiError('refused', 'The procurement network does not know the order.', { code: 'order-not-on-network' });
    return record;
  }

  async function create(order: OrderDispatch): Promise<PurchaseOrder> {
    try {
      return read(readOrder, await client.write('POST', ORDERS, newPurchaseOrder(order)), ORDERS);
    } catch (error) {
      if (!(error instanceof VendorRefusal)) throw error;
      if (error.says('po-number', /taken/)) return existing(order.orderNumber);
      throw refused(error);
    }
  }

  async function issue(record: PurchaseOrder, order: OrderDispatch): Promise<void> {
    if (record.supplier.number !== order.supplierNumber) throw new ApiError('conflict', 'The procurement network has another order of this number.', { code: 'order-number-taken' });
    if (record.status === 'cancelled') throw new ApiError('refused', 'The order was cancelled in the procurement network.', { code: 'order-state' });
    if (record.status !== 'draft') return;
    try {
      await client.write('PUT', `${ORDERS}/${record.id}/issue`);
    } catch (error) {
      if (!(error instanceof VendorRefusal)) throw error;
      const { status } = await existing(order.orderNumber);
      if (status === 'draft') await discard(record);
      if (status === 'draft' || status === 'cancelled') throw refused(error);
    }
  }

  /** Nobody will ask for it again under its number. One that stays is seen by nobody but whoever looks through drafts. */
  async function discard({ id }: PurchaseOrder): Promise<void> {
    try {
      await client.write('PUT', `${ORDERS}/${id}/cancel`);
    } catch (error) {
      if (!(error instanceof VendorRefusal)) throw error;
    }
  }

  /** What the supplier said last, where it waits for an answer to that or has rejected the order. */
  async function openObjection(order: OrderDispatch): Promise<Confirmation | undefined> {
    const found = await client.list(CONFIRMATIONS, { 'po-number': order.orderNumber, order_by: 'id', dir: 'desc', limit: '1' });
    return found.map((each) => read(readConfirmation, each, CONFIRMATIONS)).find(({ status }) => status === AWAITS_BUYER || status === REJECTED);
  }

  /** Says yes, when that is what our order asks for by now: then no new version has to be answered. */
  async function accept(proposal: Confirmation): Promise<void> {
    try {
      await client.write('POST', `${CONFIRMATIONS}/${proposal.id}/accept_header`);
    } catch (error) {
      // Answered in the meantime, or superseded: what is left to change shows in the order itself.
      if (!(error instanceof VendorRefusal && error.says('status', /./))) throw error instanceof VendorRefusal ? refused(error) : error;
    }
  }
}

function requireChangeable(order: OrderDispatch, record: PurchaseOrder): void {
  const [added] = addedLines(order, record);
  if (added) throw new ApiError('not-supported', NO_NEW_LINES, { code: 'lines-cannot-be-added' });
  const [reunited] = reunitedLines(order, record);
  if (reunited) throw new ApiError('refused', `The unit of line ${reunited.line} cannot be changed in the procurement network.`, { code: 'unit-cannot-change' });
}

export const NO_NEW_LINES = 'An order in the procurement network takes no new lines; send another order.';

function read<T>(reader: RecordReader<T>, record: unknown, resource: string): T {
  const result = reader(record);
  if ('fault' in result) throw invalidAnswer(resource, `is not as it should be: ${result.fault}`);
  return result.record;
}

async function orRefused<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw error instanceof VendorRefusal ? refused(error) : error;
  }
}
