import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import type { ApiError } from '#chassis/errors/failures.ts';
import { chargeIn, printCombination, readCombination, segmentsOf } from '../../../system-apis/erp/adapters/oracle-fusion/combination.ts';
import { exact, readJson } from '../../../system-apis/erp/adapters/oracle-fusion/exact-json.ts';
import { printInterfaceFile } from '../../../system-apis/erp/adapters/oracle-fusion/gl-interface.ts';
import { price } from '../../../system-apis/erp/adapters/oracle-fusion/mapping/amounts.ts';
import { printCharges, readCharges } from '../../../system-apis/erp/adapters/oracle-fusion/mapping/charges.ts';
import { invoiceOf, invoiceStatusOf } from '../../../system-apis/erp/adapters/oracle-fusion/mapping/invoices.ts';
import { batchNameOf, readBatchName } from '../../../system-apis/erp/adapters/oracle-fusion/mapping/ledger.ts';
import { firstExpired } from '../../../system-apis/erp/adapters/oracle-fusion/mapping/lots.ts';
import { accountOf, itemOf, supplierOf, trackingOf } from '../../../system-apis/erp/adapters/oracle-fusion/mapping/master-data.ts';
import { orderBody, orderOf } from '../../../system-apis/erp/adapters/oracle-fusion/mapping/orders.ts';
import { receiptOf } from '../../../system-apis/erp/adapters/oracle-fusion/mapping/receipts.ts';
import { requisitionOf } from '../../../system-apis/erp/adapters/oracle-fusion/mapping/requisitions.ts';
import { movementBody, readStamp, stampOf } from '../../../system-apis/erp/adapters/oracle-fusion/mapping/stock.ts';
import { anyOf, either, equals, inChunks, startsWith, textOf, where } from '../../../system-apis/erp/adapters/oracle-fusion/query.ts';
import { itemOf as checked, type Row, type Shape } from '../../../system-apis/erp/adapters/oracle-fusion/record.ts';
import * as records from '../../../system-apis/erp/adapters/oracle-fusion/records.ts';
import { anIssue, anOrder, settingsFor } from './oracle-fusion-support.ts';
import * as seen from './oracle-fusion-answers.ts';

const settings = settingsFor('http://erp.test', { user: 'u', password: 'p' });
const row = <S extends Shape>(shape: S, text: string): Row<S> => checked(shape, readJson(text));

