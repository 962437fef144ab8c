-- How the books look from outside: one view per Oracle Fusion REST resource, columns named as its attributes.
-- The columns are also the list of what q, fields and orderBy accept.

create view adf_suppliers as
  select id as "SupplierId", name as "Supplier", number as "SupplierNumber", status as "Status",
    'SPEND_AUTHORIZED' as "BusinessRelationshipCode", 'SUPPLIER' as "SupplierTypeCode",
    'CORPORATION' as "TaxOrganizationTypeCode", tax_id as "TaxpayerId", created_at as "CreationDate"
  from suppliers;

create view adf_supplier_sites as
  select t.id as "SupplierSiteId", t.supplier_id as "SupplierId", t.code as "SupplierSite", 'Lakeside US Business Unit' as "ProcurementBU",
    t.purchasing as "SitePurposePurchasingFlag", t.pay as "SitePurposePayFlag", s.payment_terms as "PaymentTerms",
    s.email as "Email", upper(replace(s.channel, '-', '_')) as "B2BCommunicationMethod", s.channel_address as "B2BSupplierSiteCode",
    s.gln as "GlobalLocationNumber"
  from supplier_sites t join suppliers s on s.id = t.supplier_id;

create view adf_items as
  select i.id * 10 + f.organization_id % 10 as "ItemOrganizationKey", i.id as "ItemId", f.code as "OrganizationCode", f.organization_id as "OrganizationId", i.number as "ItemNumber",
    i.description as "ItemDescription", initcap(i.category) as "ItemClass", initcap(i.status) as "ItemStatusValue",
    i.status = 'active' as "PurchasingFlag", su.name as "PrimaryUOMValue", i.stocking_uom as "PrimaryUOMCode",
    i.purchasing_uom as "PurchasingUOMCode", i.list_price as "ListPrice", i.unit_cost as "StandardCost",
    case when i.lot_controlled then 'Full lot control' else 'No lot control' end as "LotControlValue",
    case when i.serial_controlled then 'At receipt' else 'No serial number control' end as "SerialGenerationValue",
    case when i.expiry_controlled then 'User-defined' else 'No control' end as "ShelfLifeControlValue",
    f.entity || '-' || '0000-' || i.expense_account as "ExpenseAccount", i.manufacturer as "ManufacturerName",
    i.manufacturer_part as "ManufacturerPartNumber", i.supplier_number as "PreferredSupplierNumber",
    i.supplier_item as "SupplierItemNumber"
  from items i join units_of_measure su on su.code = i.stocking_uom cross join facilities f;

create view adf_gtin_relationships as
  select g.id as "ItemRelationshipId", g.gtin as "GTIN", i.id as "InventoryItemId", i.number as "Item", g.uom as "UOMCode", u.name as "UOM"
  from item_gtins g join items i on i.number = g.item_number join units_of_measure u on u.code = g.uom;

create view adf_cross_references as
  select x.id as "ItemRelationshipId", i.id as "InventoryItemId", i.number as "Item", x.system as "CrossReferenceType", x.code as "CrossReference"
  from item_cross_references x join items i on i.number = x.item_number;

create view adf_related_items as
  select i.id as "ItemRelationshipId", i.id as "InventoryItemId", i.number as "Item", 'Substitute' as "RelationshipType",
    r.id as "RelatedItemId", r.number as "RelatedItem"
  from items i join items r on r.number = i.substitute;

create view adf_item_subinventories as
  select r.id as "ItemSubinventoryId", r.organization as "OrganizationCode", r.subinventory as "SubinventoryCode", r.item_number as "ItemNumber",
    r.minimum as "MinimumQuantity", r.maximum as "MaximumQuantity", 'Min-max planning' as "InventoryPlanningMethod",
    r.source_type as "SourceType", r.source_subinventory as "SourceSubinventory"
  from stocking_rules r;

create view adf_units_of_measure as
  select id as "UOMId", code as "UOMCode", name as "UOM" from units_of_measure;

