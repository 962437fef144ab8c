import type { NewErpInvoice, NewErpRequisition, NewPurchaseOrder, NewPurchaseOrderLine, NewReceipt, PurchaseOrder } from '#contracts/generated/system/erp/v1.ts';
import { lineAmount, sum } from '#chassis/money/money.ts';
import type { ErpFixture, FixtureItem } from './fixture.ts';
import { fresh, today, type ErpSession } from './harness.ts';

/** Documents as a caller would send them, on the fixture's master data. */

export function requisition(fixture: ErpFixture, changes: Partial<NewErpRequisition> = {}): NewErpRequisition {
  return {
    reference: fresh('req'), facility: fixture.facility, costCenter: fixture.openCostCenter, requester: 'Buyer One', currency: fixture.currency,
    lines: [{ itemNumber: fixture.item.number, quantity: 3, unit: fixture.item.unit, unitPrice: '8.50', supplierNumber: fixture.supplier.number, account: fixture.accounts.expense }],
    ...changes,
  };
}

export function orderLine(fixture: ErpFixture, changes: Partial<NewPurchaseOrderLine> = {}): NewPurchaseOrderLine {
  return {
    line: 1, itemNumber: fixture.item.number, quantity: 10, unit: fixture.item.unit, unitPrice: '8.50',
    costCenter: fixture.openCostCenter, account: fixture.accounts.expense, ...changes,
  };
}

export function order(fixture: ErpFixture, lines = [orderLine(fixture)], changes: Partial<NewPurchaseOrder> = {}): NewPurchaseOrder {
  return { reference: fresh('po'), supplierNumber: fixture.supplier.number, facility: fixture.facility, currency: fixture.currency, lines, ...changes };
}

export function lineFor(fixture: ErpFixture, item: FixtureItem, changes: Partial<NewPurchaseOrderLine> = {}): NewPurchaseOrderLine {
  return orderLine(fixture, { itemNumber: item.number, unit: item.unit, ...changes });
}

export function placeOrder(erp: ErpSession, lines?: NewPurchaseOrderLine[]): Promise<PurchaseOrder> {
  return erp.call('createPurchaseOrder', { body: order(erp.fixture, lines) });
}

export function receipt(fixture: ErpFixture, { number, lines }: PurchaseOrder, quantity: number, changes: Partial<NewReceipt> = {}): NewReceipt {
  const [first] = lines;
  return {
    reference: fresh('rcv'), orderNumber: number, location: fixture.location, receivedOn: today(),
    lines: [{ orderLine: first!.line, itemNumber: first!.itemNumber, quantity, unit: first!.unit }], ...changes,
  };
}

/** What the supplier asks for: all lines at order price unless said otherwise. */
export function invoice(fixture: ErpFixture, { number, lines }: PurchaseOrder, changes: Partial<NewErpInvoice> = {}): NewErpInvoice {
  const billed = lines.map(({ line, itemNumber, quantity, unit, unitPrice }) => ({ orderLine: line, itemNumber, quantity, unit, unitPrice, amount: lineAmount(quantity, unitPrice) }));
  return {
    reference: fresh('bill'), supplierNumber: fixture.supplier.number, invoiceNumber: fresh('INV'), orderNumber: number, invoicedOn: today(),
    currency: fixture.currency, total: sum(billed.map((line) => line.amount)), lines: billed, ...changes,
  };
}
