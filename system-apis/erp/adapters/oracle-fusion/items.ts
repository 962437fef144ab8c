import Big from 'big.js';
import type { Item } from '#contracts/generated/system/erp/v1.ts';
import type { Clock } from '#chassis/time/clock.ts';
import { Cache, Lookup } from './cache.ts';
import type { FusionClient } from './client.ts';
import { refused } from './errors.ts';
import { firstFacility } from './facilities.ts';
import { itemOf, purchasingUnitOf, type ItemDetails } from './mapping/master-data.ts';
import { equals, oneOf, type Condition } from './query.ts';
import { brokenAnswer, type Row } from './record.ts';
import { Conversion, Gtin, Item as ItemRecord, RelatedItem, Unit } from './records.ts';
import type { FusionSettings } from './settings.ts';

export type ItemRow = Row<typeof ItemRecord>;

/** The item master. Movements need a row alone; a whole item also its identifiers, substitutes and units. */
export class Items {
  readonly #client: FusionClient;
  readonly #settings: FusionSettings;
  readonly #rows: Lookup<ItemRow>;
  readonly #whole: Lookup<Item>;
  readonly #units: Cache<Row<typeof Unit>[]>;

  constructor(client: FusionClient, settings: FusionSettings, clock: Clock) {
    this.#client = client;
    this.#settings = settings;
    const cache = { clock, lifeMs: settings.cacheMs, entries: settings.cacheEntries };
    this.#units = new Cache({ ...cache, entries: 1 });
    this.#rows = new Lookup(cache, async (numbers) => new Map((await this.#find([oneOf('ItemNumber', numbers)])).map((row) => [row.ItemNumber, row])));
    this.#whole = new Lookup(cache, async (numbers) => {
      const rows = await Promise.all(numbers.map((number) => this.#rows.get(number)));
      return new Map((await this.complete(rows.filter((row) => row !== undefined))).map((item) => [item.number, item]));
    });
  }

  row(number: string): Promise<ItemRow | undefined> {
    return this.#rows.get(number);
  }

  /** The row of an item that a body names. @throws refused */
  async named(number: string): Promise<ItemRow> {
    const row = await this.row(number);
    if (!row) throw refused('unknown-item', `The item master has no item ${number}.`);
    return row;
  }

  whole(number: string): Promise<Item | undefined> {
    return this.#whole.get(number);
  }

  units(): Promise<Row<typeof Unit>[]> {
    return this.#units.get('units', () => this.#client.all(Unit, 'unitsOfMeasure', {}));
  }

  /** Items as one organization keeps them; the master organization has them all. */
  scope(): Condition {
    return equals('OrganizationCode', firstFacility(this.#settings).organization);
  }

  /** Adds to rows what makes them whole: three questions, and one for each unit in which they are bought. */
  async complete(rows: readonly ItemRow[]): Promise<Item[]> {
    if (rows.length === 0) return [];
    const numbers = rows.map((row) => row.ItemNumber);
    const [gtins, substitutes, factors] = await Promise.all([
      this.#client.all(Gtin, 'GTINRelationships', { where: [oneOf('Item', numbers)] }),
      this.#client.all(RelatedItem, 'relatedItemRelationships', { where: [equals('RelationshipType', 'Substitute'), oneOf('Item', numbers)] }),
      this.#factors(rows),
    ]);
    const gtinsOf = Map.groupBy(gtins, (each) => each.Item);
    const substitutesOf = Map.groupBy(substitutes, (each) => each.Item);
    return rows.map((row) => {
      const details: ItemDetails = {
        deviceIdentifiers: (gtinsOf.get(row.ItemNumber) ?? []).map((each) => each.GTIN),
        substitutes: (substitutesOf.get(row.ItemNumber) ?? []).map((each) => each.RelatedItem),
        unitsPerPurchasingUnit: factors.get(row.ItemNumber) ?? 1,
      };
      const item = itemOf(row, details, this.#settings);
      this.#rows.know(item.number, row);
      this.#whole.know(item.number, item);
      return item;
    });
  }

  async #factors(rows: readonly ItemRow[]): Promise<Map<string, number>> {
    const larger = Map.groupBy(rows.filter((row) => purchasingUnitOf(row) !== row.PrimaryUOMCode), purchasingUnitOf);
    const units = larger.size > 0 ? await this.units() : [];
    const found = await Promise.all([...larger].map(async ([code, bought]) => {
      const unit = units.find((each) => each.UOMCode === code);
      if (!unit) throw brokenAnswer('an item in a unit that is not among the units');
      return this.#client.all(Conversion, `unitsOfMeasure/${unit.UOMId}/child/intraclassConversions`, { where: [oneOf('ItemNumber', bought.map((row) => row.ItemNumber))] });
    }));
    const factors = new Map(found.flat().map((each) => [each.ItemNumber, new Big(each.ConversionValue).toNumber()]));
    const missing = [...larger.values()].flat().some((row) => !factors.has(row.ItemNumber));
    if (missing) throw brokenAnswer('an item without conversion to the unit in which it is bought');
    return factors;
  }

  #find(where: Condition[]): Promise<ItemRow[]> {
    return this.#client.all(ItemRecord, 'itemsV2', { where: [this.scope(), ...where] });
  }
}
