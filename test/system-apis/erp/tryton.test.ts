import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { cursorOf } from '#chassis/contract/page.ts';
import { failureOf } from '../../../system-apis/erp/adapters/tryton/failures.ts';
import { decimalText, inUnit, priceInUnit } from '../../../system-apis/erp/adapters/tryton/mapping/amounts.ts';
import { invoiceOf } from '../../../system-apis/erp/adapters/tryton/mapping/invoices.ts';
import { journalOf } from '../../../system-apis/erp/adapters/tryton/mapping/journals.ts';
import { accountOf, costCenterOf, itemOf, replenishmentRuleOf, supplierOf } from '../../../system-apis/erp/adapters/tryton/mapping/master-data.ts';
import { progressOf, purchaseOrderOf, statusOf, type Line, type Order } from '../../../system-apis/erp/adapters/tryton/mapping/orders.ts';
import { requisitionStatus } from '../../../system-apis/erp/adapters/tryton/mapping/requisitions.ts';
import { balancesOf } from '../../../system-apis/erp/adapters/tryton/mapping/stock.ts';
import { unitCodeOf } from '../../../system-apis/erp/adapters/tryton/mapping/units.ts';
import { numbersIn, pageOfKnown } from '../../../system-apis/erp/adapters/tryton/pages.ts';
import { printStamp, readStamp, withStamp } from '../../../system-apis/erp/adapters/tryton/stamp.ts';
import { date, decimal, readWire } from '../../../system-apis/erp/adapters/tryton/wire.ts';

const each = { id: 1, symbol: 'u', factor: 1 };
const boxOf100 = { id: 2, symbol: 'BX/100', factor: 100 };
const units = { u: 'EA' };

describe('Values on the wire', () => {
  it('carry money as decimals and days as dates, never as numbers', () => {
    assert.deepEqual(decimal('8.50'), { __class__: 'Decimal', decimal: '8.50' });
    assert.deepEqual(date('2026-01-31'), { __class__: 'date', year: 2026, month: 1, day: 31 });
  });

  it('are read as text, also where Python prints an exponent', () => {
    const wire = '{"result":[{"price":{"__class__":"Decimal","decimal":"0E-10"},"on":{"__class__":"date","year":2026,"month":3,"day":7},"text":"{\\"__class__\\":\\"Decimal\\"}"}]}';
    assert.deepEqual(readWire(wire), { result: [{ price: '0', on: '2026-03-07', text: '{"__class__":"Decimal"}' }] });
  });
});

describe('Units and amounts', () => {
  it('take the X12 code from the settings or from the beginning of the symbol', () => {
    assert.deepEqual(['u', 'BX/100', 'CA', 'kg', 'constructor'].map((symbol) => unitCodeOf(symbol, units)), ['EA', 'BX', 'CA', 'ZZ', 'ZZ']);
  });

  it('convert quantities and prices between units', () => {
    assert.equal(inUnit(2, boxOf100, each), 200);
    assert.equal(inUnit(50, each, boxOf100), 0.5);
    assert.equal(priceInUnit('18.00', boxOf100, each), '0.18');
    assert.equal(priceInUnit('0.3333', each, boxOf100), '33.33');
  });

  it('show cents at least and no zeros beyond them', () => {
    assert.deepEqual(['8.5000', '0.1234', '7', '-3.100'].map(decimalText), ['8.50', '0.1234', '7.00', '-3.10']);
  });
});

