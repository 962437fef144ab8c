import { ApiError, type FailureKind } from '#chassis/errors/failures.ts';
import { readJson } from './exact-json.ts';

/** What the vendor said, kept as the cause of our failure. Its text may name parties, so it never becomes a message of ours. */
export class FusionFailure extends Error {
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, code: string | undefined, text: string) {
    super(text);
    this.name = 'FusionFailure';
    this.status = status;
    this.code = code;
  }
}

type Refusal = readonly [code: string, detail: string, kind?: FailureKind];

/** What the vendor's error codes mean: of errors, of interface rows and of the journal import's report. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  'EGP-2882031': ['unknown-item', 'The item is not in the item master.'],
  'EGP-2882032': ['item-inactive', 'The item is not active.'],
  'INV-2569121': ['unknown-unit', 'The unit of measure is not known.'],
  'POR-2010921': ['unknown-unit', 'The item does not come in this unit.'],
  'PO-2055214': ['unknown-unit', 'The item does not come in this unit.'],
  'POZ-2130390': ['unknown-supplier', 'The supplier is not known.'],
  'PO-2055210': ['supplier-inactive', 'The supplier is not active.'],
  'PO-2055213': ['no-supplier-site', 'The supplier has no site for purchasing.'],
  'AP-811003': ['no-supplier-site', 'The supplier has no site for payment.'],
  'AP-811030': ['no-supplier-site', 'The supplier has no site for payment.'],
  'GL-781030': ['unknown-account-combination', 'The ledger has no such combination of facility, cost centre and account.'],
  'GL-781036': ['cost-center-closed', 'The cost centre is closed.'],
  'INV-2569001': ['unknown-facility', 'The facility is not known.'],
  'PO-2055216': ['unknown-facility', 'The facility is not known.'],
  'INV-2569002': ['unknown-location', 'The facility has no such stock location.'],
  'PO-2055218': ['unknown-location', 'The facility has no such stock location.'],
  'XCC-1340010': ['budget-exceeded', 'The budget of the cost centre does not suffice.'],
  'POR-2010140': ['requisition-not-submittable', 'The requisition cannot be submitted in its state.'],
  'POR-2010141': ['requisition-ordered', 'The requisition is on an order.'],
  'PO-2055211': ['unknown-payment-terms', 'The payment terms are not known.'],
  'AP-811004': ['unknown-payment-terms', 'The payment terms are not known.'],
  'PO-2055212': ['unknown-currency', 'The business unit does not trade in this currency.'],
  'AP-811006': ['unknown-currency', 'The business unit does not trade in this currency.'],
  'PO-2055220': ['order-not-open', 'The order was received, billed or closed.'],
  'PO-2055222': ['order-not-open', 'The order is not open.'],
  'PO-2055230': ['order-not-open', 'The order is not open.'],
  'PO-2055232': ['order-not-open', 'The order cannot be submitted in its state.'],
  'PO-2055233': ['unknown-order-line', 'The order has no such line.'],
  'PO-2055234': ['order-line-started', 'The line was received or billed.'],
  'PO-2055237': ['below-received', 'Less than was received or billed cannot be ordered.'],
  'AP-811005': ['period-closed', 'No accounting period is open on that day.'],
  'AP-811031': ['period-closed', 'No accounting period is open on that day.'],
  'AP-811007': ['too-many-decimals', 'An amount has more than two decimals.'],
  'AP-811010': ['unknown-order-line', 'The order has no such line.'],
  'AP-811011': ['supplier-differs-from-order', 'The order is with another supplier.'],
  'AP-811012': ['order-not-open', 'The order cannot be invoiced in its state.'],
  'AP-810171': ['duplicate-invoice', 'The supplier has used this invoice number before.', 'conflict'],
  'AP-811020': ['unknown-invoice', 'The supplier has no such invoice.', 'not-found'],
  'AP-811021': ['invoice-cancelled', 'The invoice is cancelled.'],
  'AP-811022': ['invoice-paid', 'The invoice is paid.'],
  'AP-811023': ['hold-released', 'The hold is released already.'],
  'AP-811033': ['unknown-invoice', 'The supplier has no such invoice.'],
  'AP-811034': ['invoice-not-payable', 'The invoice is not validated or on hold.'],
  'AP-811035': ['overpayment', 'The invoice is paid already.'],
  'AP-811036': ['overpayment', 'More would be paid than is owed.'],
  'PER-1530073': ['employee-written-meanwhile', 'Another write of the same employee came first.', 'in-progress'],
  // Receiving and inventory answer with success and keep these on the rejected rows.
  RCV_INVALID_DOCUMENT: ['unknown-order-line', 'The order has no such line.'],
  RCV_VENDOR_MISMATCH: ['supplier-differs-from-order', 'The order is with another supplier.'],
  RCV_DOCUMENT_NOT_OPEN: ['order-not-open', 'The order is not open for goods.'],
  RCV_ITEM_MISMATCH: ['item-differs-from-order', 'The order line is for another item.'],
  RCV_UOM_MISMATCH: ['unknown-unit', 'The order line is in another unit.'],
  RCV_QTY_OVER_TOLERANCE: ['over-receipt', 'More would be received than was ordered.'],
  RCV_SUBINVENTORY_NOT_VALID: ['unknown-location', 'The facility has no such stock location.'],
  TRANSACTION_DATE_IN_FUTURE: ['date-in-future', 'The day is still to come.'],
  PERIOD_NOT_OPEN: ['period-closed', 'No accounting period is open on that day.'],
  INV_ITEM_NOT_VALID: ['unknown-item', 'The item is not in the item master, or not active.'],
  INV_UOM_NOT_VALID: ['unknown-unit', 'The item does not come in this unit.'],
  INV_SUBINVENTORY_NOT_VALID: ['unknown-location', 'The facility has no such stock location.'],
  INV_LOT_REQUIRED: ['tracking-required', 'The item is traced by lot, and none was given.'],
  INV_EXPIRATION_REQUIRED: ['tracking-required', 'The item needs an expiry date.'],
  INV_SERIAL_QTY_MISMATCH: ['tracking-required', 'The item is traced by serial number, and each piece needs one.'],
  INV_SERIAL_EXISTS: ['serial-in-stock', 'The piece with this serial number is in stock already.'],
  INV_NEGATIVE_BALANCE: ['negative-stock', 'There is less in stock than would be taken.'],
  INV_ACCOUNT_NOT_VALID: ['unknown-account-combination', 'The ledger has no such combination of facility, cost centre and account.'],
  // Codes of the journal import execution report.
  ED01: ['date-not-valid', 'The accounting date is not valid.'],
  EP01: ['period-closed', 'No accounting period is open on that day.'],
  EC02: ['unknown-currency', 'The ledger is not kept in this currency.'],
  EM03: ['amount-not-valid', 'An amount is not valid in this currency.'],
  EF04: ['unknown-account-combination', 'The ledger has no such combination of facility, cost centre and account.'],
  WU01: ['journal-unbalanced', 'Debits and credits differ.'],
};

/** What a code of the vendor means to a caller. */
export function refusalOf(code: string | undefined, cause: FusionFailure): ApiError {
  const [ours, detail, kind = 'refused'] = REFUSALS[code ?? ''] ?? ['vendor-refused', `The ERP refuses this${code ? ` (${code})` : ''}.`];
  return new ApiError(kind, detail, { code: ours, cause });
}

