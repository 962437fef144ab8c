import { given, orNull, pageIn, requireFacility } from './arguments.ts';
import type { FieldsOf, Queries } from './nodes.ts';

export const stockQueries = {
  item: (_parent, { number }, { load }) => orNull(load.items.load(number)),
  stock(_parent, { facility, itemNumber, location, ...page }, { person, systems }) {
    requireFacility(person, facility);
    return systems.erp.listStockBalances({ facility, ...pageIn(page, 50), ...given({ itemNumber, location }) });
  },
} satisfies Pick<Queries, 'item' | 'stock'>;

export const stockTypes = {
  Item: {
    description: async ({ number }, _args, { load }) => (await load.items.load(number)).description,
    category: async ({ number }, _args, { load }) => (await load.items.load(number)).category,
    manufacturer: async ({ number }, _args, { load }) => (await load.items.load(number)).manufacturer ?? null,
    stockingUnit: async ({ number }, _args, { load }) => (await load.items.load(number)).stockingUnit,
    purchasingUnit: async ({ number }, _args, { load }) => (await load.items.load(number)).purchasingUnit,
    deviceIdentifiers: async ({ number }, _args, { load }) => (await load.items.load(number)).deviceIdentifiers,
  } satisfies FieldsOf<'Item'>,
  StockBalance: {
    item: (balance) => ({ number: balance.itemNumber }),
    lot: (balance) => balance.tracking.lot ?? null,
    serial: (balance) => balance.tracking.serial ?? null,
    expiresOn: (balance) => balance.tracking.expiresOn ?? null,
  } satisfies FieldsOf<'StockBalance'>,
};
