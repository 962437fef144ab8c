/** The sandbox hospital's own organisation. Invented for this project; no such hospital exists. */

import { demonstrationGln } from './gtin.ts';

export interface Facility {
  code: string;
  name: string;
  /** First segment of an account combination: the balancing entity. */
  entity: string;
  /** Code of the inventory organization in the ERP. */
  inventoryOrganization: string;
  gln: string;
  address: { line: string; city: string; state: string; postalCode: string; country: string };
}

export interface CostCentre {
  code: string;
  name: string;
  facilities: readonly string[];
  /** Where this cost centre takes its supplies from, per facility. */
  locations: Readonly<Record<string, string>>;
  /** Last day on which it may be charged. */
  closedOn?: string;
}

export interface Account {
  code: string;
  name: string;
  type: 'asset' | 'liability' | 'equity' | 'revenue' | 'expense';
  /** Expense accounts are charged to a cost centre, all others to 0000. */
  needsCostCentre: boolean;
}

export interface Location {
  facility: string;
  /** Subinventory in the ERP. */
  code: string;
  name: string;
  costCentre: string;
}

export const legalEntity = { code: 'LAKESIDE', name: 'Lakeside Health', taxId: '00-0000000' } as const;
export const businessUnit = { code: 'LAKESIDE-US', name: 'Lakeside US Business Unit', ledger: 'Lakeside US Ledger', chart: 'Lakeside Chart', currency: 'USD' } as const;

export const facilities: readonly Facility[] = [
  { code: 'MAIN', name: 'Lakeside General Hospital', entity: '101', inventoryOrganization: 'MAIN', gln: demonstrationGln(101), address: { line: '1 Lakeside Drive', city: 'Springfield', state: 'MA', postalCode: '01101', country: 'US' } },
  { code: 'EAST', name: 'Lakeside East Clinic', entity: '102', inventoryOrganization: 'EAST', gln: demonstrationGln(102), address: { line: '40 Eastgate Road', city: 'Springfield', state: 'MA', postalCode: '01109', country: 'US' } },
];

export const costCentres: readonly CostCentre[] = [
  { code: '7010', name: 'Cardiac catheterisation laboratory', facilities: ['MAIN'], locations: { MAIN: 'CATHLAB' } },
  { code: '7020', name: 'Operating theatres', facilities: ['MAIN'], locations: { MAIN: 'THEATRE' } },
  { code: '7030', name: 'Electrophysiology', facilities: ['MAIN'], locations: { MAIN: 'EPLAB' } },
  { code: '7040', name: 'Emergency department', facilities: ['MAIN'], locations: { MAIN: 'ED' } },
  { code: '7050', name: 'Outpatient clinic', facilities: ['MAIN', 'EAST'], locations: { MAIN: 'CLINIC', EAST: 'CLINIC' } },
  { code: '7060', name: 'Maternity', facilities: ['MAIN'], locations: { MAIN: 'MATERNITY' } },
  { code: '7090', name: 'Central stores', facilities: ['MAIN', 'EAST'], locations: { MAIN: 'STORES', EAST: 'STORES' } },
  { code: '7999', name: 'Former day surgery (closed)', facilities: ['MAIN'], locations: {}, closedOn: '2024-06-30' },
];

export const accounts: readonly Account[] = [
  { code: '1010', name: 'Cash', type: 'asset', needsCostCentre: false },
  { code: '1310', name: 'Inventory of medical supplies', type: 'asset', needsCostCentre: false },
  { code: '2010', name: 'Accounts payable', type: 'liability', needsCostCentre: false },
  { code: '2150', name: 'Goods received not invoiced', type: 'liability', needsCostCentre: false },
  { code: '2190', name: 'Inventory count clearing', type: 'liability', needsCostCentre: false },
  { code: '3010', name: 'Opening equity', type: 'equity', needsCostCentre: false },
  { code: '4010', name: 'Patient service revenue', type: 'revenue', needsCostCentre: false },
  { code: '5110', name: 'Medical supplies expense', type: 'expense', needsCostCentre: true },
  { code: '5120', name: 'Implants expense', type: 'expense', needsCostCentre: true },
  { code: '5130', name: 'Pharmaceuticals expense', type: 'expense', needsCostCentre: true },
  { code: '5190', name: 'Purchase price variance', type: 'expense', needsCostCentre: true },
  { code: '5210', name: 'Freight on purchases', type: 'expense', needsCostCentre: true },
  { code: '5310', name: 'Inventory adjustment expense', type: 'expense', needsCostCentre: true },
];

/** Fills the cost centre segment of balance sheet combinations: `101-0000-2010`. */
export const NO_COST_CENTRE = '0000';

/** Yearly supply budget in USD. Maternity is tiny on purpose: a modest requisition there exceeds it. */
export const yearlyBudgets: Readonly<Record<string, string>> = {
  7010: '25000000.00',
  7020: '18000000.00',
  7030: '22000000.00',
  7040: '4000000.00',
  7050: '6000000.00',
  7060: '250.00',
  7090: '90000000.00',
  7999: '0.00',
};

export const locations: readonly Location[] = [
  { facility: 'MAIN', code: 'STORES', name: 'Central stores', costCentre: '7090' },
  { facility: 'MAIN', code: 'CATHLAB', name: 'Catheterisation laboratory cabinets', costCentre: '7010' },
  { facility: 'MAIN', code: 'THEATRE', name: 'Theatre core', costCentre: '7020' },
  { facility: 'MAIN', code: 'EPLAB', name: 'Electrophysiology laboratory cabinets', costCentre: '7030' },
  { facility: 'MAIN', code: 'ED', name: 'Emergency department store', costCentre: '7040' },
  { facility: 'MAIN', code: 'CLINIC', name: 'Outpatient clinic store', costCentre: '7050' },
  { facility: 'MAIN', code: 'MATERNITY', name: 'Labour ward store', costCentre: '7060' },
  { facility: 'EAST', code: 'STORES', name: 'East stores', costCentre: '7090' },
  { facility: 'EAST', code: 'CLINIC', name: 'East clinic store', costCentre: '7050' },
];

/** The account combination as the ledger writes it: entity, cost centre, account. */
export function accountCombination(facility: string, costCentre: string, account: string): string {
  const found = facilities.find((each) => each.code === facility);
  const target = accounts.find((each) => each.code === account);
  if (!found || !target) throw new RangeError(`No such facility or account: ${facility}, ${account}`);
  return `${found.entity}-${target.needsCostCentre ? costCentre : NO_COST_CENTRE}-${account}`;
}