create view adf_uom_conversions as
  select u.id as "UOMId", c.item_number || ':' || c.uom as "ConversionId", c.item_number as "ItemNumber", c.uom as "UOMCode",
    i.stocking_uom as "BaseUOMCode", c.factor as "ConversionValue"
  from item_conversions c join units_of_measure u on u.code = c.uom join items i on i.number = c.item_number;

create view adf_agreements as
  select a.id as "AgreementHeaderId", a.number as "AgreementNumber", s.name as "Supplier", s.number as "SupplierNumber",
    a.description as "Description", 'Open' as "Status", 'USD' as "CurrencyCode"
  from agreements a join suppliers s on s.number = a.supplier_number;

create view adf_agreement_lines as
  select a.id as "AgreementHeaderId", i.id as "AgreementLineId", a.number as "AgreementNumber",
    (row_number() over (partition by a.number order by i.number))::int as "LineNumber", i.number as "Item",
    i.description as "Description", i.purchasing_uom as "UOMCode", i.contract_price as "Price", s.number as "SupplierNumber",
    i.supplier_item as "SupplierItem"
  from agreements a join suppliers s on s.number = a.supplier_number join items i on i.supplier_number = s.number and i.status = 'active';

create view adf_value_sets as
  select * from (values
    (1::bigint, 'LAKESIDE_ENTITY', 'Entity'),
    (2::bigint, 'LAKESIDE_COST_CENTER', 'Cost center'),
    (3::bigint, 'LAKESIDE_ACCOUNT', 'Natural account')) as v("ValueSetId", "ValueSetCode", "Description");

create view adf_value_set_values as
  select 1::bigint as "ValueSetId", 1000000 + entity::bigint as "ValueId", entity as "Value", name as "Description", 'Y' as "EnabledFlag",
    null::date as "EndDateActive", null::text as "AccountType", code as "IndependentValue"
  from facilities
  union all
  select 2, 2000000 + code::bigint, code, name, 'Y', closed_on, null, null from cost_centres
  union all
  select 3, 3000000 + code::bigint, code, name, 'Y', null, upper(left(type, 1)), null from accounts;

create view adf_account_combinations as
  select k.id as "AccountCombinationId", k.combination as "AccountCombination", k.entity as "Entity", k.cost_centre as "CostCenter",
    k.account as "Account", initcap(a.type) as "AccountType", c.closed_on is null as "EnabledFlag", c.closed_on as "EndDateActive"
  from account_combinations k join accounts a on a.code = k.account left join cost_centres c on c.code = k.cost_centre;

create view adf_periods as
  select name as "PeriodName", starts_on as "StartDate", ends_on as "EndDate", status as "ClosingStatus", 'Lakeside US Ledger' as "LedgerName"
  from periods;

create view adf_budget_balances as
  select b.cost_centre || ':' || b.fiscal_year as "BudgetBalanceId", 'Lakeside Supplies' as "ControlBudget", b.cost_centre as "CostCenter",
    c.name as "CostCenterDescription", b.fiscal_year::text as "BudgetPeriod", 'USD' as "CurrencyCode", b.budget as "BudgetAmount",
    b.commitment as "CommitmentAmount", b.obligation as "ObligationAmount", b.actual as "ExpendituresAmount",
    b.budget - b.commitment - b.obligation - b.actual as "FundsAvailableAmount"
  from budgets b join cost_centres c on c.code = b.cost_centre;

create view adf_requisitions as
  select r.id as "RequisitionHeaderId", r.number as "Requisition", r.requisitioning_bu as "RequisitioningBU", r.description as "Description",
    r.justification as "Justification", r.preparer_email as "PreparerEmail", r.status as "DocumentStatus",
    upper(r.status) as "DocumentStatusCode", r.externally_managed as "ExternallyManagedFlag",
    r.interface_source_code as "InterfaceSourceCode", r.created_at as "CreationDate", r.submitted_at as "SubmissionDate"
  from requisitions r;