describe('oracle-fusion reads what the vendor answered', () => {
  it('an item with its controls, its combination cut to the account', () => {
    const item = row(records.Item, seen.ITEM);
    assert.deepEqual(itemOf(item, { deviceIdentifiers: ['08717648200274'], substitutes: ['IMP-1002'], unitsPerPurchasingUnit: 1 }, settings), {
      number: 'IMP-1001', description: 'XIENCE Alpine everolimus eluting coronary stent 3.50 mm x 28 mm, over the wire', category: 'implant', status: 'active', manufacturer: 'ABBOTT VASCULAR INC.',
      stockingUnit: 'EA', purchasingUnit: 'EA', unitsPerPurchasingUnit: 1, currency: 'USD', listPrice: '1895.00', tracking: { lot: true, serial: false, expiry: true },
      deviceIdentifiers: ['08717648200274'], expenseAccount: '5120', preferredSupplier: 'SUP-100', substitutes: ['IMP-1002'],
    });
    assert.deepEqual(trackingOf({ ...item, LotControlValue: null, SerialGenerationValue: 'At receipt', ShelfLifeControlValue: 'No control' }), { lot: false, serial: true, expiry: false });
  });

  it('a supplier with the days of its payment terms, and says where it knows none', () => {
    const supplier = row(records.Supplier, seen.SUPPLIER);
    assert.deepEqual(supplierOf(supplier, settings), { number: 'SUP-130', name: 'Cascade Medical Distribution', status: 'active', currency: 'USD', paymentTermsDays: 30 });
    const on = (PaymentTerms: string | null) => supplierOf({ ...supplier, sites: [{ ...supplier.sites[0]!, PaymentTerms }] }, settings).paymentTermsDays;
    assert.deepEqual([on('NET45'), on('IMMEDIATE'), on(null)], [45, 0, 0]);
    assert.throws(() => on('At harvest'), (thrown: ApiError) => thrown.code === 'vendor-answer-invalid');
  });

  it('an order with the cost centre and account that its stock account hides', () => {
    const order = orderOf(row(records.Order, seen.ORDER), settings);
    assert.deepEqual(order, {
      number: '1001', reference: 'REQ-7/SUP-130', requisitionNumber: '20001', supplierNumber: 'SUP-130', facility: 'MAIN', location: 'CATHLAB', status: 'open', currency: 'USD', total: '121.02',
      lines: [
        { line: 1, itemNumber: 'SPL-1001', description: 'as quoted', quantity: 10, unit: 'EA', unitPrice: '8.5021', costCenter: '7010', account: '5110', promisedOn: '2099-02-28', status: 'open', receivedQuantity: 4, invoicedQuantity: 2.5 },
        { line: 7, itemNumber: 'CON-3002', description: 'Nitrile examination glove', quantity: 2, unit: 'BX', unitPrice: '18.00', costCenter: '7060', account: '5190', status: 'cancelled', receivedQuantity: 0, invoicedQuantity: 0 },
      ],
    });
  });

  it('a requisition that people wrote, whose justification is theirs', () => {
    const requisition = row(records.Requisition, seen.REQUISITION);
    assert.deepEqual({ ...requisitionOf(requisition, settings), lines: [] }, { number: '20002', reference: '20002', facility: 'EAST', costCenter: '7050', requester: '', status: 'submitted', currency: 'USD', lines: [] });
    assert.equal(requisitionOf({ ...requisition, Justification: '{not json' }, settings).requester, '');
    assert.equal(requisitionOf({ ...requisition, lines: requisition.lines.map((line) => ({ ...line, PurchaseOrder: '1001' })) }, settings).status, 'ordered');
  });

  it('a receipt whose line went into several lots, in the unit of the order', () => {
    const receipt = receiptOf(row(records.ReceiptRequest, seen.RECEIPT), seen.COMPLETED.map((text) => row(records.CompletedTransaction, text)), settings);
    assert.deepEqual(receipt, {
      number: '5001', reference: 'dock-1', orderNumber: '1001', location: 'STORES', receivedOn: '2026-11-20', value: '510.00', stockValue: '498.00', currency: 'USD',
      lines: [{ orderLine: 1, itemNumber: 'PHA-4001', quantity: 2, unit: 'BX', tracking: { lot: 'A', expiresOn: '2027-05-31' } }, { orderLine: 1, itemNumber: 'PHA-4001', quantity: 1, unit: 'BX', tracking: { lot: 'B' } }],
    });
  });

  it('the states of an invoice, and no invoice without an order', () => {
    const invoice = row(records.Invoice, seen.INVOICE);
    const status = (changes: object) => invoiceStatusOf({ ...invoice, ...changes });
    assert.deepEqual([status({}), status({ ValidationStatus: 'Not validated' }), status({ ValidationStatus: 'Needs revalidation' }), status({ PaidStatus: 'Partially paid' }), status({ PaidStatus: 'Paid' }), status({ CanceledFlag: true })],
      ['validated', 'entered', 'held', 'validated', 'paid', 'cancelled']);
    assert.equal(invoiceOf({ ...invoice, invoiceLines: [{ ...invoice.invoiceLines[0]!, PurchaseOrderNumber: null }] }, settings), undefined);
  });

  it('the kind of an account by the words of its combinations before its letter', () => {
    const value = { Value: '3010', Description: 'Opening equity', EnabledFlag: 'Y', AccountType: 'E' };
    assert.equal(accountOf(value, 'equity').type, 'equity');
    assert.equal(accountOf(value, undefined).type, 'expense');
    assert.throws(() => accountOf({ ...value, AccountType: 'Z' }, undefined), (thrown: ApiError) => thrown.code === 'vendor-answer-invalid');
  });

  it('numbers without a binary float between', () => {
    assert.deepEqual(readJson('{"Price":19800.0001,"Total":123456789012345.67,"Id":300000000100001,"Flag":true,"None":null}'), { Price: '19800.0001', Total: '123456789012345.67', Id: '300000000100001', Flag: true, None: null });
    assert.equal(JSON.stringify({ Price: exact('18.0000'), Quantity: exact(0.001) }), '{"Price":18.0000,"Quantity":0.001}');
    assert.deepEqual(['8.5', '8.5021', '8', '8.10000', '0.1234'].map(price), ['8.50', '8.5021', '8.00', '8.10', '0.1234']);
  });
});

