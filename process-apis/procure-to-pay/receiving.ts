import { ApiError } from '#chassis/errors/failures.ts';
import type { Lives } from '#chassis/lifecycle/lives.ts';
import type { Row, Transaction } from '#chassis/storage/database.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { Delivery, Order } from './order.ts';
import { less, lineOf, quantityFor } from './order.ts';

interface Kept {
  type: string;
  delivery?: Delivery;
}

interface LifeRow extends Row {
  state: string;
  snapshot: { context: Order };
  /** Deliveries among them were reported while another one was being put into stock. */
  deferred: Kept[];
}

/** Takes what the dock reports, once per reference. What the order cannot take is refused while the driver is still there. */
export async function takeDelivery(tx: Transaction, { lives, clock }: { lives: Lives; clock: Clock }, orderId: string, delivery: Delivery): Promise<void> {
  const [life] = await tx.query<LifeRow>('select state, snapshot, deferred from chassis.lives where id = $1 for update', [orderId]);
  const order = life!.snapshot.context;
  const waiting = [...(order.delivery ? [order.delivery] : []), ...life!.deferred.flatMap((event) => event.type === 'delivered' && event.delivery ? [event.delivery] : [])];
  if ([...order.deliveries, ...waiting].some((each) => each.reference === delivery.reference)) return;
  check(life!.state, order, waiting, delivery);
  await lives.apply(tx, orderId, { type: 'delivered', delivery, at: clock.now().toISOString() }, delivery.by);
}

function check(state: string, order: Order, waiting: readonly Delivery[], { lines }: Delivery): void {
  if (!order.orderNumber) throw new ApiError('refused', 'The order is not placed yet.', { code: 'order-not-placed' });
  if (state.includes('cancellation.running')) throw new ApiError('in-progress', 'The order is being cancelled: let the boxes stand until that is settled.', { code: 'order-being-cancelled' });
  if (!state.startsWith('open.')) throw new ApiError('refused', 'Nothing is expected of this order: it is closed or cancelled.', { code: 'order-not-open' });
  const unknown = lines.findIndex((each) => !lineOf(order, each.line));
  if (unknown >= 0) throw new ApiError('refused', 'The order has no such line.', { code: 'unknown-line', errors: [{ pointer: `/lines/${unknown}/line`, detail: 'is not on the order' }] });
  const isExpected = order.lines.some((line) => less(line.quantity, line.receivedQuantity, ...waiting.map((each) => quantityFor(line.line, each.lines))) > 0);
  if (!isExpected || state.includes('goods.shortening')) {
    throw new ApiError('refused', 'Everything that was ordered has been received: send the surplus back or ask the buyer.', { code: 'nothing-expected' });
  }
}
