import { children, day, decimal, flag, id, instant, optional, shape, text } from './record.ts';

/**
 * What is read of each resource. Names as in Oracle's REST guides for Financials, Procurement and Supply Chain, as the
 * sandbox serves them; which of them are published and which are general knowledge is listed in its README.
 */

export const Supplier = shape('suppliers', {
  SupplierNumber: text, Supplier: text, Status: text, BusinessRelationshipCode: optional(text),
  sites: children({ SupplierSite: text, SitePurposePurchasingFlag: flag, SitePurposePayFlag: flag, PaymentTerms: optional(text) }),
});

export const Item = shape('itemsV2', {
  ItemId: id, ItemNumber: text, ItemDescription: text, ItemClass: optional(text), ItemStatusValue: text, PrimaryUOMCode: text, PurchasingUOMCode: optional(text),
  ListPrice: optional(decimal), LotControlValue: optional(text), SerialGenerationValue: optional(text), ShelfLifeControlValue: optional(text), ExpenseAccount: optional(text),
  ManufacturerName: optional(text), PreferredSupplierNumber: optional(text),
});

export const Gtin = shape('GTINRelationships', { GTIN: text, Item: text });
export const RelatedItem = shape('relatedItemRelationships', { Item: text, RelatedItem: text });
export const Unit = shape('unitsOfMeasure', { UOMId: id, UOMCode: text, UOM: text });
export const Conversion = shape('intraclassConversions', { ItemNumber: text, ConversionValue: decimal });
export const ItemSubinventory = shape('itemSubinventories', {
  ItemSubinventoryId: id, OrganizationCode: text, SubinventoryCode: text, ItemNumber: text, MinimumQuantity: decimal, MaximumQuantity: decimal,
  SourceType: text, SourceSubinventory: optional(text),
});

export const ValueSet = shape('valueSets', { ValueSetId: id, ValueSetCode: text });
export const Value = shape('values', { Value: text, Description: optional(text), EnabledFlag: text, EndDateActive: optional(day), AccountType: optional(text) });
export const Combination = shape('accountCombinationsLOV', { AccountCombination: text, Entity: text, CostCenter: text, Account: text, AccountType: text });
export const BudgetBalance = shape('budgetaryControlBalances', {
  CurrencyCode: text, BudgetAmount: decimal, CommitmentAmount: decimal, ObligationAmount: decimal, ExpendituresAmount: decimal, FundsAvailableAmount: decimal,
});

export const Requisition = shape('purchaseRequisitions', {
  RequisitionHeaderId: id, Requisition: text, Description: optional(text), Justification: optional(text), DocumentStatus: text, InterfaceSourceCode: optional(text),
  lines: children({
    LineNumber: id, Item: optional(text), ItemDescription: optional(text), Quantity: decimal, UOMCode: text, Price: decimal, CurrencyCode: text, SupplierNumber: optional(text),
    RequestedDeliveryDate: optional(day), DestinationOrganizationCode: text, ChargeAccount: text, PurchaseOrder: optional(text),
  }),
});

const distribution = { POChargeAccount: text, DestinationSubinventory: optional(text), FundsReservedAmount: optional(decimal) };
const schedule = {
  ScheduleNumber: id, Quantity: decimal, ShipToOrganizationCode: text, DestinationTypeCode: text, PromisedDeliveryDate: optional(day), ReceivedQuantity: decimal, BilledQuantity: decimal,
};
export const Order = shape('purchaseOrders', {
  POHeaderId: id, OrderNumber: text, Status: text, FundsStatus: optional(text), Description: optional(text), ReferenceNumber: optional(text), SupplierNumber: text, CurrencyCode: text, Total: decimal, ClosedDate: optional(instant),
  lines: children({
    LineNumber: id, Item: optional(text), Description: optional(text), Quantity: decimal, UOMCode: text, Price: decimal, Status: text, RequisitionNumber: optional(text),
    schedules: children({ ...schedule, distributions: children(distribution) }),
  }),
});
export const DraftOrder = shape('draftPurchaseOrders', { POHeaderId: id, OrderNumber: text, Status: text, ChangeOrderDescription: optional(text) });

