import { addQuantities } from '#chassis/money/money.ts';
import type { Systems } from '../systems.ts';

interface Where {
  facility: string;
  location: string;
  itemNumber: string;
  /** Counts only what bears this lot or serial number. */
  tracking?: { lot?: string; serial?: string };
}

/** What the books hold of an item at a place, in stocking units. */
export async function stockOnHand(erp: Systems['erp'], { facility, location, itemNumber, tracking }: Where): Promise<number> {
  let total = 0;
  let cursor: string | undefined;
  do {
    const page = await erp.listStockBalances({ facility, itemNumber, location, limit: 200, ...(cursor ? { cursor } : {}) });
    const counted = page.items.filter((balance) => isSame(tracking?.lot, balance.tracking.lot) && isSame(tracking?.serial, balance.tracking.serial));
    total = addQuantities(total, ...counted.map((balance) => balance.quantity));
    cursor = page.next;
  } while (cursor);
  return total;
}

/** An item that is not kept by lot has none in the books, whatever the EHR wrote down. */
function isSame(wanted: string | undefined, kept: string | undefined): boolean {
  return wanted === undefined || kept === undefined || wanted === kept;
}