create view adf_requisition_lines as
  select l.id as "RequisitionLineId", l.requisition_id as "RequisitionHeaderId", l.line_number as "LineNumber", 'Goods' as "LineTypeCode",
    l.item_number as "Item", l.description as "ItemDescription", l.quantity as "Quantity", l.uom as "UOMCode", l.price as "Price",
    l.amount as "LineAmount", 'USD' as "CurrencyCode", s.name as "Supplier", l.supplier_number as "SupplierNumber",
    l.supplier_site as "SupplierSite", l.requested_date as "RequestedDeliveryDate", l.destination_type as "DestinationTypeCode",
    l.organization as "DestinationOrganizationCode", l.subinventory as "DestinationSubinventory", l.charge_account as "ChargeAccount",
    l.urgent as "UrgentFlag", l.order_number as "PurchaseOrder",
    case when l.order_number is not null then 'Ordered' else r.status end as "RequisitionLineStatus"
  from requisition_lines l join requisitions r on r.id = l.requisition_id left join suppliers s on s.number = l.supplier_number;

create view adf_schedules as
  select d.id as "LineLocationId", d.line_id as "POLineId", d.order_id as "POHeaderId", o.number as "OrderNumber", l.line_number as "LineNumber",
    d.schedule_number as "ScheduleNumber", l.item_number as "Item", d.quantity as "Quantity", l.uom as "UOMCode", l.price as "Price",
    d.organization as "ShipToOrganizationCode", d.destination_type as "DestinationTypeCode", d.requested_date as "RequestedDeliveryDate",
    d.promised_date as "PromisedDeliveryDate", d.received_quantity as "ReceivedQuantity", d.billed_quantity as "BilledQuantity",
    10 as "OverReceiptTolerancePercent", 'USD' as "CurrencyCode",
    case
      when l.cancelled then 'Canceled'
      when o.status in ('INCOMPLETE', 'CANCELED', 'CLOSED', 'FINALLY CLOSED') then initcap(o.status)
      when (d.received_quantity >= d.quantity or o.closed_for_receiving) and (d.billed_quantity >= d.quantity or o.closed_for_invoicing) then 'Closed'
      when d.received_quantity >= d.quantity or o.closed_for_receiving then 'Closed for Receiving'
      when d.billed_quantity >= d.quantity or o.closed_for_invoicing then 'Closed for Invoicing'
      else 'Open'
    end as "ScheduleStatus"
  from purchase_order_schedules d join purchase_order_lines l on l.id = d.line_id join purchase_orders o on o.id = d.order_id;

create view adf_distributions as
  select d.distribution_id as "PODistributionId", d.id as "LineLocationId", 1 as "DistributionNumber", d.quantity as "Quantity",
    d.charge_account as "POChargeAccount", d.destination_type as "DestinationTypeCode", d.subinventory as "DestinationSubinventory",
    d.reserved as "FundsReservedAmount"
  from purchase_order_schedules d;

create view adf_order_lines as
  select l.id as "POLineId", l.order_id as "POHeaderId", o.number as "OrderNumber", l.line_number as "LineNumber", 'Goods' as "LineType",
    l.item_number as "Item", l.original_item_number as "OriginalItem", l.description as "Description", i.supplier_item as "SupplierItem",
    coalesce(d.quantity, 0) as "Quantity", l.uom as "UOMCode", l.price as "Price", round(coalesce(d.quantity, 0) * l.price, 2) as "Ordered",
    case when l.cancelled then 'Canceled' else initcap(o.status) end as "Status",
    l.requisition_number as "RequisitionNumber", l.requisition_line_number as "RequisitionLineNumber"
  from purchase_order_lines l join purchase_orders o on o.id = l.order_id left join items i on i.number = l.item_number
  left join lateral (select sum(quantity) as quantity from purchase_order_schedules where line_id = l.id) d on true;

