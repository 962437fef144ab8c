import type { Call, Implementation } from '#chassis/contract/serve.ts';
import { pageOf, positionOf } from '#chassis/contract/page.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { addQuantities, compare, lineAmount, sum } from '#chassis/money/money.ts';
import type { ErpOperations, PurchaseOrder, PurchaseOrderLine } from '#contracts/generated/system/erp/v1.ts';
import { balanceOf, costOf, move, numbered, post, refused, shelfOf, stockingUnits, withLot, type ErpBooks } from './erp-books.ts';
import { BUDGETS, COST_CENTERS, ITEMS, RULES } from './master-data.ts';

/**
 * A business system in memory, no kinder than a real one: it knows no idempotency keys, so a write that may have
 * happened before is looked for by its reference, and one that is sent twice without looking is there twice.
 */
export function fakeErp(books: ErpBooks): Implementation<ErpOperations> {
  const found = <T>(value: T | undefined, what: string): T => {
    if (value === undefined) throw new ApiError('not-found', `There is no such ${what}.`, { code: `unknown-${what}` });
    return value;
  };
  const order = (number: string) => found(books.orders.find((each) => each.number === number), 'order');
  const line = (of: PurchaseOrder, number: number): PurchaseOrderLine => {
    const each = of.lines.find((candidate) => candidate.line === number);
    if (!each) throw refused('unknown-order-line');
    return each;
  };
  const total = (of: PurchaseOrder) => sum(of.lines.filter((each) => each.status !== 'cancelled').map((each) => lineAmount(each.quantity, each.unitPrice)));
  /** What an adapter does when an earlier attempt may have had its effect. */
  const repeatOf = <T extends { reference: string }>(written: readonly T[], reference: string, { repeated }: Call): T | undefined => repeated ? written.find((each) => each.reference === reference) : undefined;
  const page = async <T>(items: T[]) => ({ items });
  const notHere = async (): Promise<never> => { throw new ApiError('not-supported', 'This system does not do that.'); };

  return {
    getCapabilities: async () => ({ adapter: 'memory', capabilities: [{ name: 'employees', supported: true }] }),
    listSuppliers: notHere,
    getSupplier: notHere,
    listItems: ({ deviceIdentifier }) => page(ITEMS.filter((item) => deviceIdentifier !== undefined && item.deviceIdentifiers.includes(deviceIdentifier))),
    getItem: async ({ itemNumber }) => found(ITEMS.find((item) => item.number === itemNumber), 'item'),
    listUnitsOfMeasure: () => page([{ code: 'EA', name: 'each' }, { code: 'BX', name: 'box' }]),
    listCostCenters: notHere,
    getCostCenter: async ({ costCenter }) => found(COST_CENTERS.find((each) => each.code === costCenter), 'cost-center'),
    listAccounts: notHere,
    getAccount: notHere,
    getBudget: async ({ costCenter, year }) => found(BUDGETS.find((each) => each.costCenter === costCenter && each.year === year), 'budget'),

    listRequisitions: ({ reference }) => page(books.requisitions.filter((each) => reference === undefined || each.reference === reference)),
    async createRequisition({ body }, call) {
      const known = repeatOf(books.requisitions, body.reference, call);
      if (known) return known;
      const created = { ...body, number: numbered('PR', books.requisitions), status: 'approved' as const };
      books.requisitions.push(created);
      return created;
    },
    getRequisition: async ({ requisitionNumber }) => found(books.requisitions.find((each) => each.number === requisitionNumber), 'requisition'),
    async cancelRequisition({ requisitionNumber }) {
      const requisition = found(books.requisitions.find((each) => each.number === requisitionNumber), 'requisition');
      requisition.status = 'cancelled';
      return requisition;
    },

    listPurchaseOrders: ({ reference }) => page(books.orders.filter((each) => reference === undefined || each.reference === reference)),
    async createPurchaseOrder({ body }, call) {
      const known = repeatOf(books.orders, body.reference, call);
      if (known) return known;
      const lines = body.lines.map((each): PurchaseOrderLine => ({ ...each, status: 'open', receivedQuantity: 0, invoicedQuantity: 0 }));
      const { description: _description, ...head } = body;
      const created: PurchaseOrder = { ...head, number: numbered('PO', books.orders), status: 'open', total: '0', lines };
      created.total = total(created);
      books.orders.push(created);
      return created;
    },
    getPurchaseOrder: async ({ orderNumber }) => order(orderNumber),
    async changePurchaseOrder({ orderNumber, body }) {
      const changed = order(orderNumber);
      for (const { line: number, cancel, itemNumber, quantity, unitPrice, promisedOn } of body.lines) {
        const each = line(changed, number);
        if (cancel ? each.receivedQuantity > 0 : quantity !== undefined && quantity < each.receivedQuantity) throw refused('received-already');
        Object.assign(each, cancel ? { status: 'cancelled' } : { ...(itemNumber ? { itemNumber } : {}), ...(quantity ? { quantity } : {}), ...(unitPrice ? { unitPrice } : {}), ...(promisedOn ? { promisedOn } : {}) });
      }
      changed.total = total(changed);
      return changed;
    },
    async cancelPurchaseOrder({ orderNumber }) {
      const cancelled = order(orderNumber);
      if (cancelled.lines.some((each) => each.receivedQuantity > 0)) throw refused('received-already');
      cancelled.status = 'cancelled';
      return cancelled;
    },
    async closePurchaseOrder({ orderNumber }) {
      const closed = order(orderNumber);
      closed.status = 'closed';
      return closed;
    },

    listReceipts: ({ orderNumber }) => page(books.receipts.filter((each) => orderNumber === undefined || each.orderNumber === orderNumber)),
    async createReceipt({ body }, call) {
      const known = repeatOf(books.receipts, body.reference, call);
      if (known) return known;
      const ordered = order(body.orderNumber);
      if (ordered.status !== 'open') throw refused('order-not-open');
      if (body.lines.some((each) => each.tracking?.lot === 'EXPIRED')) throw refused('lot-expired');
      for (const each of body.lines) {
        const { receivedQuantity, quantity } = line(ordered, each.orderLine);
        if (addQuantities(receivedQuantity, each.quantity) > quantity) throw refused('over-receipt');
      }
      for (const each of body.lines) {
        const { unitPrice: _price, ...target } = line(ordered, each.orderLine);
        line(ordered, each.orderLine).receivedQuantity = addQuantities(target.receivedQuantity, each.quantity);
        move(books, shelfOf({ facility: ordered.facility, location: body.location, itemNumber: each.itemNumber }), stockingUnits(each.itemNumber, each.quantity));
      }
      const value = sum(body.lines.map((each) => lineAmount(each.quantity, line(ordered, each.orderLine).unitPrice)));
      const stockValue = sum(body.lines.map((each) => costOf(each.itemNumber, stockingUnits(each.itemNumber, each.quantity))));
      const receipt = { ...body, number: numbered('RC', books.receipts), value, stockValue, currency: ordered.currency };
      books.receipts.push(receipt);
      return receipt;
    },

    listInvoices: ({ orderNumber }) => page(books.invoices.filter((each) => orderNumber === undefined || each.orderNumber === orderNumber)),
    async createInvoice({ body }, call) {
      const known = repeatOf(books.invoices, body.reference, call);
      if (known) return known;
      const isTaken = books.invoices.some((each) => each.supplierNumber === body.supplierNumber && each.invoiceNumber === body.invoiceNumber);
      if (isTaken) throw new ApiError('conflict', 'The supplier has used this number before.', { code: 'duplicate-invoice' });
      const ordered = order(body.orderNumber);
      for (const each of body.lines) line(ordered, each.orderLine).invoicedQuantity = addQuantities(line(ordered, each.orderLine).invoicedQuantity, each.quantity);
      const invoice = { ...body, number: numbered('IV', books.invoices), status: 'validated' as const };
      books.invoices.push(invoice);
      return invoice;
    },
    getInvoice: async ({ supplierNumber, invoiceNumber }) => found(books.invoices.find((each) => each.supplierNumber === supplierNumber && each.invoiceNumber === invoiceNumber), 'invoice'),
    cancelInvoice: notHere,

    listPayments: ({ invoiceNumber }) => page(books.payments.filter((each) => each.invoiceNumber === invoiceNumber)),
    async createPayment({ body }, call) {
      const known = repeatOf(books.payments, body.reference, call);
      if (known) return known;
      const invoice = found(books.invoices.find((each) => each.supplierNumber === body.supplierNumber && each.invoiceNumber === body.invoiceNumber), 'invoice');
      if (compare(body.amount, invoice.total) !== 0) throw refused('overpayment');
      invoice.status = 'paid';
      const payment = { ...body, number: numbered('PM', books.payments) };
      books.payments.push(payment);
      return payment;
    },

    listStockBalances: ({ facility, itemNumber, location }) => page([...books.stock].flatMap(([shelf, quantity]) => {
      const [at, place, item, lot] = shelf.split('/') as [string, string, string, string];
      const isAsked = at === facility && (!location || place === location) && (!itemNumber || item === itemNumber);
      return isAsked ? [{ facility: at, location: place, itemNumber: item, quantity, unit: 'EA', tracking: lot ? { lot } : {} }] : [];
    })),
    listStockMovements: ({ reference }) => page(books.movements.filter((each) => each.reference === reference)),
    async createStockMovement({ body }, call) {
      const known = repeatOf(books.movements, body.reference, call);
      if (known) return known;
      const traced = withLot(books, body);
      move(books, shelfOf(traced), body.kind === 'issue' || body.kind === 'transfer' ? -body.quantity : body.quantity);
      if (body.kind === 'transfer') move(books, shelfOf({ ...traced, location: body.toLocation! }), body.quantity);
      const { account: _account, ...movement } = { ...traced, number: numbered('MV', books.movements), value: costOf(body.itemNumber, Math.abs(body.quantity)), currency: 'USD' };
      books.movements.push(movement);
      return movement;
    },
    listReplenishmentRules: ({ facility, itemNumber }) => page(RULES.filter((rule) => rule.facility === facility && (!itemNumber || rule.itemNumber === itemNumber))),

    listJournals: ({ documentNumber }) => page(books.journals.filter((each) => each.documentNumber === documentNumber)),
    createJournal: async ({ body }, call) => repeatOf(books.journals, body.reference, call) ?? post(books, body),
    listEmployees: async ({ cursor, limit = 50 }) => {
      const after = positionOf(cursor, [/^[A-Za-z0-9-]+$/])?.[0] ?? '';
      const rest = books.employees.filter((each) => each.personId > after).toSorted((one, other) => (one.personId < other.personId ? -1 : 1));
      return pageOf(rest, limit, (each) => [each.personId], (each) => each);
    },
    getEmployee: async ({ personId }) => found(books.employees.find((each) => each.personId === personId), 'employee'),
    async holdEmployee({ personId, body: { active, name, ...charged } }) {
      const refuse = (pointer: string, code: string) => new ApiError('refused', `The books do not take this: ${code}.`, { code, errors: [{ pointer, detail: 'is not taken', code }] });
      const costCenter = COST_CENTERS.find((each) => each.code === charged.costCenter);
      if (active && charged.costCenter !== undefined) {
        if (charged.facility === undefined) throw refuse('/facility', 'facility-required');
        if (!costCenter) throw refuse('/costCenter', 'unknown-cost-center');
        if (costCenter.status === 'closed') throw refuse('/costCenter', 'cost-center-closed');
        if (!costCenter.facilities.includes(charged.facility)) throw refuse('/costCenter', 'cost-center-not-in-facility');
      }
      const known = books.employees.findIndex((each) => each.personId === personId);
      const held = { active, ...(active && costCenter ? charged : {}) };
      const confirmedAt = new Date().toISOString();
      if (known < 0 && !(active && name)) return { active: false, confirmedAt };
      books.employees.splice(known < 0 ? books.employees.length : known, 1, { personId, ...held });
      return { ...held, confirmedAt };
    },
    getAccountBalance: async ({ account, documentNumber }) => ({ account, currency: 'USD', ...balanceOf(books, account, documentNumber) }),
  };
}
