import { UNKNOWN_SUPPLIER, type Delivery, type Line, type Order, type OrderInvoice } from '../../../process-apis/procure-to-pay/order.ts';
import type { Policy } from '../../../process-apis/procure-to-pay/policy.ts';
import type { Facts } from '../../../process-apis/procure-to-pay/rules.ts';
import type { Item } from '#contracts/generated/system/erp/v1.ts';
import type { AcknowledgementLine, OrderAcknowledgement, SupplierInvoice, SupplierInvoiceLine } from '#contracts/generated/system/procurement-network/v1.ts';
import { lineAmount, sum } from '#chassis/money/money.ts';

const DAY_MS = 86_400_000;

export function samplePolicy(changes: Partial<Policy> = {}): Policy {
  return {
    currency: 'USD', demandNeedsNoApprovalUpTo: '20000', personNeedsNoApprovalUpTo: '250',
    tiers: [
      { name: 'manager', role: 'department-manager', perCostCenter: true, upTo: '5000' },
      { name: 'director', role: 'department-director', perCostCenter: true, upTo: '25000' },
      { name: 'finance', role: 'chief-financial-officer', perCostCenter: false, upTo: '1000000' },
    ],
    costCenters: {}, splitWindowHours: 24, buyerMayExceedPercent: 15, match: { pricePercent: 2, quantityPercent: 0 },
    payment: { needsNoApprovalUpTo: '10000', approverRole: 'accounts-payable-manager' },
    limits: { approvalMs: DAY_MS, acknowledgementMs: DAY_MS, goodsMs: 10 * DAY_MS, invoiceMs: 30 * DAY_MS, reviewMs: DAY_MS, archiveMs: 30 * DAY_MS },
    watches: { acknowledgedWithinMs: DAY_MS, invoicedWithinMs: 30 * DAY_MS },
    accounts: { inventory: '1310', clearing: '2150', payables: '2010', cash: '1010', priceVariance: '5190' },
    ...changes,
  };
}

export function sampleItem(changes: Partial<Item> = {}): Item {
  return {
    number: 'IMP-1', description: 'Stent', category: 'implants', status: 'active', stockingUnit: 'EA', purchasingUnit: 'EA', unitsPerPurchasingUnit: 1, currency: 'USD', listPrice: '120.00',
    tracking: { lot: false, serial: false, expiry: false }, deviceIdentifiers: [], expenseAccount: '5100', preferredSupplier: 'SUP-1', ...changes,
  };
}

export function sampleFacts(changes: Partial<Facts> = {}): Facts {
  return {
    items: { 'IMP-1': sampleItem() }, units: ['EA', 'BX'], costCenter: { code: '7010', name: 'Laboratory', facilities: ['MAIN'], status: 'open' }, budget: undefined, recentTotal: '0',
    prices: { 'IMP-1': { supplierNumber: 'SUP-1', itemNumber: 'IMP-1', contractNumber: 'C-1', unit: 'EA', unitPrice: '100.00', currency: 'USD', validFrom: '2026-01-01' } },
    ...changes,
  };
}

export function sampleLine(changes: Partial<Line> = {}): Line {
  return { line: 1, itemNumber: 'IMP-1', description: 'Stent', quantity: 10, unit: 'EA', unitPrice: '100.00', account: '5100', receivedQuantity: 0, invoicedQuantity: 0, ...changes };
}

export function sampleOrder(changes: Partial<Order> = {}): Order {
  return {
    orderId: '4a4e4ad8-93ad-4dd0-8f5c-111111111111', requisitionNumber: 'REQ-0000001', reference: 'ref-1', requester: 'nina', origin: 'person', urgency: 'standard', justification: null,
    facility: 'MAIN', costCenter: '7010', location: 'CATHLAB', neededBy: null, encounterId: null, department: null, supplierNumber: 'SUP-1', currency: 'USD', submittedAt: '2026-11-20T08:00:00.000Z',
    siblingsTotal: '0.00', lines: [sampleLine()], reasons: [], path: [], tier: 0, split: false, escalations: 0, approvals: [], approvedTotal: null, erpRequisitionNumber: null, orderNumber: null,
    failedPlacements: 0, isCancelling: false, isRevising: false, answer: null, answeredAt: null, shipNotices: [], delivery: null, deliveries: [], grown: [], invoice: null, invoices: [], trouble: null, writtenOffAccrual: '0', clearingBalance: null, writesOff: false, ...changes,
  };
}

export const demand = (changes: Partial<Order> = {}) => sampleOrder({ origin: 'demand', requester: 'replenishment', supplierNumber: UNKNOWN_SUPPLIER, ...changes });

export function answer(...lines: AcknowledgementLine[]): OrderAcknowledgement {
  return { supplierNumber: 'SUP-1', orderNumber: 'PO-1', number: `ACK-${lines.map((line) => line.outcome).join('-')}`, acknowledgedAt: '2026-11-20T09:00:00Z', lines };
}

/** The same, given on another day or at another time. */
export function answeredAt(acknowledgedAt: string, ...lines: AcknowledgementLine[]): OrderAcknowledgement {
  return { ...answer(...lines), number: `ACK-${acknowledgedAt}`, acknowledgedAt };
}

export function delivery(reference: string, ...lines: [line: number, quantity: number][]): Delivery {
  return { reference, receivedOn: '2026-11-21', by: 'dora', lines: lines.map(([line, quantity]) => ({ line, quantity })) };
}

export function billed(line: number, quantity: number, unitPrice = '100.00', changes: Partial<SupplierInvoiceLine> = {}): SupplierInvoiceLine {
  return { line, itemNumber: 'IMP-1', quantity, unit: 'EA', unitPrice, amount: lineAmount(quantity, unitPrice), ...changes };
}

/** A supplier's invoice whose lines add up. */
export function bill(number: string, lines: SupplierInvoiceLine[], changes: Partial<SupplierInvoice> = {}): SupplierInvoice {
  return { supplierNumber: 'SUP-1', orderNumber: 'PO-1', number, invoicedOn: '2026-11-22', currency: 'USD', total: sum(lines.map((line) => line.amount)), lines, ...changes };
}

export function invoiceOf(document: SupplierInvoice, changes: Partial<OrderInvoice> = {}): OrderInvoice {
  const { number, invoicedOn, currency, total, lines } = document;
  return { number, invoicedOn, currency, total, lines, state: 'judging', reasons: [], cleared: [], ...changes };
}
