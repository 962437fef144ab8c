import { cursorOf, type Page } from '#chassis/contract/page.ts';
import type { StockBalance } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { balancesOf } from './mapping/stock.ts';
import { DEFAULT_LIMIT, numbersIn } from './pages.ts';
import { Location, LotQuantity, ProductQuantity } from './records.ts';
import type { Tryton } from './tryton.ts';
import { date } from './wire.ts';

/**
 * Stock on hand, shelf by shelf: Tryton counts for the locations that the context names. The position in the list is
 * the shelf, the item and the lot.
 */
export function stockOperations({ client, directory, settings, deps }: Tryton): Pick<ErpPort, 'listStockBalances'> {
  return {
    async listStockBalances({ facility, itemNumber, location, cursor, limit = DEFAULT_LIMIT }): Promise<Page<StockBalance>> {
      const [atShelf = 0, atItem = 0, atLot = -1] = numbersIn(cursor, 3) ?? [];
      const warehouse = (await directory.warehouses()).find((each) => each.code === facility);
      if (!warehouse) return { items: [] };
      const shelves = await client.search(Location, [
        ['type', '=', 'storage'], ['code', '!=', null], ['parent', 'child_of', [warehouse.id], 'parent'], ['id', '>=', atShelf], ...(location === undefined ? [] : [['code', '=', location]]),
      ]);
      // One more than asked for tells whether there is a next page; one more still, since the position's own item comes again.
      const found: { position: string[]; balance: StockBalance }[] = [];
      const today = date(deps.clock.now().toISOString().slice(0, 10));
      for (const shelf of shelves) {
        const context = { locations: [shelf.id], with_childs: false, stock_date_end: today };
        const here = shelf.id === atShelf;
        const products = await client.search(ProductQuantity, [
          ['quantity', '!=', 0], ['code', '!=', null], ...(itemNumber === undefined ? [] : [['code', '=', itemNumber]]), ...(here ? [['id', '>=', atItem]] : []),
        ], { limit: limit + 2, context });
        const lots = products.length === 0 ? [] : await client.search(LotQuantity, [['product', 'in', products.map((product) => product.id)], ['quantity', '!=', 0]], { context });
        for (const product of products) {
          const rows = balancesOf(product, lots.filter((lot) => lot.product === product.id), { facility, location: shelf.code! }, settings.unitCodes);
          for (const { lot, balance } of rows) {
            if (here && product.id === atItem && lot <= atLot) continue;
            found.push({ position: [shelf.id, product.id, lot].map(String), balance });
          }
        }
        if (found.length > limit) break;
      }
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      return { items: shown.map(({ balance }) => balance), ...(found.length > limit && last ? { next: cursorOf(last.position) } : {}) };
    },
  };
}