describe('What Tryton says when it fails', () => {
  const cases: [error: unknown, kind: string, code: string][] = [
    [['UserError', ['To move product "Stent" you must provide a stock lot.', '', null]], 'refused', 'tracking-required'],
    [['UserError', ['To post move "7", you must balance all its lines debits and credits.', '']], 'refused', 'journal-unbalanced'],
    [['UserError', ['To continue, you must create a period for the date "2001-01-31".', '']], 'refused', 'period-closed'],
    [['UserError', ['You cannot use more than 1u of lot "SN1" in "x".', '']], 'refused', 'serial-quantity'],
    [['UserError', ['Something that nobody foresaw', '']], 'refused', 'vendor-refused'],
    [['UserError', ['The code on party must be unique.', '']], 'unavailable', 'vendor-conflict'],
    [['UserWarning', ['name', 'Are you sure?', '']], 'refused', 'vendor-asks-confirmation'],
    [['ConcurrencyException', 'Records were modified in the meanwhile'], 'unavailable', 'vendor-conflict'],
    [['could not serialize access due to concurrent update\n', ''], 'unavailable', 'vendor-conflict'],
    [["'nope'", ''], 'upstream-broken', 'vendor-field-unknown'],
    [['division by zero', 'Traceback'], 'upstream-broken', 'vendor-failed'],
  ];
  for (const [error, kind, code] of cases) {
    it(`is ${code} for ${JSON.stringify(error).slice(0, 60)}`, () => {
      const failure = failureOf(error);
      assert.deepEqual({ kind: failure.kind, code: failure.code }, { kind, code });
      assert.ok(failure.cause instanceof Error, 'the cause is kept');
    });
  }

  it('never becomes our own message, since it may name people', () => {
    assert.ok(!failureOf(['UserError', ['Ms Doe may not', '']]).message.includes('Doe'));
  });
});

describe('Master data', () => {
  it('counts the days of the last part of the payment terms', () => {
    const delta = (days: number, weeks = 0) => ({ id: 1, days, weeks, months: null });
    const lines = [{ id: 1, 'relativedeltas.': [delta(10)] }, { id: 2, 'relativedeltas.': [delta(0), delta(2, 4)] }];
    assert.equal(supplierOf({ id: 1, code: 'S', name: null, active: false, 'supplier_payment_term.': { 'lines.': lines } }, 'USD').paymentTermsDays, 30);
  });

  const product = {
    id: 5, code: 'CON-1', active: true, name: 'Glove', cost_price: '0.18', purchasable: true, 'default_uom.': each, 'purchase_uom.': boxOf100,
    'categories.': [], 'identifiers.': [{ id: 1, code: '19520000030021' }, { id: 2, code: '1' }], lot_required: null, 'lot_unit.': null, shelf_life_state: 'none',
    'template.': { 'account_category.': null, 'product_suppliers.': [] },
  };

  it('prices a purchasing unit from the cost of a piece when no supplier names a price', () => {
    const item = itemOf(product, 'USD', units);
    assert.deepEqual([item.stockingUnit, item.purchasingUnit, item.unitsPerPurchasingUnit, item.listPrice], ['EA', 'BX', 100, '18']);
    assert.deepEqual(item.deviceIdentifiers, ['19520000030021']);
  });

  it('tells lots, which may hold many pieces, from serial numbers, which hold one', () => {
    assert.deepEqual(itemOf({ ...product, lot_required: ['storage'], shelf_life_state: 'optional' }, 'USD', units).tracking, { lot: true, serial: false, expiry: true });
    assert.deepEqual(itemOf({ ...product, lot_required: ['storage'], 'lot_unit.': { id: 1 } }, 'USD', units).tracking, { lot: false, serial: true, expiry: false });
  });

  it('gives a cost centre to the facility above it, or to all', () => {
    const center = { id: 1, code: '7010', name: 'Lab', state: 'opened', active: true, root: 1, 'parent.': { code: 'MAIN' } };
    assert.deepEqual(costCenterOf(center, ['MAIN', 'EAST']).facilities, ['MAIN']);
    assert.deepEqual(costCenterOf({ ...center, 'parent.': { code: 'CC' } }, ['MAIN', 'EAST']).facilities, ['MAIN', 'EAST']);
    assert.equal(costCenterOf({ ...center, active: false }, ['MAIN']).status, 'closed');
  });

  it('knows the kind of an account by the flags of its type, and equity by its name', () => {
    const kind = (type: object) => accountOf({ id: 1, code: '1', name: 'x', closed: false, 'type.': { name: 'x', statement: 'balance', assets: null, revenue: null, expense: null, payable: null, receivable: null, ...type } }).type;
    assert.deepEqual([kind({ assets: true }), kind({ payable: true }), kind({ name: 'Equity' }), kind({ statement: 'income', revenue: true }), kind({ statement: 'income', expense: true })], ['asset', 'liability', 'equity', 'revenue', 'expense']);
  });

  it('leaves out order points that are nowhere', () => {
    const point = { id: 1, type: 'internal', min_quantity: null, target_quantity: 5, 'product.': { code: 'A', 'default_uom.': each }, 'warehouse_location.': null, 'storage_location.': { code: null, 'warehouse.': null }, 'provisioning_location.': null };
    assert.equal(replenishmentRuleOf(point, units), undefined);
  });
});

