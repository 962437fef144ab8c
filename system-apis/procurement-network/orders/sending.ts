import type { Database } from '#chassis/storage/database.ts';
import type { KeptMessage, Sending } from '../port.ts';
import type { OrderRow } from './order-store.ts';

export type Purpose = 'original' | 'replacement' | 'cancellation';

interface MessageRow extends Record<string, unknown> {
  control_number: number;
  raw: string;
  outcome: 'prepared' | 'accepted' | 'rejected';
}

/** What a channel gets to know and to keep for one version of an order. */
export function sendingOf(database: Database, order: OrderRow, version: { revision: number; purpose: Purpose }, repeated: boolean): Sending {
  const { order_number: orderNumber, supplier_number: supplierNumber, channel } = order;
  const values = [orderNumber, version.revision, version.purpose];

  async function find(): Promise<MessageRow | undefined> {
    const [row] = await database.query<MessageRow>(
      `select control_number, raw, outcome from procurement_network.sent_interchanges
       where order_number = $1 and revision = $2 and purpose = $3 and outcome <> 'rejected'`, values);
    return row;
  }

  async function keep(make: (number: number) => string): Promise<MessageRow | undefined> {
    const number = await nextControlNumber(database);
    const [row] = await database.query<MessageRow>(
      `insert into procurement_network.sent_interchanges (order_number, revision, purpose, channel, supplier_number, control_number, raw) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict do nothing returning control_number, raw, outcome`, [...values, channel, supplierNumber, number, make(number)]);
    return row;
  }

  return {
    repeated,
    async message(make): Promise<KeptMessage> {
      const row = await find() ?? await keep(make) ?? await find();
      if (!row) throw new Error(`the message for order ${orderNumber} was not kept`);
      return { number: row.control_number, text: row.raw, acknowledged: row.outcome === 'accepted' };
    },
    async answered(accepted, answer) {
      await database.query(
        `update procurement_network.sent_interchanges set outcome = $4, answer = $5, answered_at = now()
         where order_number = $1 and revision = $2 and purpose = $3 and outcome = 'prepared'`,
        [...values, accepted ? 'accepted' : 'rejected', answer]);
    },
  };
}

/** One count for all interchanges that leave the platform, orders and acknowledgements alike. */
export async function nextControlNumber(on: Pick<Database, 'query'>): Promise<number> {
  const [row] = await on.query<{ number: number }>(`select nextval('procurement_network.control_numbers')::int as number`);
  if (!row) throw new Error('the sequence gave no control number');
  return row.number;
}