describe('oracle-fusion writes what the vendor takes', () => {
  it('an order line into stock, with its charge behind the text of the header', () => {
    const body = anOrder({ description: 'x'.repeat(240) });
    const place = { organization: 'MAIN', destination: 'INVENTORY' as const, subinventory: 'CATHLAB', chargeAccount: '101-0000-1310' };
    const sent = JSON.parse(JSON.stringify(orderBody(body, body.lines.map((line) => ({ ...line, place })), 'CASCADE-DC1', settings))) as { Description: string; lines: object[] };
    assert.equal(sent.Description.length, 240);
    assert.ok(sent.Description.endsWith(' [7010|5110=1]'));
    assert.deepEqual(sent.lines, [{
      LineNumber: 1, LineTypeCode: 'Goods', Item: 'SPL-1001', Quantity: 10, UOMCode: 'EA', Price: 8.5,
      schedules: [{ ScheduleNumber: 1, Quantity: 10, ShipToOrganizationCode: 'MAIN', DestinationTypeCode: 'INVENTORY', distributions: [{ DistributionNumber: 1, POChargeAccount: '101-0000-1310', DestinationSubinventory: 'CATHLAB' }] }],
    }]);
  });

  it('an issue as a negative quantity with its lots', () => {
    const sent = movementBody({ ...anIssue({ reference: 'use-1', caseReference: 'enc 1', quantity: 3 }), organization: 'MAIN', from: 'CATHLAB', to: undefined, combination: '101-7010-5120', portions: [{ lot: 'A', quantity: '1' }, { lot: 'B', quantity: '2' }] }, settings);
    const { TransactionDate: _, ...rest } = JSON.parse(JSON.stringify(sent)) as Record<string, unknown>;
    assert.deepEqual(rest, {
      TransactionTypeName: 'Miscellaneous Issue', OrganizationCode: 'MAIN', SubinventoryCode: 'CATHLAB', ItemNumber: 'IMP-1002', TransactionQuantity: -3, TransactionUnitOfMeasure: 'EA',
      TransactionReference: 'use-1 enc 1', SourceCode: 'Callosum', AccountCombination: '101-7010-5120', lots: [{ LotNumber: 'A', TransactionQuantity: 1 }, { LotNumber: 'B', TransactionQuantity: 2 }],
    });
  });

  it('a file of journals in which each line knows its entry', () => {
    const line = { combination: '101-7010-5110', debit: '1.00', credit: '0.00' };
    const entry = { reference: 'r', source: 'receipt' as const, category: 'Receiving', postedOn: '2026-11-20', currency: 'USD', lines: [line, { ...line, debit: '0.00', credit: '1.00' }] };
    assert.deepEqual(printInterfaceFile([entry, { ...entry, lines: [line] }], '2026-11-20', settings).entryOfLine, [0, 0, 1]);
  });

  it('combinations of other charts, with segments that never change', () => {
    const chart = { ...settings.chart, combination: '{entity}.000.{costCenter}.{account}.00' };
    const text = printCombination(chart, { entity: '101', costCenter: '7010', account: '5110' });
    assert.equal(text, '101.000.7010.5110.00');
    assert.deepEqual(readCombination(chart, text), { entity: '101', costCenter: '7010', account: '5110' });
    assert.deepEqual(segmentsOf(text), ['101', '000', '7010', '5110', '00']);
    assert.deepEqual(chargeIn(chart, '101.000.0000.1310.00'), { account: '1310' });
    assert.deepEqual(chargeIn(chart, 'something else'), {});
  });
});

