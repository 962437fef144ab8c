/** Answers of the simulated ERP as they came over the wire, shortened to what the tests read and changed where a case asks for it. */

export const ITEM = `{"ItemOrganizationKey":3000000001000362,"ItemId":300000000100036,"OrganizationCode":"MAIN","OrganizationId":300000000100002,"ItemNumber":"IMP-1001",
 "ItemDescription":"XIENCE Alpine everolimus eluting coronary stent 3.50 mm x 28 mm, over the wire","ItemClass":"Implant","ItemStatusValue":"Active","PurchasingFlag":true,"PrimaryUOMValue":"Each","PrimaryUOMCode":"EA",
 "PurchasingUOMCode":"EA","ListPrice":1895.0000,"StandardCost":1450.0000,"LotControlValue":"Full lot control","SerialGenerationValue":"No serial number control","ShelfLifeControlValue":"User-defined",
 "ExpenseAccount":"101-0000-5120","ManufacturerName":"ABBOTT VASCULAR INC.","ManufacturerPartNumber":"1145350-28","PreferredSupplierNumber":"SUP-100","SupplierItemNumber":"100-1001"}`;

export const SUPPLIER = `{"SupplierId":300000000100012,"Supplier":"Cascade Medical Distribution","SupplierNumber":"SUP-130","Status":"ACTIVE","BusinessRelationshipCode":"SPEND_AUTHORIZED","TaxpayerId":"00-1000130",
 "CreationDate":"2026-11-20T08:00:00.123456+00:00","sites":[{"SupplierSiteId":300000000100021,"SupplierSite":"CASCADE-DC1","SitePurposePurchasingFlag":true,"SitePurposePayFlag":true,"PaymentTerms":"2/10 NET30"}]}`;

export const ORDER = `{"POHeaderId":300000000100301,"OrderNumber":"1001","Status":"Closed for Invoicing","StatusCode":"CLOSED FOR INVOICING","FundsStatus":"Reserved","Description":"REQ-7 [for theatre] [7010|5110=1]","ReferenceNumber":"REQ-7/SUP-130",
 "SupplierNumber":"SUP-130","CurrencyCode":"USD","Total":121.02,"ClosedDate":null,"lines":[
 {"POLineId":2,"LineNumber":7,"Item":"CON-3002","Description":"Nitrile examination glove","Quantity":2,"UOMCode":"BX","Price":18.0000,"Status":"Canceled","RequisitionNumber":null,
  "schedules":[{"ScheduleNumber":1,"Quantity":2,"ShipToOrganizationCode":"MAIN","DestinationTypeCode":"EXPENSE","PromisedDeliveryDate":null,"ReceivedQuantity":0,"BilledQuantity":0,"distributions":[{"POChargeAccount":"101-7060-5190","DestinationSubinventory":null,"FundsReservedAmount":0.00}]}]},
 {"POLineId":1,"LineNumber":1,"Item":"SPL-1001","Description":"as quoted","Quantity":10,"UOMCode":"EA","Price":8.5021,"Status":"Open","RequisitionNumber":"20001",
  "schedules":[{"ScheduleNumber":1,"Quantity":10,"ShipToOrganizationCode":"MAIN","DestinationTypeCode":"INVENTORY","PromisedDeliveryDate":"2099-02-28","ReceivedQuantity":4,"BilledQuantity":2.5,"distributions":[{"POChargeAccount":"101-0000-1310","DestinationSubinventory":"CATHLAB","FundsReservedAmount":0.00}]}]}]}`;

export const REQUISITION = `{"RequisitionHeaderId":300000000100401,"Requisition":"20002","Description":null,"Justification":"We are nearly out of gloves","DocumentStatus":"Pending approval","InterfaceSourceCode":null,"lines":[
 {"LineNumber":1,"Item":"CON-3002","ItemDescription":"Nitrile examination glove","Quantity":2,"UOMCode":"BX","Price":18.0000,"CurrencyCode":"USD","SupplierNumber":"SUP-130","RequestedDeliveryDate":null,
  "DestinationOrganizationCode":"EAST","ChargeAccount":"102-7050-5110","PurchaseOrder":null}]}`;

export const RECEIPT = `{"HeaderInterfaceId":300000000100501,"ReceiptNumber":"5001","Comments":"dock-1","ReturnStatus":"SUCCESS","ErrorCode":null,"ErrorExplanation":null,"lines":[
 {"InterfaceTransactionId":300000000100502,"HeaderInterfaceId":300000000100501,"TransactionType":"RECEIVE","DocumentNumber":"1001","DocumentLineNumber":1,"ItemNumber":"PHA-4001","Quantity":3,"UOMCode":"BX","Amount":510.00,
  "Subinventory":"STORES","TransactionDate":"2026-11-21T00:30:00+01:00","ReturnStatus":"SUCCESS"},
 {"InterfaceTransactionId":300000000100503,"HeaderInterfaceId":300000000100501,"TransactionType":"CORRECT","DocumentNumber":"1001","DocumentLineNumber":1,"ItemNumber":"PHA-4001","Quantity":-1,"UOMCode":"BX","Amount":-170.00,
  "Subinventory":"STORES","TransactionDate":"2026-11-21T00:00:00+00:00","ReturnStatus":"SUCCESS"}]}`;

export const COMPLETED = [
  '{"TransactionId":71,"SubinventoryCode":"STORES","LotNumber":"A","SerialNumber":null,"LotExpirationDate":"2027-05-31","TransactionQuantity":20,"TransactionValue":332.00,"ReceivingTransactionId":300000000100502,"TransactionInterfaceId":null}',
  '{"TransactionId":72,"SubinventoryCode":"STORES","LotNumber":"B","SerialNumber":null,"LotExpirationDate":null,"TransactionQuantity":10,"TransactionValue":166.00,"ReceivingTransactionId":300000000100502,"TransactionInterfaceId":null}',
];

export const INVOICE = `{"InvoiceId":300000000100601,"InvoiceNumber":"INV-1","InvoiceAmount":85.00,"InvoiceCurrency":"USD","SupplierNumber":"SUP-130","InvoiceDate":"2026-11-20","ReferenceKeyOne":"1001/INV-1","ValidationStatus":"Validated",
 "CanceledFlag":false,"AmountPaid":0.00,"PaidStatus":"Unpaid","CreationDate":"2026-11-20T08:00:00+00:00","invoiceLines":[
 {"LineNumber":1,"LineAmount":85.00,"Quantity":10,"UnitPrice":8.5000,"UOM":"EA","Item":"SPL-1001","PurchaseOrderNumber":"1001","PurchaseOrderLineNumber":1}]}`;