describe('An order', () => {
  let ids = 0;
  const move = (state: string, quantity: number, shipment: string | null = null): Line['moves.'][number] => ({ id: ids += 1, state, quantity, 'uom.': each, shipment, product: 1, from_location: 1, to_location: 2, _timestamp: '1' });
  const line = (changes: Partial<Line> = {}): Line => ({
    id: ids += 1, type: 'line', sequence: 1, quantity: 10, unit_price: '8.5000', description: null, note: printStamp({ account: '5110' }), delivery_date_store: null,
    product: 1, 'product.': { code: 'A' }, 'unit.': each, 'analytic_accounts.': [], moves_recreated: [], 'moves.': [], 'invoice_lines.': [], ...changes,
  });
  const order = (lines: Line[], changes: Partial<Order> = {}): Order => ({
    id: 1, number: '1', reference: 'po-1', state: 'processing', invoice_state: 'none', comment: null, party: 1, 'party.': { code: 'S' }, warehouse: 1, 'warehouse.': { code: 'MAIN' },
    currency: 1, 'currency.': { code: 'USD' }, payment_term: null, invoice_address: null, 'lines.': lines, ...changes,
  });

  it('counts as received what is done or on its way in a shipment, and as outstanding the rest', () => {
    const { received, outstanding, dropped } = progressOf(line({ 'moves.': [move('done', 4), move('draft', 3, 'stock.shipment.in,1'), move('draft', 3)] }));
    assert.deepEqual({ received, outstanding, dropped }, { received: 7, outstanding: 3, dropped: 0 });
  });

  it('counts in the unit of the line what was received in another', () => {
    assert.equal(progressOf(line({ quantity: 2, 'unit.': boxOf100, 'moves.': [move('done', 50)] })).received, 0.5);
  });

  it('does not count as given up what was made anew', () => {
    const cancelled = move('cancelled', 10);
    assert.equal(progressOf(line({ 'moves.': [cancelled, move('draft', 10)], moves_recreated: [cancelled.id] })).outstanding, 10);
  });

  it('counts invoices that were not cancelled', () => {
    const billed = (state: string, quantity: number) => ({ id: 1, quantity, 'unit.': each, 'invoice.': { state } });
    assert.equal(progressOf(line({ 'invoice_lines.': [billed('posted', 4), billed('cancelled', 3), billed('draft', 2)] })).invoiced, 6);
  });

  it('stays open when all has come, until somebody closes it or it is paid', () => {
    const all = [line({ 'moves.': [move('done', 10)] })];
    assert.equal(statusOf(order(all, { state: 'done' })), 'open');
    assert.equal(statusOf(order(all, { state: 'done', invoice_state: 'paid' })), 'closed');
    assert.equal(statusOf(order(all, { comment: printStamp({ ended: 'closed' }) })), 'closed');
  });

  it('is closed when the rest of it was given up, and cancelled when all of it was', () => {
    assert.equal(statusOf(order([line({ 'moves.': [move('done', 4), move('cancelled', 6)] })], { state: 'done' })), 'closed');
    assert.equal(statusOf(order([line({ 'moves.': [move('cancelled', 10)] })], { state: 'done' })), 'cancelled');
    assert.equal(statusOf(order([line({ 'moves.': [move('cancelled', 10)] }), line({ 'moves.': [move('draft', 10)] })])), 'open');
  });

  it('is worth what its lines are, to the cent, without those that were cancelled', () => {
    const { total, lines } = purchaseOrderOf(order([line({ 'moves.': [move('draft', 10)] }), line({ sequence: 2, quantity: 3, unit_price: '0.3333', 'moves.': [move('draft', 3)] }), line({ sequence: 3, 'moves.': [move('cancelled', 10)] })]), units);
    assert.equal(total, '86.00');
    assert.deepEqual(lines.map((each) => [each.line, each.status, each.account]), [[1, 'open', '5110'], [2, 'open', '5110'], [3, 'cancelled', '5110']]);
  });

  it('leaves comments of people alone', () => {
    assert.deepEqual(readStamp('please call before delivery'), {});
    const comment = withStamp(`please call\n${printStamp({ requisitionNumber: '7' })}\nbefore delivery`, { requisitionNumber: '7', ended: 'closed' });
    assert.deepEqual(readStamp(comment), { requisitionNumber: '7', ended: 'closed' });
    assert.deepEqual(comment.split('\n').slice(1), ['please call', 'before delivery']);
    assert.throws(() => readStamp('{"callosum":{"ended":"clo'), { kind: 'upstream-broken' });
  });
});

