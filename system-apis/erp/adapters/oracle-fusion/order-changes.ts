import type { ErpPort } from '../../port.ts';
import { hasCode, refused, tidied } from './errors.ts';
import type { Fusion } from './fusion.ts';
import { changeBody, isInEffect, orderOf, type OrderRow } from './mapping/orders.ts';
import { orderOfPath, readOrder, SUBMISSION } from './orders.ts';
import { where } from './query.ts';
import { DraftOrder } from './records.ts';

/**
 * A change is a draft beside the open order until it is submitted. It says how lines shall be, so a repeat sees from the
 * order whether it is done, and from the draft whether it only has to be submitted.
 */
export function orderChanges(fusion: Fusion): Pick<ErpPort, 'changePurchaseOrder'> {
  const { client, settings } = fusion;

  async function isPending({ POHeaderId }: OrderRow, description: string): Promise<boolean> {
    const { items: [draft] } = await client.page(DraftOrder, 'draftPurchaseOrders', { where: [where(`POHeaderId = ${POHeaderId}`)], limit: 1 });
    return draft?.ChangeOrderDescription === description;
  }

  return {
    async changePurchaseOrder({ orderNumber, body }, { repeated }) {
      const before = await orderOfPath(fusion, orderNumber);
      if (repeated && isInEffect(before, body)) return orderOf(before, settings);
      const path = `draftPurchaseOrders/${before.POHeaderId}`;
      const description = `${body.reason} [${body.reference}]`;
      if (!repeated || !(await isPending(before, description))) await client.change(path, changeBody(before, body, description));
      try {
        await client.act(`${path}/action/submit`, SUBMISSION);
        const after = await readOrder(fusion, before.POHeaderId);
        if (isInEffect(after, body)) return orderOf(after, settings);
        if (after.FundsStatus?.toUpperCase() === 'FAILED') throw refused('budget-exceeded', 'The budget of the cost centre does not suffice.');
        throw refused('change-not-applied', 'The ERP did not carry out the change.');
      } catch (failure) {
        if (hasCode(failure, 'order-not-open')) {
          const after = await readOrder(fusion, before.POHeaderId);
          // An attempt that was given up may have been faster.
          if (isInEffect(after, body)) return orderOf(after, settings);
        }
        // A change that stays pending would be carried out with the next one.
        return tidied(failure, () => client.act(`${path}/action/cancelChangeOrder`));
      }
    },
  };
}
