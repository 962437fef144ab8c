import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { BU, errorOf, items, order, receipt, useErp } from './erp-support.ts';
import type { Json } from './erp-support.ts';

describe('what the simulated ERP refuses', () => {
  const client = useErp();

  test('a call without the right password gets no body', async () => {
    const answer = await client.call('GET', 'suppliers', undefined, { Authorization: 'Basic d3Jvbmc6d3Jvbmc=' });
    assert.equal(answer.status, 401);
    assert.equal(answer.text, '');
    assert.match(answer.headers.get('www-authenticate') ?? '', /Basic/);
  });

  test('errors are ADF error documents from framework version 2 on and plain text before', async () => {
    const modern = await client.get('suppliers?q=Nonsense=1');
    assert.equal(modern.status, 400);
    assert.match(modern.type, /vnd\.oracle\.adf\.error\+json/);
    assert.equal(modern.body['title'], 'Bad Request');
    assert.equal(modern.body['status'], '400');
    assert.match(String(errorOf(modern)['detail']), /Nonsense/);
    const old = await client.call('GET', 'suppliers?q=Nonsense=1', undefined, { 'REST-Framework-Version': '1' });
    assert.match(old.type, /text\/plain/);
    assert.match(old.text, /Nonsense/);
  });

  test('unknown resources, keys, attributes and methods', async () => {
    assert.equal((await client.get('nonsense')).status, 404);
    assert.equal((await client.get('purchaseOrders/99')).status, 404);
    assert.equal((await client.get('invoices/300000000100001')).status, 404);
    assert.equal((await client.get('suppliers?fields=Nonsense')).status, 400);
    assert.equal((await client.get('suppliers?expand=nonsense')).status, 400);
    assert.equal((await client.get('suppliers?limit=-1')).status, 400);
    assert.equal((await client.get('suppliers?q=SupplierId=abc')).status, 400);
    assert.equal((await client.call('PATCH', 'suppliers/1', {})).status, 405);
    const unknown = await client.post('purchaseRequisitions', { RequisitioningBU: BU, Nonsense: 1, lines: [] });
    assert.equal(unknown.status, 400);
    assert.equal(errorOf(unknown)['o:errorPath'], '/Nonsense');
  });

  test('actions and records have their own content types', async () => {
    assert.equal((await client.post('invoices/action/validateInvoice', {})).status, 415);
    assert.equal((await client.action('purchaseRequisitions')).status, 415);
    const broken = await client.call('POST', 'purchaseRequisitions', undefined, { 'Content-Type': 'application/json' });
    assert.equal(broken.status, 400);
  });

  test('items and accounts that do not exist or are closed', async () => {
    const requisition = (line: Json) => client.post('purchaseRequisitions', { RequisitioningBU: BU, lines: [{ Item: 'CON-3002', Quantity: 1, DestinationOrganizationCode: 'MAIN', ChargeAccount: '101-7040-5110', ...line }] });
    assert.equal((await requisition({})).status, 201);
    assert.equal(errorOf(await requisition({ Item: 'EHR-88417' }))['o:errorCode'], 'EGP-2882031');
    assert.equal(errorOf(await requisition({ Item: 'INS-1202' }))['o:errorCode'], 'EGP-2882032');
    assert.equal(errorOf(await requisition({ ChargeAccount: '101-7777-5110' }))['o:errorCode'], 'GL-781030');
    assert.equal(errorOf(await requisition({ ChargeAccount: '101-7999-5110' }))['o:errorCode'], 'GL-781036');
    assert.equal(errorOf(await requisition({ UOMCode: 'PK', Price: 1 }))['o:errorCode'], 'POR-2010921');
    assert.equal((await requisition({ Quantity: 0 })).status, 400);
    const supplier = await client.post('draftPurchaseOrders', { ProcurementBU: BU, SupplierNumber: 'SUP-190', lines: [] });
    assert.equal(errorOf(supplier)['o:errorCode'], 'PO-2055210');
  });

  test('a requisition over budget stays incomplete, and so does an order although its submission says Success', async () => {
    const requisition = await client.post('purchaseRequisitions', {
      RequisitioningBU: BU, lines: [{ Item: 'DEV-2303', Quantity: 2, DestinationOrganizationCode: 'MAIN', Price: 276, ChargeAccount: '101-7060-5110' }],
    });
    const refused = await client.action(`purchaseRequisitions/${requisition.body['RequisitionHeaderId']}/action/submitRequisition`);
    assert.equal(refused.status, 400);
    assert.equal(errorOf(refused)['o:errorCode'], 'XCC-1340010');
    assert.match(String(errorOf(refused)['detail']), /7060/);
    assert.equal((await client.get(`purchaseRequisitions/${requisition.body['RequisitionHeaderId']}`)).body['DocumentStatus'], 'Incomplete');

    const po = await order(client, {
      header: { SupplierNumber: 'SUP-140', SupplierSite: undefined }, line: { Item: 'DEV-2303', UOMCode: 'BX', Quantity: 2, Price: 276 },
      schedule: { DestinationTypeCode: 'EXPENSE' }, distribution: { POChargeAccount: '101-7060-5110' },
    });
    const draft = (await client.get(`purchaseOrders/${po['POHeaderId']}`)).body;
    assert.equal(draft['Status'], 'Incomplete');
    assert.equal(draft['FundsStatus'], 'Failed');
    assert.equal((await client.action(`draftPurchaseOrders/${po['POHeaderId']}/action/submit`, { validateFlag: true })).status, 400);
    const budget = items(await client.get(`budgetaryControlBalances?q=CostCenter=7060;BudgetPeriod=${new Date().getUTCFullYear()}`))[0]!;
    assert.equal(budget['FundsAvailableAmount'], 250);
  });

  test('receipts fail inside a 201 and leave their interface rows', async () => {
    const po = await order(client);
    const attempt = async (line: Json, header: Json = {}) => {
      const answer = await client.post('receivingReceiptRequests', receipt(po['OrderNumber'], line, header));
      assert.equal(answer.status, 201, answer.text);
      assert.equal(answer.body['ReturnStatus'], 'FAILURE');
      assert.equal((answer.body['lines'] as Json[])[0]!['ProcessingStatusCode'], 'ERROR');
      return answer.body['ErrorCode'];
    };
    const lastYear = new Date().getUTCFullYear() - 1;
    assert.equal(await attempt({ Quantity: 12 }), 'RCV_QTY_OVER_TOLERANCE');
    assert.equal(await attempt({ TransactionDate: new Date(Date.now() + 86_400_000).toISOString() }), 'TRANSACTION_DATE_IN_FUTURE');
    assert.equal(await attempt({ TransactionDate: `${lastYear}-02-01` }), 'PERIOD_NOT_OPEN');
    assert.equal(await attempt({ DocumentLineNumber: 2 }), 'RCV_INVALID_DOCUMENT');
    assert.equal(await attempt({ ItemNumber: 'IMP-1002' }), 'RCV_ITEM_MISMATCH');
    assert.equal(await attempt({ UOMCode: 'BX' }), 'RCV_UOM_MISMATCH');
    assert.equal(await attempt({ lotItemLots: [] }), 'INV_LOT_REQUIRED');
    assert.equal(await attempt({ lotItemLots: [{ LotNumber: 'L', TransactionQuantity: 10 }] }), 'INV_EXPIRATION_REQUIRED');
    assert.equal(await attempt({ lotItemLots: [{ LotNumber: 'L', TransactionQuantity: 9, LotExpirationDate: '2031-01-31' }] }), 'INV_LOT_QTY_MISMATCH');
    assert.equal(await attempt({}, { VendorNumber: 'SUP-110' }), 'RCV_VENDOR_MISMATCH');
    assert.equal(items(await client.get("receivingReceiptTransactionRequests?q=ProcessingStatusCode='ERROR'&limit=500")).length, 10);
    const schedule = items(await client.get(`purchaseOrderSchedules?q=OrderNumber='${po['OrderNumber']}'`))[0]!;
    assert.equal(schedule['ReceivedQuantity'], 0);
    assert.equal((await client.post('receivingReceiptRequests', receipt(po['OrderNumber'], { Quantity: 11 }))).body['ReturnStatus'], 'SUCCESS');
  });

  test('a receipt of several lines is taken as a whole or not at all', async () => {
    const po = await order(client);
    const sent = receipt(po['OrderNumber'], { Quantity: 6 });
    const [line] = sent['lines'] as Json[];
    const answer = await client.post('receivingReceiptRequests', { ...sent, lines: [line, line] });
    assert.equal(answer.body['ErrorCode'], 'RCV_QTY_OVER_TOLERANCE');
    assert.equal(items(await client.get(`purchaseOrderSchedules?q=OrderNumber='${po['OrderNumber']}'`))[0]!['ReceivedQuantity'], 0);
  });

  test('an invoice number is taken once per supplier; everything else is simply done again', async () => {
    const bill = (supplier: string) => client.post('invoices', {
      InvoiceNumber: 'DUP-1', InvoiceAmount: 50, BusinessUnit: BU, SupplierNumber: supplier, invoiceLines: [{ LineNumber: 1, LineAmount: 50, DistributionCombination: '101-7040-5210' }],
    });
    assert.equal((await bill('SUP-130')).status, 201);
    const again = await bill('SUP-130');
    assert.equal(again.status, 400);
    assert.equal(errorOf(again)['o:errorCode'], 'AP-810171');
    assert.equal((await bill('SUP-140')).status, 201);
    const [first, second] = [await order(client, { header: { ReferenceNumber: 'twice' } }), await order(client, { header: { ReferenceNumber: 'twice' } })];
    assert.notEqual(first['OrderNumber'], second['OrderNumber']);
    assert.equal(items(await client.get("purchaseOrders?q=ReferenceNumber='twice'")).length, 2);
  });

  test('an invoice that does not match is held although its validation succeeds, and is not paid', async () => {
    const po = await order(client);
    await client.post('receivingReceiptRequests', receipt(po['OrderNumber'], { Quantity: 4 }));
    const invoice = await client.post('invoices', {
      InvoiceNumber: 'HOLD-1', InvoiceAmount: 8000, BusinessUnit: BU, SupplierNumber: 'SUP-100',
      invoiceLines: [{ LineNumber: 1, LineType: 'Item', LineAmount: 8000, Quantity: 5, UnitPrice: 1600, PurchaseOrderNumber: po['OrderNumber'], PurchaseOrderLineNumber: 1 }],
    });
    const validate = async () => {
      assert.equal((await client.action('invoices/action/validateInvoice', { InvoiceNumber: 'HOLD-1', SupplierNumber: 'SUP-100' })).status, 200);
      return items(await client.get("invoices?q=InvoiceNumber='HOLD-1'"))[0]!['ValidationStatus'];
    };
    const holds = async () => items(await client.get(`invoiceHolds?q=InvoiceId=${invoice.body['InvoiceId']};ReleaseDate is null&orderBy=HoldName`));
    assert.equal(await validate(), 'Needs revalidation');
    assert.deepEqual((await holds()).map((hold) => hold['HoldName']), ['Price', 'Quantity received']);
    const pay = () => client.post('payablesPayments', { BusinessUnit: BU, PayeeNumber: 'SUP-100', relatedInvoices: [{ InvoiceNumber: 'HOLD-1' }] });
    assert.equal(errorOf(await pay())['o:errorCode'], 'AP-811034');

    await client.post('receivingReceiptRequests', receipt(po['OrderNumber'], { Quantity: 1 }));
    assert.equal(await validate(), 'Needs revalidation');
    const [price] = await holds();
    assert.equal((await holds()).length, 1);
    assert.equal((await client.call('PATCH', `invoiceHolds/${price!['HoldId']}`, { ReleaseName: 'Approved', ReleaseReason: 'new contract' })).status, 200);
    assert.equal(await validate(), 'Validated');
    assert.equal((await pay()).status, 201);
    assert.equal(errorOf(await pay())['o:errorCode'], 'AP-811035');
    assert.equal(errorOf(await client.action('invoices/action/cancelInvoice', { InvoiceNumber: 'HOLD-1', SupplierNumber: 'SUP-100' }))['o:errorCode'], 'AP-811022');
    const [payment] = items(await client.get('payablesPayments'));
    assert.equal((await client.action(`payablesPayments/${payment!['PaymentId']}/action/voidPayment`)).status, 200);
    assert.equal((await client.action('invoices/action/cancelInvoice', { InvoiceNumber: 'HOLD-1', SupplierNumber: 'SUP-100' })).status, 200);
    assert.equal(items(await client.get(`purchaseOrderSchedules?q=OrderNumber='${po['OrderNumber']}'`))[0]!['BilledQuantity'], 0);
  });

  test('an issue from stock needs an open cost centre and the right sign', async () => {
    const issue = async (values: Json) => (await client.post('inventoryStagedTransactions', {
      TransactionTypeName: 'Miscellaneous Issue', OrganizationCode: 'MAIN', SubinventoryCode: 'ED', ItemNumber: 'CON-3002', TransactionQuantity: -1, AccountCombination: '101-7040-5110', ...values,
    })).body['ErrorCode'];
    assert.equal(await issue({}), null);
    assert.equal(await issue({ TransactionQuantity: 1 }), 'INV_QTY_SIGN');
    assert.equal(await issue({ AccountCombination: '101-7999-5110' }), 'INV_ACCOUNT_NOT_VALID');
    assert.equal(await issue({ AccountCombination: undefined }), 'INV_ACCOUNT_REQUIRED');
    assert.equal(await issue({ SubinventoryCode: 'ATTIC' }), 'INV_SUBINVENTORY_NOT_VALID');
    assert.equal(await issue({ ItemNumber: 'EHR-88417' }), 'INV_ITEM_NOT_VALID');
  });
});