describe('A requisition', () => {
  it('waits in Tryton while it is approved here, and is ordered when a request of it was', () => {
    const status = (state: string, purchaseLine: number | null = null) => requisitionStatus({
      id: 1, number: '1', description: 'r', state, supply_date: null, 'warehouse.': null, 'currency.': null,
      'lines.': [{ id: 1, description: null, quantity: 1, unit_price: null, sequence: 1, 'product.': null, 'unit.': null, 'supplier.': null, 'purchase_requests.': [{ id: 1, purchase_line: purchaseLine, product: 1 }] }],
    });
    assert.deepEqual([status('draft'), status('waiting'), status('processing'), status('processing', 4), status('rejected')], ['incomplete', 'approved', 'approved', 'ordered', 'cancelled']);
  });
});

describe('Invoices, journals and stock', () => {
  it('leave out invoices that belong to no order', () => {
    const row = { id: 1, number: '1', reference: 'INV', description: '', state: 'posted', invoice_date: '2026-01-01', total_amount: '1', amount_to_pay: '1', account: 1, currency: 1, move: 1, cancel_move: null, 'party.': { code: 'S' }, 'currency.': { code: 'USD' }, 'lines.': [] };
    assert.equal(invoiceOf(row, new Map(), units), undefined);
  });

  it('show the entry that cancels another with its amounts on the other side', () => {
    const moveLine = (id: number, debit: string, credit: string) => ({ id, debit, credit, description: null, 'account.': { code: String(id) }, 'analytic_lines.': [] });
    const entry = journalOf({ id: 9, number: '9', post_number: '12', description: null, date: '2026-01-01', origin: 'account.invoice,1', state: 'posted', 'journal.': { type: 'expense' }, 'lines.': [moveLine(1, '-85.00', '0'), moveLine(2, '0', '-85.00')] }, {}, 'USD', 'PO-1');
    assert.deepEqual(entry, { number: '12', reference: '12', source: 'invoice', documentNumber: 'PO-1', postedOn: '2026-01-01', currency: 'USD', lines: [{ account: '1', credit: '85.00' }, { account: '2', debit: '85.00' }] });
  });

  it('tell what lies on a shelf by lot from what has none', () => {
    const lots = [{ id: 8, number: 'L', product: 1, quantity: 2, unit_quantity: null, shelf_life_expiration_date: '2027-01-01' }, { id: 7, number: 'SN', product: 1, quantity: 1, unit_quantity: 1, shelf_life_expiration_date: null }];
    const rows = balancesOf({ id: 1, code: 'A', quantity: 3.5, 'default_uom.': each }, lots, { facility: 'MAIN', location: 'STORES' }, units);
    assert.deepEqual(rows.map(({ lot, balance }) => [lot, balance.quantity, balance.tracking]), [[0, 0.5, {}], [7, 1, { serial: 'SN' }], [8, 2, { lot: 'L', expiresOn: '2027-01-01' }]]);
  });
});

describe('A cursor of Tryton\'s lists', () => {
  const forge = (...position: string[]) => cursorOf(position);

  it('is one id, or as many as the list has in its order', () => {
    assert.deepEqual([numbersIn(undefined, 1), numbersIn(forge('17'), 1), numbersIn(forge('3', '0', '12'), 3)], [undefined, [17], [3, 0, 12]]);
  });

  it('is refused when it holds anything else', () => {
    for (const position of [[], [''], ['-1'], ['1e3'], ['0x10'], [' 7 '], ['1.5'], ['9'.repeat(16)], ['1', '2'], ['1) or 1=1 --']]) {
      assert.throws(() => numbersIn(forge(...position), 1), { kind: 'invalid-request' }, position.join());
    }
    for (const position of [[], [''], ['\0'], ['EA', 'BX'], [`' or 1=1 --`]]) {
      assert.throws(() => pageOfKnown(['EA', 'BX'], (code) => code, { cursor: forge(...position) }), { kind: 'invalid-request' }, position.join());
    }
  });
});
