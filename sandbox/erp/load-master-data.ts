import Big from 'big.js';
import { accountCombination, masterData, openingStock } from '../hospital/master-data.ts';
import type { Database } from './database.ts';

/** Empties the books and opens them anew: master data, periods, budgets, opening stock and the opening journal. */
export async function loadMasterData(database: Database, asOf: Date): Promise<void> {
  const tables = await database.rows<{ name: string }>("select tablename as name from pg_tables where schemaname = 'erp' and tablename <> 'migrations'");
  await database.rows(`truncate ${tables.map(({ name }) => name).join(', ')} restart identity`);
  await loadOrganisation(database);
  await loadPeriods(database, asOf);
  await loadSuppliersAndItems(database);
  await loadStock(database, asOf);
}

/** Rows go in as one JSON document, so that a table is one statement however long it is. */
function insert(database: Database, table: string, rows: readonly object[]): Promise<object[]> {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const list = columns.join(', ');
  return database.rows(`insert into ${table} (${list}) select ${list} from jsonb_populate_recordset(null::${table}, $1::jsonb)`, [JSON.stringify(rows)]);
}

async function loadOrganisation(database: Database): Promise<void> {
  await insert(database, 'facilities', masterData.facilities.map(({ code, name, entity }) => ({ code, name, entity })));
  await insert(database, 'locations', masterData.locations.map((each) => ({ organization: each.facility, code: each.code, name: each.name, cost_centre: each.costCentre })));
  await insert(database, 'units_of_measure', masterData.unitsOfMeasure.map(({ code, name }) => ({ code, name })));
  await insert(database, 'cost_centres', masterData.costCentres.map(({ code, name, closedOn }) => ({ code, name, closed_on: closedOn })));
  await insert(database, 'accounts', masterData.accounts.map(({ code, name, type, needsCostCentre }) => ({ code, name, type, needs_cost_centre: needsCostCentre })));
  const combinations = masterData.facilities.flatMap((facility) => masterData.accounts.flatMap((account) => {
    const costCentres = account.needsCostCentre ? masterData.costCentres.filter((each) => each.facilities.includes(facility.code)).map((each) => each.code) : ['0000'];
    return costCentres.map((costCentre) => ({
      combination: accountCombination(facility.code, costCentre, account.code), entity: facility.entity, cost_centre: costCentre, account: account.code,
    }));
  }));
  await insert(database, 'account_combinations', combinations);
}

/** Three years around today. What ended before last month is closed, what begins later is not yet open. */
async function loadPeriods(database: Database, asOf: Date): Promise<void> {
  const year = asOf.getUTCFullYear();
  await database.rows(`
    insert into periods (name, starts_on, ends_on, status)
    select to_char(starts_on, 'Mon-YY'), starts_on, (starts_on + interval '1 month - 1 day')::date,
      case
        when starts_on < date_trunc('month', $2::date) - interval '1 month' then 'Closed'
        when starts_on > $2::date then 'Never opened'
        else 'Open'
      end
    from (select generate_series($1::date, $1::date + interval '35 months', interval '1 month')::date as starts_on) m`,
  [`${year - 1}-01-01`, isoDate(asOf)]);
  const budgets = Object.entries(masterData.yearlyBudgets).flatMap(([costCentre, budget]) =>
    [year - 1, year, year + 1].map((fiscalYear) => ({ cost_centre: costCentre, fiscal_year: fiscalYear, budget })));
  await insert(database, 'budgets', budgets);
}

async function loadSuppliersAndItems(database: Database): Promise<void> {
  await insert(database, 'payment_terms', masterData.paymentTerms.map((each) => ({
    code: each.code, due_days: each.dueDays, discount_percent: each.discountPercent, discount_days: each.discountDays,
  })));
  await insert(database, 'suppliers', masterData.suppliers.map((each) => ({
    number: each.number, name: each.name, status: each.status.toUpperCase(), tax_id: each.taxId, payment_terms: each.paymentTerms,
    email: each.orderEmail, channel: each.channel, channel_address: each.channelAddress, gln: each.gln,
  })));
  await database.rows(`
    insert into supplier_sites (supplier_id, code, purchasing, pay)
    select s.id, r.code, r.purchasing, r.pay
    from jsonb_to_recordset($1::jsonb) as r(supplier text, code text, purchasing boolean, pay boolean) join suppliers s on s.number = r.supplier order by r.supplier, r.code`,
  [JSON.stringify(masterData.suppliers.flatMap((supplier) => supplier.sites.map((site) => ({
    supplier: supplier.number, code: site.code, purchasing: site.purpose.includes('purchasing'), pay: site.purpose.endsWith('pay'),
  }))))]);
  await insertItems(database);
}