create view adf_orders as
  select o.id as "POHeaderId", o.number as "OrderNumber", w."Status", upper(w."Status") as "StatusCode", o.funds_status as "FundsStatus",
    o.procurement_bu as "ProcurementBU", 'Lakeside Health' as "SoldToLegalEntity", o.description as "Description",
    o.reference_number as "ReferenceNumber", s.id as "SupplierId", s.name as "Supplier", s.number as "SupplierNumber",
    o.supplier_site as "SupplierSite", o.buyer_email as "BuyerEmail", o.currency as "CurrencyCode", o.payment_terms as "PaymentTerms",
    o.note_to_supplier as "NoteToSupplier", o.supplier_order as "SupplierOrder", o.change_order_number as "ChangeOrderNumber",
    t.total as "Total", o.created_at as "CreationDate", o.submitted_at as "SubmittedDate", o.closed_at as "ClosedDate",
    o.cancelled_at as "CanceledDate"
  from purchase_orders o
  join suppliers s on s.id = o.supplier_id
  cross join lateral (
    select coalesce(sum(round(d.quantity * l.price, 2)), 0) as total,
      coalesce(bool_and(d.received_quantity >= d.quantity), false) as received,
      coalesce(bool_and(d.billed_quantity >= d.quantity), false) as billed
    from purchase_order_lines l join purchase_order_schedules d on d.line_id = l.id
    where l.order_id = o.id and not l.cancelled
  ) t
  cross join lateral (
    select case
      when o.status <> 'OPEN' then initcap(o.status)
      when (t.received or o.closed_for_receiving) and (t.billed or o.closed_for_invoicing) then 'Closed'
      when t.received or o.closed_for_receiving then 'Closed for Receiving'
      when t.billed or o.closed_for_invoicing then 'Closed for Invoicing'
      else 'Open'
    end as "Status"
  ) w;

create view adf_draft_orders as
  select v."POHeaderId", v."OrderNumber",
    case when c.id is null then v."Status" else 'Incomplete' end as "Status", c.number as "ChangeOrderNumber",
    c.description as "ChangeOrderDescription", c.changes as "ChangeOrderDetails", v."FundsStatus", v."ProcurementBU", v."Description",
    v."ReferenceNumber", v."SupplierId", v."Supplier", v."SupplierNumber", v."SupplierSite", v."BuyerEmail", v."CurrencyCode",
    v."PaymentTerms", v."NoteToSupplier", v."SupplierOrder", v."Total", v."CreationDate"
  from adf_orders v left join change_orders c on c.order_id = v."POHeaderId" and c.status = 'INCOMPLETE'
  where v."StatusCode" = 'INCOMPLETE' or c.id is not null;

create view adf_receipts as
  select r.id as "HeaderInterfaceId", r.number as "ReceiptNumber", r.receipt_source as "ReceiptSourceCode", s.name as "VendorName",
    s.number as "VendorNumber", r.organization as "OrganizationCode", r.packing_slip as "PackingSlip", r.shipment_number as "ShipmentNumber",
    r.comments as "Comments", r.status as "ProcessingStatusCode", case r.status when 'SUCCESS' then 'SUCCESS' else 'FAILURE' end as "ReturnStatus",
    r.error_code as "ErrorCode", r.error_explanation as "ErrorExplanation", r.created_at as "CreationDate"
  from receipts r left join suppliers s on s.id = r.supplier_id;

create view adf_receiving_transactions as
  select t.id as "InterfaceTransactionId", t.receipt_id as "HeaderInterfaceId", t.parent_id as "ParentInterfaceTransactionId",
    r.number as "ReceiptNumber", t.type as "TransactionType", t.document_number as "DocumentNumber",
    t.document_line_number as "DocumentLineNumber", t.document_schedule_number as "DocumentScheduleNumber", t.item_number as "ItemNumber",
    t.quantity as "Quantity", t.effect as "NetQuantity", t.uom as "UOMCode", t.amount as "Amount", t.organization as "OrganizationCode",
    t.subinventory as "Subinventory", t.transaction_date as "TransactionDate", t.comments as "Comments", t.status as "ProcessingStatusCode",
    case t.status when 'SUCCESS' then 'SUCCESS' else 'FAILURE' end as "ReturnStatus", t.error_code as "ErrorCode",
    t.error_explanation as "ErrorExplanation", t.created_at as "CreationDate"
  from receiving_transactions t left join receipts r on r.id = t.receipt_id;

