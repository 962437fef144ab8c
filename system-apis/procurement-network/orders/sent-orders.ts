import type { Implementation } from '#chassis/contract/serve.ts';
import { pageOf } from '#chassis/contract/page.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { ProcurementNetworkOperations } from '#contracts/generated/system/procurement-network/v1.ts';
import { filters, momentIn, placeIn } from '../paging.ts';
import { asCode } from '../values.ts';
import { unknownOrder } from './dispatch.ts';
import { asDispatched, findOrder, ORDER_COLUMNS, type OrderRow } from './order-store.ts';

export type SentOrderOperations = Pick<Implementation<ProcurementNetworkOperations>, 'listOrders' | 'getOrder'>;

/** Orders as they were sent last, in the order in which they were: a changed one comes again. */
export function sentOrderOperations(database: Database): SentOrderOperations {
  return {
    async listOrders({ supplierNumber, sentAfter, cursor, limit = 50 }) {
      const place = placeIn(cursor, (key) => asCode(key) === key);
      const { where, values, bind } = filters({ supplier_number: supplierNumber });
      where.push('sent_at is not null');
      if (sentAfter !== undefined) where.push(`sent_at > ${bind(momentIn(sentAfter, 'sentAfter'))}`);
      if (place) where.push(`(sent_at, order_number) > (${bind(place.at)}::timestamptz, ${bind(place.key)})`);
      const rows = await database.query<OrderRow>(
        `select ${ORDER_COLUMNS} from procurement_network.dispatched_orders where ${where.join(' and ')} order by sent_at, order_number limit ${bind(limit + 1)}`, values);
      return pageOf(rows, limit, (row) => [row.sent_at!.toISOString(), row.order_number], asDispatched);
    },
    async getOrder({ orderNumber }) {
      const row = await findOrder(database, orderNumber);
      if (!row || row.sent_at === null) throw unknownOrder();
      return asDispatched(row);
    },
  };
}