async function insertItems(database: Database): Promise<void> {
  await insert(database, 'items', masterData.items.map((each) => ({
    number: each.number, description: each.description, category: each.category, status: each.status, manufacturer: each.manufacturer,
    manufacturer_part: each.manufacturerPart, stocking_uom: each.stockingUom, purchasing_uom: each.purchasingUom, list_price: each.listPrice,
    contract_price: each.contractPrice, unit_cost: each.unitCost, lot_controlled: each.lotControlled, serial_controlled: each.serialControlled,
    expiry_controlled: each.expiryControlled, expense_account: each.expenseAccount, supplier_number: each.supplier,
    supplier_item: each.supplierItem, substitute: each.substitute,
  })));
  await insert(database, 'item_conversions', masterData.items.flatMap((each) => Object.entries(each.conversions).map(([uom, factor]) => ({ item_number: each.number, uom, factor }))));
  await insert(database, 'item_gtins', masterData.items.flatMap((each) => each.gtins.map(({ gtin, uom }) => ({ gtin, item_number: each.number, uom }))));
  await insert(database, 'item_cross_references', masterData.items.flatMap((each) => each.clinicalCodes.map(({ system, code }) => ({ item_number: each.number, system, code }))));
  await insert(database, 'agreements', masterData.suppliers.filter((each) => each.status === 'active').map((each) => ({
    number: `BPA-${each.number.slice(4)}`, supplier_number: each.number, description: `Contract prices, ${each.name}`,
  })));
}

async function loadStock(database: Database, asOf: Date): Promise<void> {
  await insert(database, 'stocking_rules', masterData.stockingRules.map((each) => ({
    organization: each.facility, subinventory: each.location, item_number: each.item, minimum: each.reorderPoint, maximum: each.maximum,
    source_type: each.replenishFrom === 'supplier' ? 'Supplier' : 'Subinventory',
    source_subinventory: each.replenishFrom === 'supplier' ? null : 'STORES',
  })));
  const movements = openingStock(asOf).flatMap((each) => {
    const place = { organization: each.facility, subinventory: each.location, item_number: each.item, lot: each.lot ?? '', expires_on: each.expiresOn };
    return each.serials
      ? each.serials.map((serial) => ({ ...place, serial, quantity: 1 }))
      : [{ ...place, serial: '', quantity: each.quantity }];
  });
  await database.rows(`
    insert into stock_movements (organization, subinventory, item_number, lot, serial, expires_on, quantity, unit_cost, value, type, reference)
    select r.organization, r.subinventory, r.item_number, r.lot, r.serial, r.expires_on, r.quantity, i.unit_cost,
      round(r.quantity * i.unit_cost, 2), 'Opening balance', 'OPENING'
    from jsonb_to_recordset($1::jsonb) as r(organization text, subinventory text, item_number text, lot text, serial text, expires_on date, quantity numeric)
    join items i on i.number = r.item_number`, [JSON.stringify(movements)]);
  await postOpeningJournal(database, asOf);
}

async function postOpeningJournal(database: Database, asOf: Date): Promise<void> {
  const values = await database.rows<{ entity: string; value: string }>(`
    select f.entity, coalesce(sum(b.value), 0)::text as value
    from facilities f left join stock_balances b on b.organization = f.code group by f.entity order by f.entity`);
  const cash = '50000000.00';
  const lines = values.flatMap(({ entity, value }) => [
    { account: `${entity}-0000-1310`, debit: value, credit: '0' },
    { account: `${entity}-0000-1010`, debit: cash, credit: '0' },
    { account: `${entity}-0000-3010`, debit: '0', credit: new Big(value).plus(cash).toFixed(2) },
  ]);
  await database.rows(`
    with batch as (insert into journal_batches (name, description, source) values ('OPENING', 'Opening balances', 'Opening') returning id),
    journal as (
      insert into journals (batch_id, name, description, reference, category, currency, period, effective_date)
      select batch.id, 'OPENING', 'Opening balances', 'OPENING', 'Opening', 'USD', p.name, $2::date
      from batch, periods p where $2::date between p.starts_on and p.ends_on returning id)
    insert into journal_lines (journal_id, line_number, account_combination, debit, credit, description)
    select journal.id, r.number, r.line->>'account', (r.line->>'debit')::numeric, (r.line->>'credit')::numeric, 'Opening balance'
    from journal, jsonb_array_elements($1::jsonb) with ordinality as r(line, number)`, [JSON.stringify(lines), isoDate(asOf)]);
}

export function isoDate(date: Date): string {
  return date.toISOString().slice(0, 10);
}