/** The failure of an exchange that did not succeed. */
export function failureOf(status: number, body: string): ApiError {
  const { code, detail } = detailsIn(body);
  const cause = new FusionFailure(status, code, detail);
  switch (true) {
    case status === 401 || status === 403:
      return new ApiError('unavailable', 'The ERP does not accept the sign-on of this platform.', { code: 'vendor-sign-on-failed', cause });
    case status === 404:
      return new ApiError('not-found', 'The ERP has no such document.', { code: 'unknown-document', cause });
    case status === 400 && !code?.startsWith('JBO-') && code !== undefined:
      return refusalOf(code, cause);
    case status >= 500:
      return new ApiError('unavailable', 'The ERP failed on this request.', { code: 'vendor-failed', cause });
    case status >= 400:
      // The request itself was not what this vendor takes: our mistake, or another release of the vendor.
      return new ApiError('internal', 'The ERP does not understand a request of this platform.', { code: 'vendor-rejected-request', cause });
    default:
      return new ApiError('upstream-broken', 'The ERP answered with a status that means nothing here.', { code: 'vendor-answer-invalid', cause });
  }
}

interface ErrorDetails { code: string | undefined; detail: string }

/** `application/vnd.oracle.adf.error+json`; in front of the vendor stand others, who answer with pages. */
function detailsIn(body: string): ErrorDetails {
  if (!body.trimStart().startsWith('{')) return { code: undefined, detail: 'no details' };
  try {
    const [first] = (readJson(body) as { 'o:errorDetails'?: { 'detail'?: unknown; 'o:errorCode'?: unknown }[] })['o:errorDetails'] ?? [];
    const code = first?.['o:errorCode'];
    return { code: typeof code === 'string' ? code : undefined, detail: String(first?.detail ?? 'no details') };
  } catch (error) {
    return { code: undefined, detail: `details that are no JSON: ${error instanceof Error ? error.name : 'unreadable'}` };
  }
}

/** A business rule refuses what a body names. */
export function refused(code: string, detail: string, cause?: unknown): ApiError {
  return new ApiError('refused', detail, { code, cause });
}

export function notFound(code: string, detail: string): ApiError {
  return new ApiError('not-found', detail, { code });
}

export function invalid(pointer: string, detail: string): ApiError {
  return new ApiError('invalid-request', `${pointer} ${detail}.`, { errors: [{ pointer, detail }] });
}

/** Refusals of the vendor are final; after anything else the write may have had its effect. */
export function isRefusal(thrown: unknown): thrown is ApiError {
  return thrown instanceof ApiError && thrown.status < 500 && !thrown.retryable;
}

export function hasCode(thrown: unknown, code: string): thrown is ApiError {
  return thrown instanceof ApiError && thrown.code === code;
}

const NEVER_SENT = new Set(['circuit-open', 'target-busy', 'vendor-throttles']);
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** Whether a write that failed like this may have had its effect all the same. */
export function mayHaveArrived(failure: ApiError): boolean {
  const { cause } = failure;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return !NEVER_SENT.has(failure.code ?? '') && !NOT_CONNECTED.has(code);
}

/** Tidies up after a refusal, so that nothing stays that a later attempt would not know, and passes the failure on. */
export async function tidied(failure: unknown, tidy: () => Promise<void>): Promise<never> {
  if (isRefusal(failure)) {
    await tidy().catch((further: unknown) => {
      // Gone already is as good. Anything else has to be tried again, or the rest stays behind.
      if (!isRefusal(further)) throw further;
    });
  }
  throw failure;
}