const receivingLine = {
  InterfaceTransactionId: id, HeaderInterfaceId: optional(id), TransactionType: text, DocumentNumber: optional(text), DocumentLineNumber: optional(id), ItemNumber: optional(text), Quantity: decimal,
  UOMCode: optional(text), Amount: decimal, Subinventory: optional(text), TransactionDate: instant, ReturnStatus: text,
};
export const ReceivingTransaction = shape('receivingReceiptTransactionRequests', receivingLine);
export const ReceiptRequest = shape('receivingReceiptRequests', {
  HeaderInterfaceId: id, ReceiptNumber: optional(text), Comments: optional(text), ReturnStatus: text, ErrorCode: optional(text), ErrorExplanation: optional(text), lines: children(receivingLine),
});

export const Invoice = shape('invoices', {
  InvoiceId: id, InvoiceNumber: text, InvoiceAmount: decimal, InvoiceCurrency: text, SupplierNumber: text, InvoiceDate: day, ReferenceKeyOne: optional(text), ValidationStatus: text,
  CanceledFlag: flag, AmountPaid: decimal, PaidStatus: text, CreationDate: instant,
  invoiceLines: children({
    LineNumber: id, LineAmount: decimal, Quantity: optional(decimal), UnitPrice: optional(decimal), UOM: optional(text), Item: optional(text), PurchaseOrderNumber: optional(text), PurchaseOrderLineNumber: optional(id),
  }),
});
export const InvoiceHold = shape('invoiceHolds', { HoldId: id, HoldName: text });
export const Payment = shape('payablesPayments', {
  PaymentId: id, PaymentNumber: id, PaymentDate: day, PaymentDescription: optional(text), PaymentStatus: text, PaymentCurrency: text, PayeeNumber: text,
  relatedInvoices: children({ InvoiceNumber: text, AmountPaidPaymentCurrency: decimal }),
});

export const OnHand = shape('inventoryOnhandBalances', {
  SubinventoryCode: text, ItemNumber: text, LotNumber: optional(text), SerialNumber: optional(text), LotExpirationDate: optional(day), PrimaryOnhandQuantity: decimal, PrimaryUOMCode: text,
});
export const StagedTransaction = shape('inventoryStagedTransactions', {
  TransactionInterfaceId: id, TransactionTypeName: text, OrganizationCode: text, SubinventoryCode: optional(text), TransferSubinventory: optional(text), ItemNumber: text, TransactionQuantity: decimal,
  TransactionUnitOfMeasure: optional(text), AccountCombination: optional(text), TransactionReference: optional(text), TransactionDate: instant, ProcessStatus: text, ErrorCode: optional(text), ErrorExplanation: optional(text),
});
export const CompletedTransaction = shape('inventoryCompletedTransactions', {
  TransactionId: id, SubinventoryCode: text, LotNumber: optional(text), SerialNumber: optional(text), LotExpirationDate: optional(day), TransactionQuantity: decimal, TransactionValue: decimal,
  TransactionInterfaceId: optional(id), ReceivingTransactionId: optional(id),
});

export const ImportRequest = shape('erpintegrations', { ReqstId: id });
export const JobStatus = shape('erpintegrations', { ReqstId: id, RequestStatus: text });
export const JobDetails = shape('erpintegrations', { ReqstId: id, DocumentContent: text });
export const JournalBatch = shape('journalBatches', {
  JeBatchId: id, BatchName: text,
  journalHeaders: children({
    JeHeaderId: id, JournalName: text, Description: optional(text), ExternalReference: optional(text), UserJeCategoryName: text, CurrencyCode: text, DefaultEffectiveDate: day,
    journalLines: children({ JeLineNumber: id, AccountCombination: text, EnteredDr: optional(decimal), EnteredCr: optional(decimal), Description: optional(text) }),
  }),
});
export const LedgerBalance = shape('ledgerBalances', { PeriodDebit: decimal, PeriodCredit: decimal });

const links = optional(children({ rel: text, href: text }));
export const Worker = shape('workers', {
  PersonId: id, PersonNumber: text, links,
  workRelationships: children({
    PeriodOfServiceId: id, assignments: children({ AssignmentId: id, EffectiveStartDate: day, AssignmentStatusTypeCode: text, DefaultExpenseAccount: optional(text) }),
  }),
});
export const CreatedWorker = shape('workers', { PersonId: id });
export const AssignmentLinks = shape('assignments', { AssignmentId: id, links });