describe('oracle-fusion asks so that nothing else comes back', () => {
  it('quotes only what cannot end the quote', () => {
    assert.equal(equals('ReferenceNumber', 'REQ-7/SUP-130').text, "ReferenceNumber='REQ-7/SUP-130'");
    assert.equal(equals('ReferenceNumber', `a'b"c;d%*\\`).text, "ReferenceNumber like 'a*b*c*d*'");
    assert.equal(startsWith('BatchName', '1001 ').text, "BatchName like '1001 *'");
    fc.assert(fc.property(fc.string(), (value) => {
      const { text, holds } = equals('A', value);
      assert.match(text, /^A(='[^'"%*\\;,()]*'| like '[^'"%\\;,()]*')$/);
      assert.ok(holds({ A: value }) && !holds({ A: `${value}x` }));
    }));
  });

  it('repeats in each branch of an alternative what applies to all', () => {
    assert.equal(textOf([where('x > 1'), either([[where('a = 1')], [where('b = 2'), where('c = 3')]]), where('y > 2')]), 'x > 1;y > 2;a = 1 or x > 1;y > 2;b = 2;c = 3');
    const names = anyOf('BatchName', ['plain', "o'clock"]);
    assert.equal(names.text, "BatchName in ('plain') or BatchName like 'o*clock'");
    assert.deepEqual([{ BatchName: 'plain' }, { BatchName: "o'clock" }, { BatchName: 'o_clock' }].map(names.holds), [true, true, false]);
  });

  it('asks for many names in addresses that get through', () => {
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 200 }), { maxLength: 200 }), (values) => {
      const chunks = inChunks(values);
      assert.deepEqual(chunks.flat(), values);
      assert.ok(chunks.every((chunk) => chunk.join('').length <= 4_200));
    }));
  });
});

describe('oracle-fusion finds again what it left in a text', () => {
  const reference = fc.stringMatching(/^[\x21-\x7e]{1,60}$/);

  it('cost centre and account of each line', () => {
    const code = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ._:/#-]{0,8}$/);
    fc.assert(fc.property(fc.string(), fc.uniqueArray(fc.record({ line: fc.integer({ min: 1, max: 999 }), costCenter: code, account: code }, { noNullPrototype: true }), { minLength: 1, maxLength: 40, selector: (each) => each.line }), (description, charges) => {
      const read = readCharges(`${description} ${printCharges(charges)}`);
      assert.deepEqual([...read.values()].toSorted((a, b) => a.line - b.line), charges.toSorted((a, b) => a.line - b.line));
    }));
    assert.equal(printCharges([1, 2, 3, 5].map((line) => ({ line, costCenter: '7010', account: '5110' }))), '[7010|5110=1-3,5]');
    for (const text of [null, '', 'no charge', '[a|b=1-99999999999]', '[a|b=x]', '[|=]', '[a|b=3-1]']) assert.equal(readCharges(text).size, 0, String(text));
  });

  it('reference and case of a movement, reference and order of a journal', () => {
    fc.assert(fc.property(reference, fc.string({ minLength: 1, maxLength: 80 }), (each, caseReference) => {
      assert.deepEqual(readStamp(stampOf({ reference: each, caseReference })), { reference: each, caseReference });
      assert.deepEqual(readStamp(stampOf({ reference: each })), { reference: each });
    }));
    fc.assert(fc.property(reference, fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ._:/#-]{0,20}$/), (each, documentNumber) => {
      assert.deepEqual(readBatchName(batchNameOf({ reference: each, documentNumber })), { reference: each, documentNumber });
      assert.deepEqual(readBatchName(batchNameOf({ reference: each })), { reference: each });
    }));
  });
});

describe('oracle-fusion chooses lots', () => {
  const lot = (LotNumber: string, PrimaryOnhandQuantity: string, LotExpirationDate: string | null = null) => ({ SubinventoryCode: 'ED', ItemNumber: 'X', PrimaryUOMCode: 'EA', LotNumber, LotExpirationDate, PrimaryOnhandQuantity });

  it('first expired first, without dust in the quantities', () => {
    const rows = [lot('never', '5'), lot('late', '0.2', '2030-01-01'), lot('soon', '0.1', '2029-01-01')];
    assert.deepEqual(firstExpired(rows, '0.3'), [{ lot: 'soon', quantity: '0.1' }, { lot: 'late', quantity: '0.2' }]);
    assert.deepEqual(firstExpired(rows, '5.3')?.map((portion) => portion.lot), ['soon', 'late', 'never']);
    assert.equal(firstExpired(rows, '5.301'), undefined);
  });
});
