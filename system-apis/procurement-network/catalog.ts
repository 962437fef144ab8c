import { cursorOf } from '#chassis/contract/page.ts';
import type { Implementation } from '#chassis/contract/serve.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { ProcurementNetworkOperations } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Channels } from './channels.ts';
import { keyIn } from './paging.ts';
import type { Catalog } from './port.ts';

export type CatalogOperations = Pick<Implementation<ProcurementNetworkOperations>, 'getCapabilities' | 'getContractPrice' | 'listCatalogEntries'>;

/** The names under which channels declare what they can do. */
export const CATALOG_CAPABILITY = 'contract-prices';

/** Prices are answered by the channel that keeps the catalogue, which need not be the one that carries the orders. */
export function catalogOperations(channels: Channels, clock: Clock): CatalogOperations {
  const today = () => clock.now().toISOString().slice(0, 10);

  function catalogOf(supplierNumber: string | undefined): Catalog {
    const { port } = channels.catalogFor(supplierNumber);
    if (port.catalog) return port.catalog;
    const { reason } = port.capabilities().find((each) => each.name === CATALOG_CAPABILITY) ?? {};
    throw new ApiError('not-supported', reason ?? 'No channel knows prices of this supplier.', { code: 'no-catalog' });
  }

  return {
    async getCapabilities({ supplierNumber }) {
      if (supplierNumber === undefined) {
        const capabilities = channels.all.flatMap(({ name, port }) => port.capabilities().map((each) => ({ ...each, name: `${name}/${each.name}` })));
        return { adapter: channels.all.map(({ adapter }) => adapter).join(', '), capabilities };
      }
      const { adapter, port } = channels.to(supplierNumber);
      const elsewhere = channels.catalogFor(supplierNumber).port.capabilities().find((each) => each.name === CATALOG_CAPABILITY);
      return { adapter, capabilities: port.capabilities().map((each) => (each.name === CATALOG_CAPABILITY && elsewhere ? elsewhere : each)) };
    },
    async getContractPrice({ supplierNumber, itemNumber, on }) {
      return catalogOf(supplierNumber).contractPrice({ supplierNumber, itemNumber, on: on ?? today() });
    },
    async listCatalogEntries({ supplierNumber, text, cursor, limit = 50 }) {
      const { items, next } = await catalogOf(supplierNumber).search({ supplierNumber, text, on: today(), after: keyIn(cursor), limit });
      return { items, ...(next === undefined ? {} : { next: cursorOf([next]) }) };
    },
  };
}
