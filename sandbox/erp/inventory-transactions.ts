import Big from 'big.js';
import { AdfError } from './adf/errors.ts';
import type { Erp, Operation } from './operation.ts';
import { attempt } from './receipts.ts';
import { checkDate, portions, readDetail, Rejection } from './stock.ts';
import type { Detail, Portion } from './stock.ts';

/** What each type does to the first place and whether it names an account. */
const types: Readonly<Record<string, { sign: -1 | 1 | 0; account: boolean; transfer: boolean }>> = {
  'Miscellaneous Issue': { sign: -1, account: true, transfer: false },
  'Miscellaneous Receipt': { sign: 1, account: true, transfer: false },
  'Cycle Count Adjustment': { sign: 0, account: true, transfer: false },
  'Subinventory Transfer': { sign: -1, account: false, transfer: true },
  'Direct Organization Transfer': { sign: -1, account: false, transfer: true },
};

interface Transaction {
  type: string;
  organization: string;
  subinventory?: string;
  transfer_organization?: string;
  transfer_subinventory?: string;
  item_number: string;
  quantity: string;
  uom?: string;
  account_combination?: string;
  reference?: string;
  source_code?: string;
  transaction_date: string;
}

/** POST inventoryStagedTransactions: processed at once; what the stock refuses is a 201 with ProcessStatus ERROR. */
export const createInventoryTransaction: Operation = async (erp, body) => {
  body.ignore('OrganizationName', 'TransactionMode', 'ProcessCode', 'ProcessFlag', 'SourceHeaderId', 'SourceLineId', 'UseCurrentCostFlag', 'ReasonName', 'TransactionUOM', 'TransferOrganizationName');
  const transaction: Transaction = {
    type: body.needText('TransactionTypeName'),
    organization: body.needText('OrganizationCode'),
    subinventory: body.text('SubinventoryCode'),
    transfer_organization: body.text('TransferOrganizationCode'),
    transfer_subinventory: body.text('TransferSubinventory'),
    item_number: body.needText('ItemNumber'),
    quantity: body.needDecimal('TransactionQuantity'),
    uom: body.text('TransactionUnitOfMeasure') ?? body.text('TransactionUOM'),
    account_combination: body.text('AccountCombination'),
    reference: body.text('TransactionReference'),
    source_code: body.text('SourceCode'),
    transaction_date: body.time('TransactionDate') ?? erp.now().toISOString(),
  };
  const detail = readDetail(body.list('lots'), body.list('serials'));
  body.finish();
  if (!types[transaction.type]) throw new AdfError(400, `The transaction type ${transaction.type} is not valid.`, 'INV-2569300', '/TransactionTypeName');
  const id = await attempt(
    () => insertTransaction(erp, transaction, movements(erp, transaction, detail)),
    async (rejection) => {
      const rows = await erp.books.rows<{ id: string }>(`
        insert into inventory_transactions (type, organization, subinventory, transfer_organization, transfer_subinventory, item_number, quantity, uom, account_combination, reference,
          source_code, transaction_date, status, error_code, error_explanation)
        select type, organization, subinventory, transfer_organization, transfer_subinventory, item_number, quantity, uom, account_combination, reference,
          source_code, transaction_date, 'ERROR', $2, $3 from jsonb_populate_record(null::inventory_transactions, $1::jsonb) returning id::text`,
      [JSON.stringify(transaction), rejection.code, rejection.message]);
      return rows[0]!.id;
    });
  return { kind: 'created', id };
};

interface Movement extends Portion {
  organization: string;
  subinventory: string;
  unit_cost: string;
}

