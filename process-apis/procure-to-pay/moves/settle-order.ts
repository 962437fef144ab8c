import { move } from '#chassis/moves/move.ts';
import { compare, isZero, subtract } from '#chassis/money/money.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { Ledger } from '../ledger.ts';
import type { Policy } from '../policy.ts';
import type { Systems } from '../systems.ts';

export interface OrderToSettle {
  orderNumber: string;
  costCenter: string;
  currency: string;
}

/** More than this is no rounding. */
const ROUNDING = '0.05';

/** See that nothing received is left uninvoiced in the ledger, then close the order. Nothing to undo: closing is the end. */
export const settleOrder = ({ erp }: Systems, ledger: Ledger, clock: Clock, policy: Policy) =>
  move('settle-order', async (run, { orderNumber, costCenter, currency }: OrderToSettle) => {
    const { balance } = await run.step('read clearing account', () => erp.getAccountBalance({ account: policy.accounts.clearing, documentNumber: orderNumber }));
    const size = balance.replace('-', '');
    if (compare(size, ROUNDING) > 0) return { type: 'clearing-not-zero', balance };
    if (!isZero(balance)) {
      await run.step('post rounding', (idempotencyKey) => ledger.postRounding({
        reference: orderNumber, orderNumber, costCenter, currency, balance: subtract(balance, '0'), postedOn: clock.now().toISOString().slice(0, 10),
      }, idempotencyKey));
    }
    await run.step('close in ERP', (idempotencyKey) => erp.closePurchaseOrder({ orderNumber }, { idempotencyKey }));
    return { type: 'settled' };
  });
