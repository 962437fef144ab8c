import { ApiError } from '#chassis/errors/failures.ts';
import type { ContractPrice } from '#contracts/generated/system/procurement-network/v1.ts';
import { contractPriceFaults } from '../../documents/document-schemas.ts';
import { badCursor } from '#chassis/contract/page.ts';
import type { Catalog, CatalogSearch } from '../../port.ts';
import { asCode, decimal } from '../../values.ts';
import { invalidAnswer, PAGE_SIZE, type CoupaClient } from './client.ts';
import { recordReader, SupplierItem } from './records.ts';

const SUPPLIER_ITEMS = '/supplier_items';
const readSupplierItem = recordReader(SupplierItem);

/** Pages read for one page of ours; a search that finds little goes on with the next call. */
const PAGES_AT_ONCE = 5;
const MOST_CACHED = 10_000;

/** Contracts of these states bind, within their dates. Those that ended early are terminated or cancelled. */
const BINDING = new Set(['published', 'expired', 'completed']);

/**
 * Prices from Coupa's supplier items. What was read is used again for a while: a requisition asks for the same prices
 * several times within a second, and each question costs a part of the quota that orders need.
 */
export function coupaCatalogue(client: CoupaClient, cacheMs: number, now: () => number = () => performance.now()): Catalog {
  const cache = new Map<string, { entries: Promise<SupplierItem[]>; until: number }>();

  return {
    async contractPrice({ supplierNumber, itemNumber, on }) {
      const entries = await cached(supplierNumber, itemNumber);
      const [valid] = entries.filter((entry) => isValid(entry, on)).toSorted(newestFirst);
      if (!valid) throw await whatIsMissing(supplierNumber, itemNumber, entries.length > 0);
      return priceOf(valid);
    },
    search,
  };

  function cached(supplierNumber: string, itemNumber: string): Promise<SupplierItem[]> {
    const key = JSON.stringify([supplierNumber, itemNumber]);
    const known = cache.get(key);
    if (known && known.until > now()) return known.entries;
    if (cache.size >= MOST_CACHED) cache.delete(cache.keys().next().value!);
    const found = client.list(SUPPLIER_ITEMS, { 'supplier[number]': supplierNumber, 'item[item-number]': itemNumber });
    const held = { entries: found.then((entries) => entries.map(supplierItem)), until: now() + cacheMs };
    held.entries.catch(() => { if (cache.get(key) === held) cache.delete(key); });
    cache.set(key, held);
    return held.entries;
  }

  /** Coupa does not search texts of items here, so pages are read and looked through. */
  async function search({ supplierNumber, text, on, after, limit }: CatalogSearch): Promise<{ items: ContractPrice[]; next?: string }> {
    const items: ContractPrice[] = [];
    if (after !== undefined && !/^\d{1,9}$/.test(after)) throw badCursor();
    let last = after ?? '0';
    for (let page = 0; page < PAGES_AT_ONCE; page += 1) {
      const found = (await client.list(SUPPLIER_ITEMS, { ...(supplierNumber ? { 'supplier[number]': supplierNumber } : {}), 'id[gt]': last, order_by: 'id', dir: 'asc' })).map(supplierItem);
      for (const entry of found) {
        if (items.length === limit) return { items, next: last };
        last = String(entry.id);
        if (isValid(entry, on) && matches(entry, text)) items.push(priceOf(entry));
      }
      if (found.length < PAGE_SIZE) return { items };
    }
    return { items, next: last };
  }

  async function whatIsMissing(supplierNumber: string, itemNumber: string, isKnown: boolean): Promise<ApiError> {
    if (isKnown) return new ApiError('not-found', 'No contract for the item is valid on that day.', { code: 'no-contract-price' });
    const [[supplier], [item]] = await Promise.all([client.list('/suppliers', { number: supplierNumber, limit: '1' }), client.list('/items', { 'item-number': itemNumber, limit: '1' })]);
    if (supplier === undefined) return new ApiError('not-found', 'There is no such supplier.', { code: 'unknown-supplier' });
    if (item === undefined) return new ApiError('not-found', 'There is no such item.', { code: 'unknown-item' });
    return new ApiError('not-found', 'The supplier has no contract for the item.', { code: 'no-contract-price' });
  }
}

function supplierItem(given: unknown): SupplierItem {
  const result = readSupplierItem(given);
  if ('fault' in result) throw invalidAnswer(SUPPLIER_ITEMS, `is not as it should be: ${result.fault}`);
  return result.record;
}

function isValid({ contract }: SupplierItem, on: string): boolean {
  if (!contract || !BINDING.has(contract.status)) return false;
  const end = contract['end-date']?.slice(0, 10);
  return contract['start-date'].slice(0, 10) <= on && (end === undefined || on <= end);
}

function newestFirst(left: SupplierItem, right: SupplierItem): number {
  return (right.contract?.['start-date'] ?? '').localeCompare(left.contract?.['start-date'] ?? '') || left.id - right.id;
}

function matches({ item, 'supplier-part-num': part }: SupplierItem, text: string | undefined): boolean {
  if (text === undefined) return true;
  const wanted = text.toLowerCase();
  return [item['item-number'], item.name, part].some((each) => each?.toLowerCase().includes(wanted));
}

function priceOf(entry: SupplierItem): ContractPrice {
  const { item, contract } = entry;
  const part = asCode(entry['supplier-part-num']);
  const validTo = contract?.['end-date']?.slice(0, 10);
  const price: ContractPrice = {
    supplierNumber: entry.supplier.number, itemNumber: item['item-number'],
    ...(part === undefined ? {} : { supplierItemNumber: part }), ...(item.name ? { description: item.name.slice(0, 240) } : {}),
    contractNumber: contract?.number ?? '', unit: entry.uom.code, unitPrice: amountOf(entry.price), currency: entry.currency.code,
    validFrom: contract?.['start-date'].slice(0, 10) ?? '', ...(validTo === undefined ? {} : { validTo }),
  };
  const [fault] = contractPriceFaults(price);
  if (fault) throw invalidAnswer(SUPPLIER_ITEMS, `has an entry that cannot be used: ${fault.pointer} ${fault.detail}`);
  return price;
}

function amountOf(text: string): string {
  try {
    return decimal(text, '/price');
  } catch (cause) {
    throw invalidAnswer(SUPPLIER_ITEMS, 'has a price that is no amount', cause);
  }
}
