import { cancelChangeOrder, changeDraftOrder } from './change-orders.ts';
import { createInventoryTransaction } from './inventory-transactions.ts';
import { cancelInvoice, releaseHold, validateInvoice } from './invoice-validation.ts';
import { createInvoice } from './invoices.ts';
import type { Operation } from './operation.ts';
import { createPayment, voidPayment } from './payments.ts';
import { cancelOrder, closeOrder, createDraftOrder, deleteDraftOrder, submitOrder } from './purchase-orders.ts';
import { createReceivingTransaction } from './receipt-corrections.ts';
import { createReceipt } from './receipts.ts';
import { cancelRequisition, createRequisition, deleteRequisition, submitRequisition } from './requisitions.ts';
import { importBulkData } from './scheduler.ts';
import { createSupplier, createSupplierSite } from './suppliers.ts';
import { changeAssignment, createWorker } from './workers.ts';

/** Every write: method and path with keys as {}. */
export const operations: Readonly<Record<string, Operation>> = {
  'POST suppliers': createSupplier,
  'POST suppliers/{}/child/sites': createSupplierSite,
  'POST purchaseRequisitions': createRequisition,
  'DELETE purchaseRequisitions/{}': deleteRequisition,
  'POST purchaseRequisitions/{}/action/submitRequisition': submitRequisition,
  'POST purchaseRequisitions/{}/action/cancelRequisition': cancelRequisition,
  'POST draftPurchaseOrders': createDraftOrder,
  'PATCH draftPurchaseOrders/{}': changeDraftOrder,
  'DELETE draftPurchaseOrders/{}': deleteDraftOrder,
  'POST draftPurchaseOrders/{}/action/submit': submitOrder,
  'POST draftPurchaseOrders/{}/action/cancelChangeOrder': cancelChangeOrder,
  'POST purchaseOrders/{}/action/cancel': cancelOrder,
  'POST purchaseOrders/{}/action/close': closeOrder,
  'POST receivingReceiptRequests': createReceipt,
  'POST receivingReceiptTransactionRequests': createReceivingTransaction,
  'POST inventoryStagedTransactions': createInventoryTransaction,
  'POST invoices': createInvoice,
  'POST invoices/action/validateInvoice': validateInvoice,
  'POST invoices/action/cancelInvoice': cancelInvoice,
  'PATCH invoiceHolds/{}': releaseHold,
  'POST payablesPayments': createPayment,
  'POST payablesPayments/{}/action/voidPayment': voidPayment,
  'POST erpintegrations': importBulkData,
  'POST workers': createWorker,
  'PATCH workers/{}/child/workRelationships/{}/child/assignments/{}': changeAssignment,
};
