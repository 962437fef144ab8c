import type { Clock } from '#chassis/time/clock.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Domain, TrytonClient } from './client.ts';
import { notFound, refused } from './failures.ts';
import { Account, AccountingDefaults, Coded, Company, CostCenter, Location, Named, Period, Product, SupplierForDocuments, UnitOfMeasure, Warehouse } from './records.ts';
import type { Row, Shape } from './record.ts';
import type { CompleteSettings } from './settings.ts';
import { isClosed } from './mapping/master-data.ts';
import { unitCodeOf } from './mapping/units.ts';
import { date } from './wire.ts';

const REMEMBERED_MS = 60_000;
/** Records that were taken out of use are found as well, so that they can be told from those that never were. */
const WITH_INACTIVE = { context: { active_test: false } };

/**
 * Finds what callers name by code. What a body names and the books do not have is refused with the code of its kind.
 * Only things that change by configuration are remembered.
 */
export class Directory {
  readonly #client: TrytonClient;
  readonly #settings: CompleteSettings;
  readonly #clock: Clock;
  readonly #remembered = new Map<string, { until: number; value: Promise<unknown> }>();

  constructor(client: TrytonClient, settings: CompleteSettings, clock: Clock) {
    this.#client = client;
    this.#settings = settings;
    this.#clock = clock;
  }