create view adf_inventory_transactions as
  select id as "TransactionInterfaceId", type as "TransactionTypeName", organization as "OrganizationCode", subinventory as "SubinventoryCode",
    transfer_organization as "TransferOrganizationCode", transfer_subinventory as "TransferSubinventory", item_number as "ItemNumber",
    quantity as "TransactionQuantity", uom as "TransactionUnitOfMeasure", account_combination as "AccountCombination",
    reference as "TransactionReference", source_code as "SourceCode", transaction_date as "TransactionDate",
    case status when 'SUCCESS' then 'SUCCESS' else 'ERROR' end as "ProcessStatus", error_code as "ErrorCode",
    error_explanation as "ErrorExplanation", created_at as "CreationDate"
  from inventory_transactions;

create view adf_material_transactions as
  select m.id as "TransactionId", m.organization as "OrganizationCode", m.subinventory as "SubinventoryCode", m.item_number as "ItemNumber",
    nullif(m.lot, '') as "LotNumber", nullif(m.serial, '') as "SerialNumber", m.expires_on as "LotExpirationDate", m.quantity as "TransactionQuantity",
    m.unit_cost as "UnitCost", m.value as "TransactionValue", m.type as "TransactionTypeName", m.account_combination as "AccountCombination",
    m.reference as "TransactionReference", m.inventory_transaction_id as "TransactionInterfaceId",
    m.receiving_transaction_id as "ReceivingTransactionId", m.created_at as "CreationDate"
  from stock_movements m;

create view adf_onhand as
  select b.organization || '|' || b.subinventory || '|' || b.item_number || '|' || b.lot || '|' || b.serial as "OnhandId",
    b.organization as "OrganizationCode", b.subinventory as "SubinventoryCode", b.item_number as "ItemNumber",
    nullif(b.lot, '') as "LotNumber", nullif(b.serial, '') as "SerialNumber", b.expires_on as "LotExpirationDate",
    b.quantity as "PrimaryOnhandQuantity", i.stocking_uom as "PrimaryUOMCode", b.value as "OnhandValue"
  from stock_balances b join items i on i.number = b.item_number where b.quantity > 0;

create view adf_invoices as
  select v.id as "InvoiceId", v.number as "InvoiceNumber", v.amount as "InvoiceAmount", v.currency as "InvoiceCurrency",
    v.business_unit as "BusinessUnit", s.name as "Supplier", s.number as "SupplierNumber", v.supplier_site as "SupplierSite",
    v.type as "InvoiceType", v.source as "InvoiceSource", v.invoice_date as "InvoiceDate", v.accounting_date as "AccountingDate",
    v.due_date as "DueDate", v.payment_terms as "PaymentTerms", v.description as "Description", v.reference_number as "ReferenceKeyOne",
    v.validation as "ValidationStatus", case when v.validation = 'Canceled' then true else false end as "CanceledFlag", v.paid as "AmountPaid",
    case when v.paid = 0 then 'Unpaid' when v.paid = v.amount then 'Paid' else 'Partially paid' end as "PaidStatus",
    'Unaccounted' as "AccountingStatus", v.created_at as "CreationDate", v.validated_at as "ValidationDate", v.cancelled_at as "CanceledDate"
  from invoices v join suppliers s on s.id = v.supplier_id;

create view adf_invoice_lines as
  select id as "InvoiceLineId", invoice_id as "InvoiceId", line_number as "LineNumber", type as "LineType", amount as "LineAmount",
    quantity as "Quantity", unit_price as "UnitPrice", uom as "UOM", description as "Description", item_number as "Item",
    order_number as "PurchaseOrderNumber", order_line_number as "PurchaseOrderLineNumber", schedule_number as "PurchaseOrderScheduleLineNumber",
    receipt_number as "ReceiptNumber", account_combination as "DistributionCombination"
  from invoice_lines;

create view adf_invoice_holds as
  select h.id as "HoldId", h.invoice_id as "InvoiceId", v.number as "InvoiceNumber", s.name as "Supplier", h.line_number as "LineNumber",
    h.name as "HoldName", h.reason as "HoldReason", h.held_at as "HoldDate", h.release_name as "ReleaseName",
    h.release_reason as "ReleaseReason", h.released_at as "ReleaseDate", 'Lakeside US Business Unit' as "BusinessUnit"
  from invoice_holds h join invoices v on v.id = h.invoice_id join suppliers s on s.id = v.supplier_id;

