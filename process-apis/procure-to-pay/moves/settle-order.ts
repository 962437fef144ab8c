import { move } from '#chassis/moves/move.ts';
import { compare, isZero, lineAmount, subtract, sum, type Decimal } from '#chassis/money/money.ts';
import type { Ledger } from '../ledger.ts';
import type { Policy } from '../policy.ts';
import type { Systems } from '../systems.ts';

export interface OrderToSettle {
  orderNumber: string;
  facility: string;
  costCenter: string;
  currency: string;
  postedOn: string;
  /** Amounts that were rounded to cents on their way to the clearing account. */
  roundings: number;
  /** What came and nobody will bill: a person has decided that it is not owed. */
  accrual: Decimal;
  /** A person has decided that what is left is a variance. */
  writesOff: boolean;
}

/** See that nothing received is left uninvoiced in the ledger, then close the order. Nothing to undo: closing is the end. */
export const settleOrder = ({ erp }: Systems, ledger: Ledger, policy: Policy) =>
  move('settle-order', async (run, { orderNumber, facility, costCenter, currency, postedOn, roundings, accrual, writesOff }: OrderToSettle) => {
    const { balance } = await run.step('read clearing account', () => erp.getAccountBalance({ account: policy.accounts.clearing, documentNumber: orderNumber }));
    const left = subtract(balance, '0');
    // The clearing account owes the accrual, so that it stands on it as a credit.
    const unexplained = sum([left, accrual]).replace('-', '');
    if (!writesOff && compare(unexplained, lineAmount(roundings, '0.01')) > 0) return { type: 'clearing-not-zero', balance: left };
    if (!isZero(left)) {
      await run.step('post what is left', (idempotencyKey) => ledger.postClearing({ reference: orderNumber, orderNumber, facility, costCenter, currency, balance: left, postedOn }, idempotencyKey));
    }
    await run.step('close in ERP', (idempotencyKey) => erp.closePurchaseOrder({ orderNumber }, { idempotencyKey }));
    return { type: 'settled' };
  });