  get supplierDomain(): Domain {
    return ['categories.name', '=', this.#settings.supplierCategory];
  }

  async supplier(number: string): Promise<Row<typeof SupplierForDocuments> & { code: string; addresses: number[] }> {
    const supplier = await this.#client.first(SupplierForDocuments, [['code', '=', number], this.supplierDomain]);
    if (!supplier) throw refused('unknown-supplier', 'There is no such supplier.');
    if (supplier.addresses.length === 0) throw refused('supplier-without-address', 'The supplier has no address in the ERP.');
    return supplier;
  }

  /** Each item once, however many lines name it. */
  async items(numbers: string[]): Promise<Map<string, Row<typeof Product>>> {
    const wanted = [...new Set(numbers)];
    const found = await this.#client.search(Product, [['code', 'in', wanted]]);
    const items = new Map(found.toReversed().flatMap((item) => (item.code ? [[item.code, item] as const] : [])));
    if (wanted.some((each) => !items.has(each))) throw refused('unknown-item', 'There is no such item.');
    return items;
  }

  async units(): Promise<Row<typeof UnitOfMeasure>[]> {
    return this.#remember('units', () => this.#client.search(UnitOfMeasure, []));
  }

  /** The unit that a code means for an item: the one it is kept in or the one it is bought in. */
  unitOf(item: Row<typeof Product>, code: string): { id: number; symbol: string; factor: number } {
    const units = [item['default_uom.'], item['purchase_uom.']].filter((unit) => unit !== null);
    const unit = units.find((each) => unitCodeOf(each.symbol, this.#settings.unitCodes) === code);
    if (!unit) throw refused('unknown-unit', 'The item is neither kept nor bought in this unit.');
    return unit;
  }

  async warehouses(): Promise<Row<typeof Warehouse>[]> {
    return this.#remember('warehouses', () => this.#client.search(Warehouse, [['type', '=', 'warehouse']]));
  }

  async facility(code: string): Promise<Row<typeof Warehouse>> {
    const found = (await this.warehouses()).find((warehouse) => warehouse.code === code);
    if (!found) throw refused('unknown-facility', 'There is no such facility.');
    return found;
  }

  async storageLocation(facility: { id: number }, code: string): Promise<Row<typeof Location>> {
    const location = await this.#client.first(Location, [['type', '=', 'storage'], ['code', '=', code], ['parent', 'child_of', [facility.id], 'parent']]);
    if (!location) throw refused('unknown-location', 'There is no such stock location in the facility.');
    return location;
  }

  /** A place outside of the hospital's shelves, by the first code that there is. */
  async virtualLocation(codes: string[]): Promise<Row<typeof Location>> {
    const found = await this.#client.search(Location, [['type', '=', 'lost_found'], ['code', 'in', codes]]);
    const location = codes.map((code) => found.find((each) => each.code === code)).find((each) => each !== undefined);
    if (!location) throw new ApiError('unavailable', `The ERP has no lost-and-found location ${codes.join(' or ')}.`, { code: 'vendor-set-up-incomplete' });
    return location;
  }

  async costCenterRoot(): Promise<number> {
    const root = await this.#remember('cost centre root', () => this.#client.first(Coded('analytic_account.account'), [['type', '=', 'root'], ['code', '=', this.#settings.costCenterRoot]]));
    return this.#setUp(root, `analytic root ${this.#settings.costCenterRoot}`);
  }

  async costCenterDomain(): Promise<Domain> {
    return [['root', '=', await this.costCenterRoot()], ['type', '=', 'normal']];
  }

  /** Cost centres that may be charged. */
  async openCostCenters(codes: string[]): Promise<Map<string, Row<typeof CostCenter>>> {
    const wanted = [...new Set(codes)];
    if (wanted.length === 0) return new Map();
    const found = await this.#client.search(CostCenter, [...await this.costCenterDomain(), ['code', 'in', wanted]], WITH_INACTIVE);
    const centers = byCode(found);
    if (wanted.some((each) => !centers.has(each))) throw refused('unknown-cost-center', 'There is no such cost centre.');
    if (found.some((each) => isClosed(each))) throw refused('cost-center-closed', 'The cost centre is closed.');
    return centers;
  }

  async accounts(codes: string[]): Promise<Map<string, Row<typeof Account>>> {
    const wanted = [...new Set(codes)];
    if (wanted.length === 0) return new Map();
    const accounts = byCode(await this.#client.search(Account, [['code', 'in', wanted], ['type', '!=', null], ['closed', '!=', true]]));
    if (wanted.some((each) => !accounts.has(each))) throw refused('unknown-account', 'There is no such account.');
    return accounts;
  }

  async currency(code: string): Promise<number> {
    const currency = await this.#remember(`currency ${code}`, () => this.#client.first(Coded('currency.currency'), [['code', '=', code]]));
    if (!currency) throw refused('unknown-currency', 'The ERP does not keep this currency.');
    return currency.id;
  }

  /** The currency that the company keeps its books in. */
  async companyCurrency(): Promise<string> {
    const { company } = await this.#client.context();
    const [found] = await this.#remember('company', () => this.#client.read(Company, [company]));
    if (!found) throw new ApiError('upstream-broken', 'The ERP does not know its own company.', { code: 'vendor-answer-invalid' });
    return found['currency.'].code;
  }

  /** What is owed to suppliers that have no account of their own. */
  async payableAccount(): Promise<number> {
    const defaults = await this.#remember('accounting defaults', () => this.#client.first(AccountingDefaults, []));
    const account = defaults?.default_account_payable;
    return this.#setUp(account ? { id: account } : undefined, 'default account for payables');
  }

  async journal(code: string): Promise<number> {
    return this.#setUp(await this.#remember(`journal ${code}`, () => this.#client.first(Coded('account.journal'), [['code', '=', code]])), `journal ${code}`);
  }

  async paymentMethod(): Promise<number> {
    const { paymentMethod } = this.#settings;
    return this.#setUp(await this.#remember('payment method', () => this.#client.first(Named('account.invoice.payment.method'), [['name', '=', paymentMethod]])), `payment method ${paymentMethod}`);
  }

  /** The open accounting period that a day falls into. */
  async period(day: string): Promise<number> {
    const period = await this.#client.first(Period, [['start_date', '<=', date(day)], ['end_date', '>=', date(day)], ['type', '=', 'standard'], ['state', '=', 'open']]);
    if (!period) throw refused('period-closed', 'No accounting period is open on that day.');
    return period.id;
  }

  #setUp(record: { id: number } | undefined, what: string): number {
    if (!record) throw new ApiError('unavailable', `The ERP has no ${what}.`, { code: 'vendor-set-up-incomplete' });
    return record.id;
  }

  /** What was not found is asked for again next time. */
  #remember<T>(key: string, load: () => Promise<T>): Promise<T> {
    const now = this.#clock.now().getTime();
    const known = this.#remembered.get(key);
    if (known && known.until > now) return known.value as Promise<T>;
    const forget = () => this.#remembered.delete(key);
    const value = load().then((found) => {
      if (found === undefined) forget();
      return found;
    }, (thrown: unknown) => {
      forget();
      throw thrown;
    });
    this.#remembered.set(key, { until: now + REMEMBERED_MS, value });
    return value;
  }
}

function byCode<R extends { code: string | null }>(rows: R[]): Map<string, R> {
  return new Map(rows.toReversed().flatMap((row) => (row.code ? [[row.code, row] as const] : [])));
}

/** The one row of a list that was asked for by number. */
export async function mustFind<S extends Shape>(client: TrytonClient, shape: S, domain: Domain, code: string, detail: string): Promise<Row<S>> {
  const row = await client.first(shape, domain, WITH_INACTIVE);
  if (!row) throw notFound(code, detail);
  return row;
}
