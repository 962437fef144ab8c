import Big from 'big.js';
import { AdfError } from './adf/errors.ts';
import type { Database } from './database.ts';

export interface MasterItem {
  number: string;
  description: string;
  status: string;
  stocking_uom: string;
  purchasing_uom: string;
  list_price: string;
  unit_cost: string;
  lot_controlled: boolean;
  serial_controlled: boolean;
  expiry_controlled: boolean;
}

export interface MasterSupplier {
  id: string;
  number: string;
  name: string;
  status: string;
  payment_terms: string;
  sites: { code: string; purchasing: boolean; pay: boolean }[];
}

interface Combination {
  combination: string;
  cost_centre: string;
  closed_on: string | null;
}

interface Period {
  name: string;
  starts_on: string;
  ends_on: string;
  status: string;
}

/** Master data in memory: it changes rarely and every write is checked against it. */
export interface Master {
  item(number: string, path?: string): MasterItem;
  supplier(by: { name?: string; number?: string }): MasterSupplier;
  combination(text: string, on: string): Combination;
  hasOrganization(code: string): boolean;
  hasLocation(organization: string, code: string): boolean;
  uom(text: string): string | undefined;
  /** Stocking units in one of the unit. */
  factor(item: MasterItem, uom: string): Big | undefined;
  period(on: string): Period | undefined;
  dueDays(terms: string): number | undefined;
}

export async function readMaster(database: Database): Promise<Master> {
  const items = await byKey<MasterItem>(database, 'select * from items', (each) => each.number);
  const suppliers = await database.rows<MasterSupplier>(`
    select s.id::text, s.number, s.name, s.status, s.payment_terms, coalesce(json_agg(json_build_object('code', t.code, 'purchasing', t.purchasing, 'pay', t.pay)) filter (where t.id is not null), '[]') as sites
    from suppliers s left join supplier_sites t on t.supplier_id = s.id group by s.id`);
  const combinations = await byKey<Combination>(database, `
    select k.combination, k.cost_centre, c.closed_on::text from account_combinations k left join cost_centres c on c.code = k.cost_centre`, (each) => each.combination);
  const locations = new Set((await database.rows<{ place: string }>("select organization || '/' || code as place from locations")).map(({ place }) => place));
  const organizations = new Set((await database.rows<{ code: string }>('select code from facilities')).map(({ code }) => code));
  const uoms = new Map((await database.rows<{ code: string; name: string }>('select code, name from units_of_measure')).flatMap(({ code, name }) => [[code, code], [name, code]] as const));
  const factors = await byKey<{ key: string; factor: string }>(database, "select item_number || '/' || uom as key, factor::text from item_conversions", (each) => each.key);
  const periods = await database.rows<Period>('select name, starts_on::text, ends_on::text, status from periods');
  const terms = await byKey<{ code: string; due_days: number }>(database, 'select code, due_days from payment_terms', (each) => each.code);
  return {
    item(number, path) {
      const item = items.get(number);
      if (!item) throw new AdfError(400, `The item ${number} is not valid.`, 'EGP-2882031', path);
      if (item.status !== 'active') throw new AdfError(400, `The item ${number} is not purchasable in its status.`, 'EGP-2882032', path);
      return item;
    },
    supplier({ name, number }) {
      const supplier = suppliers.find((each) => (number === undefined || each.number === number) && (name === undefined || each.name === name));
      if (!supplier || (name ?? number) === undefined) throw new AdfError(400, `The supplier ${number ?? name ?? ''} is not valid.`, 'POZ-2130390', '/Supplier');
      return supplier;
    },
    combination(text, on) {
      const combination = combinations.get(text);
      if (!combination) throw new AdfError(400, `The account combination ${text} is not valid.`, 'GL-781030');
      if (combination.closed_on !== null && combination.closed_on < on) {
        throw new AdfError(400, `The value ${combination.cost_centre} for the segment Cost Center has been disabled or has expired.`, 'GL-781036');
      }
      return combination;
    },
    hasOrganization: (code) => organizations.has(code),
    hasLocation: (organization, code) => locations.has(`${organization}/${code}`),
    uom: (text) => uoms.get(text),
    factor(item, uom) {
      if (uom === item.stocking_uom) return new Big(1);
      const found = factors.get(`${item.number}/${uom}`);
      return found && new Big(found.factor);
    },
    period: (on) => periods.find((each) => each.starts_on <= on && on <= each.ends_on),
    dueDays: (code) => terms.get(code)?.due_days,
  };
}

async function byKey<Row extends object>(database: Database, text: string, key: (row: Row) => string): Promise<Map<string, Row>> {
  return new Map((await database.rows<Row>(text)).map((row) => [key(row), row]));
}
