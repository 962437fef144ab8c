import Big from 'big.js';
import type { NewStockMovement } from '#contracts/generated/system/erp/v1.ts';
import { refused } from './errors.ts';
import type { Fusion } from './fusion.ts';
import type { ItemRow } from './items.ts';
import { firstExpired, isUsable } from './mapping/lots.ts';
import { trackingOf } from './mapping/master-data.ts';
import type { Portion } from './mapping/stock.ts';
import { equals } from './query.ts';
import { CompletedTransaction, OnHand } from './records.ts';

export interface Place {
  organization: string;
  subinventory: string;
}

/** Which lots and serials a movement takes or brings. */
export function createLots({ client, today }: Pick<Fusion, 'client' | 'today'>) {
  async function latest(itemNumber: string, attribute: 'LotNumber' | 'SerialNumber', value: string) {
    const { items: [row] } = await client.page(CompletedTransaction, 'inventoryCompletedTransactions', { where: [equals('ItemNumber', itemNumber), equals(attribute, value)], orderBy: 'TransactionId:desc', limit: 1 });
    return row;
  }

  /** An expiry that the caller does not know is known from an earlier movement of the lot. */
  async function expiryOf(itemNumber: string, { lot, serial }: NonNullable<NewStockMovement['tracking']>): Promise<string | undefined> {
    const row = lot === undefined ? await latest(itemNumber, 'SerialNumber', serial ?? '') : await latest(itemNumber, 'LotNumber', lot);
    return row?.LotExpirationDate?.slice(0, 10);
  }

  /** Of an issue or a transfer only what has not expired; a count takes what is there. */
  async function chosen(movement: NewStockMovement, { organization, subinventory }: Place, wanted: string): Promise<Portion[]> {
    const rows = await client.all(OnHand, 'inventoryOnhandBalances', { where: [equals('OrganizationCode', organization), equals('SubinventoryCode', subinventory), equals('ItemNumber', movement.itemNumber)] });
    const usable = movement.kind === 'adjustment' ? rows : rows.filter((row) => isUsable(row, today()));
    const portions = firstExpired(usable, wanted);
    if (portions) return portions;
    if (firstExpired(rows, wanted)) throw refused('expired-stock', 'Only lots that have expired are left; name the lot to take one of them.');
    throw refused('negative-stock', 'There is less in stock than would be taken.');
  }

  return {
    /** @throws refused */
    async portionsOf(movement: NewStockMovement, item: ItemRow, place: Place): Promise<Portion[]> {
      const controlled = trackingOf(item);
      const { lot, serial, expiresOn } = movement.tracking ?? {};
      if (!controlled.lot && !controlled.serial) return [];
      const size = new Big(movement.quantity).abs().toFixed();
      const incoming = movement.kind === 'receipt' || (movement.kind === 'adjustment' && movement.quantity > 0);
      const isNamed = controlled.serial ? serial !== undefined : lot !== undefined;
      if (!isNamed) {
        if (incoming || controlled.serial) throw refused('tracking-required', `The item is traced by ${controlled.serial ? 'serial number' : 'lot'}, and none was given.`);
        return chosen(movement, place, size);
      }
      const expiry = incoming && controlled.expiry ? expiresOn ?? await expiryOf(movement.itemNumber, movement.tracking!) : undefined;
      return [{ lot, ...(controlled.serial ? { serial } : {}), expiresOn: expiry, quantity: size }];
    },

    /** Whether the stock ever knew the lot or serial that a movement names. */
    async isKnown(itemNumber: string, { lot, serial }: NonNullable<NewStockMovement['tracking']>): Promise<boolean> {
      return (serial === undefined ? lot === undefined || await latest(itemNumber, 'LotNumber', lot) : await latest(itemNumber, 'SerialNumber', serial)) !== undefined;
    },
  };
}
