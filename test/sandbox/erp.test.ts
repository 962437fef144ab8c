import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { BU, errorOf, importJournals, interfaceFile, items, order, receipt, useErp } from './erp-support.ts';
import type { Json } from './erp-support.ts';

describe('the simulated ERP', () => {
  const client = useErp();

  async function onhand(q: string): Promise<number> {
    return items(await client.get(`inventoryOnhandBalances?limit=500&q=${encodeURIComponent(q)}`)).reduce((sum, each) => sum + Number(each['PrimaryOnhandQuantity']), 0);
  }

  test('from requisition to payment and journal, as the vendor would have it', async () => {
    const requisition = await client.post('purchaseRequisitions', {
      RequisitioningBU: BU, PreparerEmail: 'cathlab@lakeside.example', Description: 'Stents', InterfaceSourceCode: 'case-4711',
      lines: [{
        LineNumber: 1, LineTypeCode: 'Goods', Item: 'IMP-1001', Quantity: 5, UOMCode: 'EA', Price: 1450, CurrencyCode: 'USD', SupplierNumber: 'SUP-100',
        DestinationOrganizationCode: 'MAIN', DestinationTypeCode: 'EXPENSE', distributions: [{ ChargeAccount: '101-7010-5120' }],
      }],
    });
    assert.equal(requisition.status, 201, requisition.text);
    assert.equal(requisition.body['DocumentStatus'], 'Incomplete');
    assert.equal((requisition.body['lines'] as Json[])[0]!['LineAmount'], 7250);
    const submitted = await client.action(`purchaseRequisitions/${requisition.body['RequisitionHeaderId']}/action/submitRequisition`);
    assert.deepEqual(submitted.body, { result: 'SUCCESS' });
    const budget = async () => items(await client.get('budgetaryControlBalances?q=CostCenter=7010;BudgetPeriod=' + new Date().getUTCFullYear()))[0]!;
    assert.equal((await budget())['CommitmentAmount'], 7250);

    const po = await order(client, {
      header: { ReferenceNumber: 'order-1' },
      line: { Quantity: 5, RequisitionNumber: requisition.body['Requisition'], RequisitionLineNumber: 1 },
      schedule: { DestinationTypeCode: 'EXPENSE' }, distribution: { POChargeAccount: '101-7010-5120' },
    });
    const reserved = await budget();
    assert.equal(reserved['CommitmentAmount'], 0);
    assert.equal(reserved['ObligationAmount'], 7250);
    const found = items(await client.get("purchaseOrders?q=ReferenceNumber='order-1'&expand=lines.schedules"))[0]!;
    assert.equal(found['Status'], 'Open');
    assert.equal(found['Total'], 7250);

    const received = await client.post('receivingReceiptRequests', receipt(po['OrderNumber'], { Quantity: 5, lotItemLots: undefined }, { Comments: 'asn-1' }));
    assert.equal(received.status, 201);
    assert.equal(received.body['ReturnStatus'], 'SUCCESS', received.text);
    assert.ok(received.body['ReceiptNumber']);
    const after = await client.get(`purchaseOrders/${po['POHeaderId']}`);
    assert.equal(after.body['Status'], 'Closed for Receiving');

    const invoice = await client.post('invoices', {
      InvoiceNumber: 'INV-1', InvoiceAmount: 7250, InvoiceCurrency: 'USD', BusinessUnit: BU, Supplier: 'Harborline Cardiac Devices', SupplierSite: 'HARBORLINE-HQ',
      invoiceLines: [{ LineNumber: 1, LineType: 'Item', LineAmount: 7250, Quantity: 5, UnitPrice: 1450, PurchaseOrderNumber: po['OrderNumber'], PurchaseOrderLineNumber: 1 }],
    });
    assert.equal(invoice.status, 201, invoice.text);
    assert.equal(invoice.body['ValidationStatus'], 'Not validated');
    const validated = await client.action('invoices/action/validateInvoice', { InvoiceNumber: 'INV-1', SupplierNumber: 'SUP-100', BusinessUnit: BU });
    assert.equal(validated.status, 200, validated.text);
    const spent = await budget();
    assert.equal(spent['ObligationAmount'], 0);
    assert.equal(spent['ExpendituresAmount'], 7250);

    const payment = await client.post('payablesPayments', {
      BusinessUnit: BU, PayeeNumber: 'SUP-100', PaymentDescription: 'run-1', relatedInvoices: [{ InvoiceNumber: 'INV-1', AmountPaidPaymentCurrency: 7250 }],
    });
    assert.equal(payment.status, 201, payment.text);
    assert.equal(payment.body['PaymentAmount'], 7250);
    const paid = items(await client.get("invoices?q=InvoiceNumber='INV-1'"))[0]!;
    assert.equal(paid['PaidStatus'], 'Paid');
    assert.equal((await client.get(`purchaseOrders/${po['POHeaderId']}`)).body['Status'], 'Closed');

    const bill = { InvoiceNumber: 'INV-1B', InvoiceAmount: 40, BusinessUnit: BU, SupplierNumber: 'SUP-100', invoiceLines: [{ LineNumber: 1, LineType: 'Freight', LineAmount: 40, DistributionCombination: '101-7010-5210' }] };
    assert.equal((await client.post('invoices', bill)).status, 201);
    await client.action('invoices/action/validateInvoice', { InvoiceNumber: 'INV-1B', SupplierNumber: 'SUP-100' });
    assert.equal((await budget())['ExpendituresAmount'], 7290);
    await client.action('invoices/action/cancelInvoice', { InvoiceNumber: 'INV-1B', SupplierNumber: 'SUP-100' });
    assert.equal((await budget())['ExpendituresAmount'], 7250);

    const job = await importJournals(client, interfaceFile([
      { batch: 'B-1', journal: 'J-1', account: '101-7010-5120', debit: '7250.00', reference: 'order-1' },
      { batch: 'B-1', journal: 'J-1', account: '101-0000-2010', credit: '7250.00', reference: 'order-1' },
    ]));
    assert.equal(job.status, 'SUCCEEDED');
    const balance = items(await client.get('ledgerBalances?finder=AccountBalanceFinder;accountCombination=101-0000-2010,currency=USD'))[0]!;
    assert.equal(balance['EndingBalance'], -7250);
  });

  test('goods for stock arrive in their lot and leave it again, never below nothing', async () => {
    const po = await order(client);
    const before = await onhand("OrganizationCode='MAIN';SubinventoryCode='CATHLAB';ItemNumber='IMP-1001'");
    await client.post('receivingReceiptRequests', receipt(po['OrderNumber'], { lotItemLots: [{ LotNumber: 'LOT-A', TransactionQuantity: 10, LotExpirationDate: '2031-06-30' }] }));
    assert.equal(await onhand("OrganizationCode='MAIN';SubinventoryCode='CATHLAB';ItemNumber='IMP-1001'"), before + 10);
    const issue = (quantity: number, lot = 'LOT-A') => client.post('inventoryStagedTransactions', {
      TransactionTypeName: 'Miscellaneous Issue', OrganizationCode: 'MAIN', SubinventoryCode: 'CATHLAB', ItemNumber: 'IMP-1001', TransactionQuantity: -quantity, TransactionUnitOfMeasure: 'EA',
      AccountCombination: '101-7010-5120', TransactionReference: 'case-1', lots: [{ LotNumber: lot, TransactionQuantity: quantity }],
    });
    const used = await issue(4);
    assert.equal(used.status, 201, used.text);
    assert.equal(used.body['ProcessStatus'], 'SUCCESS', used.text);
    const movement = items(await client.get(`inventoryCompletedTransactions?q=TransactionInterfaceId=${used.body['TransactionInterfaceId']}`))[0]!;
    assert.equal(movement['TransactionValue'], -5800);
    assert.equal(movement['LotExpirationDate'], '2031-06-30');
    const tooMany = await issue(7);
    assert.equal(tooMany.status, 201);
    assert.equal(tooMany.body['ProcessStatus'], 'ERROR');
    assert.equal(tooMany.body['ErrorCode'], 'INV_NEGATIVE_BALANCE');
    assert.equal((await issue(1, 'NO-SUCH-LOT')).body['ErrorCode'], 'INV_NEGATIVE_BALANCE');
    assert.equal(await onhand("LotNumber='LOT-A'"), 6);
  });

  test('serial numbers come in and go out one by one', async () => {
    const po = await order(client, { header: { SupplierNumber: 'SUP-110', SupplierSite: undefined }, line: { Item: 'IMP-1101', Quantity: 2, Price: 19800 }, distribution: { DestinationSubinventory: 'EPLAB' } });
    const line = { Quantity: 2, lotItemLots: undefined, serialItemSerials: [{ FromSerialNumber: 'ICD-0007', ToSerialNumber: 'ICD-0008', LotExpirationDate: '2030-12-31' }] };
    const received = await client.post('receivingReceiptRequests', receipt(po['OrderNumber'], line, { VendorNumber: 'SUP-110' }));
    assert.equal(received.body['ReturnStatus'], 'SUCCESS', received.text);
    const issue = (serial: string) => client.post('inventoryStagedTransactions', {
      TransactionTypeName: 'Miscellaneous Issue', OrganizationCode: 'MAIN', SubinventoryCode: 'EPLAB', ItemNumber: 'IMP-1101', TransactionQuantity: -1,
      AccountCombination: '101-7030-5120', serials: [{ FromSerialNumber: serial }],
    });
    assert.equal((await issue('ICD-0008')).body['ProcessStatus'], 'SUCCESS');
    assert.equal((await issue('ICD-0008')).body['ErrorCode'], 'INV_NEGATIVE_BALANCE');
    assert.equal(await onhand("SerialNumber='ICD-0007'"), 1);
  });

  test('stock is transferred, counted and received without an order', async () => {
    const post = (values: Json) => client.post('inventoryStagedTransactions', { OrganizationCode: 'MAIN', ItemNumber: 'CON-3002', TransactionUnitOfMeasure: 'EA', ...values });
    const ward = () => onhand("OrganizationCode='MAIN';SubinventoryCode='ED';ItemNumber='CON-3002'");
    const start = await ward();
    assert.equal((await post({ TransactionTypeName: 'Subinventory Transfer', SubinventoryCode: 'STORES', TransferSubinventory: 'ED', TransactionQuantity: -2, TransactionUnitOfMeasure: 'BX' })).body['ProcessStatus'], 'SUCCESS');
    assert.equal(await ward(), start + 200);
    assert.equal((await post({ TransactionTypeName: 'Cycle Count Adjustment', SubinventoryCode: 'ED', TransactionQuantity: -5, AccountCombination: '101-7040-5310' })).body['ProcessStatus'], 'SUCCESS');
    assert.equal((await post({ TransactionTypeName: 'Miscellaneous Receipt', SubinventoryCode: 'ED', TransactionQuantity: 7, AccountCombination: '101-7040-5110' })).body['ProcessStatus'], 'SUCCESS');
    assert.equal(await ward(), start + 202);
  });

  test('a receipt is corrected and returned, and no more than was received', async () => {
    const po = await order(client);
    const received = await client.post('receivingReceiptRequests', receipt(po['OrderNumber'], { lotItemLots: [{ LotNumber: 'LOT-R', TransactionQuantity: 10, LotExpirationDate: '2031-06-30' }] }));
    const parent = (received.body['lines'] as Json[])[0]!['InterfaceTransactionId'];
    const change = (values: Json) => client.post('receivingReceiptTransactionRequests', { ParentTransactionId: parent, ...values });
    assert.equal((await change({ TransactionType: 'CORRECT', Quantity: -1 })).body['ReturnStatus'], 'SUCCESS');
    assert.equal((await change({ TransactionType: 'RETURN TO VENDOR', Quantity: 3 })).body['ReturnStatus'], 'SUCCESS');
    const tooMuch = await change({ TransactionType: 'RETURN TO VENDOR', Quantity: 7 });
    assert.equal(tooMuch.status, 201);
    assert.equal(tooMuch.body['ErrorCode'], 'RCV_QTY_EXCEEDS_PARENT');
    assert.equal(await onhand("LotNumber='LOT-R'"), 6);
    const schedule = items(await client.get(`purchaseOrderSchedules?q=OrderNumber='${po['OrderNumber']}'`))[0]!;
    assert.equal(schedule['ReceivedQuantity'], 6);
  });

  test('an open order is changed by a change order that counts once it is submitted', async () => {
    const po = await order(client, { schedule: { DestinationTypeCode: 'EXPENSE' }, distribution: { POChargeAccount: '101-7010-5120' } });
    const path = `draftPurchaseOrders/${po['POHeaderId']}`;
    const changed = await client.call('PATCH', path, {
      ChangeOrderDescription: 'Supplier offers another size',
      lines: [{ LineNumber: 1, Item: 'IMP-1002', Price: 1390, Quantity: 8, schedules: [{ ScheduleNumber: 1, PromisedDeliveryDate: '2027-01-15' }] }],
    });
    assert.equal(changed.status, 200, changed.text);
    assert.equal((await client.get(`purchaseOrders/${po['POHeaderId']}`)).body['Total'], 14500);
    assert.deepEqual((await client.action(`${path}/action/submit`)).body, { result: 'Success' });
    const now = (await client.get(`purchaseOrders/${po['POHeaderId']}?expand=lines.schedules.distributions`)).body;
    assert.equal(now['Total'], 11120);
    assert.equal(now['ChangeOrderNumber'], 1);
    const line = (now['lines'] as Json[])[0]!;
    assert.equal(line['Item'], 'IMP-1002');
    assert.equal(line['OriginalItem'], 'IMP-1001');
    const schedule = (line['schedules'] as Json[])[0]!;
    assert.equal(schedule['PromisedDeliveryDate'], '2027-01-15');
    assert.equal((schedule['distributions'] as Json[])[0]!['FundsReservedAmount'], 11120);
  });

  test('an order is canceled while nothing was received, and closed at any time', async () => {
    const first = await order(client);
    assert.equal((await client.action(`purchaseOrders/${first['POHeaderId']}/action/cancel`, { cancellationReason: 'not needed' })).status, 200);
    assert.equal((await client.get(`purchaseOrders/${first['POHeaderId']}`)).body['Status'], 'Canceled');
    const second = await order(client);
    await client.post('receivingReceiptRequests', receipt(second['OrderNumber'], { Quantity: 1 }));
    const refused = await client.action(`purchaseOrders/${second['POHeaderId']}/action/cancel`);
    assert.equal(refused.status, 400);
    assert.equal(errorOf(refused)['o:errorCode'], 'PO-2055220');
    assert.equal((await client.action(`purchaseOrders/${second['POHeaderId']}/action/close`, { closeAction: 'FINALLY_CLOSE' })).status, 200);
    assert.equal((await client.get(`purchaseOrders/${second['POHeaderId']}`)).body['Status'], 'Finally Closed');
  });

  test('a canceled invoice gives an open order its reservation back', async () => {
    const po = await order(client, { line: { Quantity: 4 }, schedule: { DestinationTypeCode: 'EXPENSE' }, distribution: { POChargeAccount: '101-7020-5120' } });
    await client.post('receivingReceiptRequests', receipt(po['OrderNumber'], { Quantity: 1, lotItemLots: undefined }));
    const reserved = async () => {
      const year = new Date().getUTCFullYear();
      return items(await client.get(`budgetaryControlBalances?q=CostCenter=7020;BudgetPeriod=${year}`))[0]!['ObligationAmount'];
    };
    assert.equal(await reserved(), 5800);
    const invoice = { InvoiceNumber: 'INV-C', InvoiceAmount: 1450, BusinessUnit: BU, SupplierNumber: 'SUP-100', invoiceLines: [{ LineNumber: 1, LineAmount: 1450, Quantity: 1, PurchaseOrderNumber: po['OrderNumber'] }] };
    await client.post('invoices', invoice);
    await client.action('invoices/action/validateInvoice', { InvoiceNumber: 'INV-C', SupplierNumber: 'SUP-100' });
    assert.equal(await reserved(), 4350);
    await client.action('invoices/action/cancelInvoice', { InvoiceNumber: 'INV-C', SupplierNumber: 'SUP-100' });
    assert.equal(await reserved(), 5800);
    assert.equal((await client.post('invoices', invoice)).status, 400);
  });

  test('a requisition is withdrawn or deleted, and its reservation given back', async () => {
    const create = () => client.post('purchaseRequisitions', { RequisitioningBU: BU, lines: [{ ItemDescription: 'Repair of a trolley', Quantity: 1, Price: 90, DestinationOrganizationCode: 'EAST', ChargeAccount: '102-7050-5110' }] });
    const first = (await create()).body['RequisitionHeaderId'];
    assert.equal((await client.call('DELETE', `purchaseRequisitions/${first}`)).status, 204);
    assert.equal((await client.get(`purchaseRequisitions/${first}`)).status, 404);
    const second = (await create()).body['RequisitionHeaderId'];
    await client.action(`purchaseRequisitions/${second}/action/submitRequisition`);
    assert.equal((await client.action(`purchaseRequisitions/${second}/action/submitRequisition`)).status, 400);
    const committed = async () => items(await client.get(`budgetaryControlBalances?q=CostCenter=7050;BudgetPeriod=${new Date().getUTCFullYear()}`))[0]!['CommitmentAmount'];
    assert.equal(await committed(), 90);
    assert.equal((await client.action(`purchaseRequisitions/${second}/action/cancelRequisition`)).status, 200);
    assert.equal(await committed(), 0);
  });

  test('a new supplier and its site can be ordered from', async () => {
    const supplier = await client.post('suppliers', { Supplier: 'Rivermouth Instruments', TaxOrganizationTypeCode: 'CORPORATION', TaxpayerId: '00-7000001' });
    assert.equal(supplier.status, 201, supplier.text);
    assert.equal((await client.post('suppliers', { Supplier: 'Rivermouth Instruments' })).status, 400);
    const site = await client.post(`suppliers/${supplier.body['SupplierId']}/child/sites`, { SupplierSite: 'RIVERMOUTH-1', ProcurementBU: BU });
    assert.equal(site.status, 201, site.text);
    const po = await order(client, { header: { SupplierNumber: supplier.body['SupplierNumber'], SupplierSite: 'RIVERMOUTH-1' } });
    assert.equal(po['Supplier'], 'Rivermouth Instruments');
  });
});
