import type { Resource } from './collections.ts';

const distributions: Resource = { view: 'adf_distributions', key: 'PODistributionId' };
const schedules: Resource = { view: 'adf_schedules', key: 'LineLocationId', children: { distributions } };
const orderLines: Resource = { view: 'adf_order_lines', key: 'POLineId', children: { schedules } };

const assignments: Resource = { view: 'adf_assignments', key: 'AssignmentId', opaqueKeys: true };

/** What can be read. Names marked K in the documentation of the sandbox are from general knowledge. */
export const resources: Readonly<Record<string, Resource>> = {
  suppliers: {
    view: 'adf_suppliers', key: 'SupplierId', children: { sites: { view: 'adf_supplier_sites', key: 'SupplierSiteId' } },
    finders: { PrimaryKey: { variables: { SupplierId: 'SupplierId' } }, ActiveSuppliersFinder: { variables: {}, always: "Status='ACTIVE'" } },
  },
  itemsV2: { view: 'adf_items', key: 'ItemOrganizationKey', opaqueKeys: true },
  GTINRelationships: { view: 'adf_gtin_relationships', key: 'ItemRelationshipId' },
  crossReferenceRelationships: { view: 'adf_cross_references', key: 'ItemRelationshipId' },
  relatedItemRelationships: { view: 'adf_related_items', key: 'ItemRelationshipId' },
  itemSubinventories: { view: 'adf_item_subinventories', key: 'ItemSubinventoryId' },
  unitsOfMeasure: { view: 'adf_units_of_measure', key: 'UOMId', children: { intraclassConversions: { view: 'adf_uom_conversions', key: 'ConversionId' } } },
  purchaseAgreements: { view: 'adf_agreements', key: 'AgreementHeaderId', children: { lines: { view: 'adf_agreement_lines', key: 'AgreementLineId' } } },
  purchaseAgreementLines: { view: 'adf_agreement_lines', key: 'AgreementLineId' },
  valueSets: { view: 'adf_value_sets', key: 'ValueSetId', children: { values: { view: 'adf_value_set_values', key: 'ValueId' } } },
  accountCombinationsLOV: { view: 'adf_account_combinations', key: 'AccountCombinationId' },
  accountingPeriodsLOV: { view: 'adf_periods', key: 'PeriodName' },
  budgetaryControlBalances: { view: 'adf_budget_balances', key: 'BudgetBalanceId' },
  purchaseRequisitions: { view: 'adf_requisitions', key: 'RequisitionHeaderId', children: { lines: { view: 'adf_requisition_lines', key: 'RequisitionLineId' } } },
  draftPurchaseOrders: { view: 'adf_draft_orders', key: 'POHeaderId', children: { lines: orderLines } },
  purchaseOrders: { view: 'adf_orders', key: 'POHeaderId', children: { lines: orderLines } },
  purchaseOrderSchedules: { view: 'adf_schedules', key: 'LineLocationId' },
  receivingReceiptRequests: {
    view: 'adf_receipts', key: 'HeaderInterfaceId', children: { lines: { view: 'adf_receiving_transactions', key: 'InterfaceTransactionId' } },
  },
  receivingReceiptTransactionRequests: { view: 'adf_receiving_transactions', key: 'InterfaceTransactionId' },
  invoices: {
    view: 'adf_invoices', key: 'InvoiceId', opaqueKeys: true,
    children: { invoiceLines: { view: 'adf_invoice_lines', key: 'InvoiceLineId' } },
  },
  invoiceHolds: { view: 'adf_invoice_holds', key: 'HoldId' },
  payablesPayments: { view: 'adf_payments', key: 'PaymentId', children: { relatedInvoices: { view: 'adf_payment_invoices', key: 'InvoiceId' } } },
  inventoryOnhandBalances: { view: 'adf_onhand', key: 'OnhandId' },
  inventoryStagedTransactions: { view: 'adf_inventory_transactions', key: 'TransactionInterfaceId' },
  inventoryCompletedTransactions: { view: 'adf_material_transactions', key: 'TransactionId' },
  journalBatches: {
    view: 'adf_journal_batches', key: 'JeBatchId',
    children: { journalHeaders: { view: 'adf_journals', key: 'JeHeaderId', children: { journalLines: { view: 'adf_journal_lines', key: 'JeLineId' } } } },
  },
  workers: {
    view: 'adf_workers', key: 'PersonId', opaqueKeys: true,
    children: {
      names: { view: 'adf_worker_names', key: 'PersonNameId' },
      workRelationships: { view: 'adf_work_relationships', key: 'PeriodOfServiceId', children: { assignments } },
    },
  },
  ledgerBalances: {
    view: 'adf_ledger_balances', key: 'LedgerBalanceId',
    finders: { AccountBalanceFinder: { variables: { accountCombination: 'DetailAccountCombination', accountingPeriod: 'PeriodName', currency: 'Currency', ledgerName: 'LedgerName' } } },
  },
};