create view adf_payments as
  select p.id as "PaymentId", p.number as "PaymentNumber", p.payment_date as "PaymentDate", p.description as "PaymentDescription",
    p.status as "PaymentStatus", p.amount as "PaymentAmount", p.currency as "PaymentCurrency", s.name as "Payee", s.number as "PayeeNumber",
    p.supplier_site as "PayeeSite", p.business_unit as "BusinessUnit", p.method as "PaymentMethod",
    p.bank_account as "DisbursementBankAccountName", p.created_at as "CreationDate", p.voided_at as "VoidDate"
  from payments p join suppliers s on s.id = p.supplier_id;

create view adf_payment_invoices as
  select x.payment_id as "PaymentId", v.id as "InvoiceId", v.number as "InvoiceNumber", x.amount as "AmountPaidPaymentCurrency", v.amount as "InvoiceAmount"
  from payment_invoices x join invoices v on v.id = x.invoice_id;

create view adf_journal_batches as
  select b.id as "JeBatchId", b.name as "BatchName", b.description as "BatchDescription", b.source as "UserJeSourceName",
    b.group_id as "GroupId", b.request_id as "ImportRequestId", 'P' as "Status", 'Posted' as "StatusMeaning", b.created_at as "CreationDate"
  from journal_batches b;

create view adf_journals as
  select j.id as "JeHeaderId", j.batch_id as "JeBatchId", j.name as "JournalName", j.description as "Description", j.reference as "ExternalReference",
    j.category as "UserJeCategoryName", j.currency as "CurrencyCode", j.period as "PeriodName", j.effective_date as "DefaultEffectiveDate",
    'Posted' as "Status", j.created_at as "CreationDate"
  from journals j;

create view adf_journal_lines as
  select l.id as "JeLineId", l.journal_id as "JeHeaderId", l.line_number as "JeLineNumber", l.account_combination as "AccountCombination",
    l.debit as "EnteredDr", l.credit as "EnteredCr", l.description as "Description", l.reference1 as "Reference1", l.reference2 as "Reference2"
  from journal_lines l;

create view adf_ledger_balances as
  select l.account_combination || ':' || p.name as "LedgerBalanceId", 'Lakeside US Ledger' as "LedgerName", p.name as "PeriodName", 'USD' as "Currency",
    l.account_combination as "DetailAccountCombination", a.account as "Account", a.cost_centre as "CostCenter", a.entity as "Entity",
    sum(l.debit) as "PeriodDebit", sum(l.credit) as "PeriodCredit", sum(l.debit - l.credit) as "PeriodActivity",
    sum(sum(l.debit - l.credit)) over (partition by l.account_combination order by p.starts_on) as "EndingBalance"
  from journal_lines l join journals j on j.id = l.journal_id join periods p on p.name = j.period
  join account_combinations a on a.combination = l.account_combination
  group by l.account_combination, p.name, p.starts_on, a.account, a.cost_centre, a.entity;

create view adf_workers as
  select id as "PersonId", person_number as "PersonNumber", created_at as "CreationDate" from workers;

create view adf_worker_names as
  select id as "PersonId", id as "PersonNameId", first_name as "FirstName", last_name as "LastName", 'US' as "LegislationCode" from workers;

create view adf_work_relationships as
  select worker_id as "PersonId", id as "PeriodOfServiceId", legal_employer as "LegalEmployerName", 'E' as "WorkerType", start_date as "StartDate" from work_relationships;

-- What holds today, as the vendor answers when no other day is asked for.
create view adf_assignments as
  select id as "AssignmentId", relationship_id as "PeriodOfServiceId", effective_start as "EffectiveStartDate", effective_end as "EffectiveEndDate",
    status as "AssignmentStatusTypeCode", action as "ActionCode", business_unit as "BusinessUnitName", expense_account as "DefaultExpenseAccount"
  from assignments where current_date between effective_start and effective_end;