function movements(erp: Erp, transaction: Transaction, detail: Detail): Movement[] {
  const type = types[transaction.type]!;
  checkDate(erp, transaction.transaction_date);
  const item = rejecting('INV_ITEM_NOT_VALID', () => erp.master.item(transaction.item_number));
  const quantity = new Big(transaction.quantity);
  if (quantity.eq(0)) throw new Rejection('INV_QTY_ZERO', 'The quantity must not be zero.');
  if (type.sign !== 0 && quantity.s !== type.sign) throw new Rejection('INV_QTY_SIGN', `A ${transaction.type} needs a ${type.sign < 0 ? 'negative' : 'positive'} quantity.`);
  const uom = erp.master.uom(transaction.uom ?? item.stocking_uom) ?? '';
  const from = place(erp, transaction.organization, transaction.subinventory);
  if (type.account) {
    if (transaction.account_combination === undefined) throw new Rejection('INV_ACCOUNT_REQUIRED', 'Enter an account combination.');
    rejecting('INV_ACCOUNT_NOT_VALID', () => erp.master.combination(transaction.account_combination!, transaction.transaction_date.slice(0, 10)));
  }
  const incoming = quantity.gt(0);
  const parts = portions(erp, item, quantity.abs(), uom, detail, incoming);
  const moved = parts.map((part) => ({ ...part, ...from, unit_cost: item.unit_cost, quantity: new Big(part.quantity).times(incoming ? 1 : -1).toString() }));
  if (!type.transfer) return moved;
  const to = place(erp, transaction.transfer_organization ?? transaction.organization, transaction.transfer_subinventory);
  return [...moved, ...parts.map((part) => ({ ...part, ...to, unit_cost: item.unit_cost }))];
}

function place(erp: Erp, organization: string, subinventory: string | undefined): { organization: string; subinventory: string } {
  if (!erp.master.hasLocation(organization, subinventory ?? '')) throw new Rejection('INV_SUBINVENTORY_NOT_VALID', `The subinventory ${subinventory ?? ''} is not valid in organization ${organization}.`);
  return { organization, subinventory: subinventory! };
}

function rejecting<Result>(code: string, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (error instanceof AdfError) throw new Rejection(code, error.message);
    throw error;
  }
}

async function insertTransaction(erp: Erp, transaction: Transaction, moved: readonly Movement[]): Promise<string> {
  const rows = await erp.books.rows<{ id: string }>(`
    with header as (
      insert into inventory_transactions (type, organization, subinventory, transfer_organization, transfer_subinventory, item_number, quantity, uom, account_combination, reference,
        source_code, transaction_date, status)
      select type, organization, subinventory, transfer_organization, transfer_subinventory, item_number, quantity, uom, account_combination, reference,
        source_code, transaction_date, 'SUCCESS' from jsonb_populate_record(null::inventory_transactions, $1::jsonb)
      returning id, type, item_number, account_combination, reference),
    movements as (
      insert into stock_movements (organization, subinventory, item_number, lot, serial, expires_on, quantity, unit_cost, value, type, account_combination, reference, inventory_transaction_id)
      select r.organization, r.subinventory, h.item_number, r.lot, r.serial,
        coalesce(r.expires_on, (select max(b.expires_on) from stock_balances b where b.item_number = h.item_number and b.lot = r.lot and b.serial = r.serial)),
        r.quantity, r.unit_cost, round(r.quantity * r.unit_cost, 2), h.type, h.account_combination, h.reference, h.id
      from header h, jsonb_to_recordset($2::jsonb) as r(organization text, subinventory text, lot text, serial text, expires_on date, quantity numeric, unit_cost numeric)
      returning value, account_combination),
    entries as (
      insert into budget_entries (cost_centre, fiscal_year, kind, amount, checked, document, document_id)
      select k.cost_centre, $3::int, 'actual', -sum(m.value), false, 'INVENTORY', h.id
      from movements m cross join header h join account_combinations k on k.combination = m.account_combination
      where k.cost_centre <> '0000' group by k.cost_centre, h.id having sum(m.value) <> 0)
    select id::text from header`, [JSON.stringify(transaction), JSON.stringify(moved), erp.now().getUTCFullYear()]);
  return rows[0]!.id;
}
