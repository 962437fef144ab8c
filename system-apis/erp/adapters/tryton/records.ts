import { Type } from '@sinclair/typebox';
import { amount, day, flag, Id, many, number, one, optional, shape, text, the } from './record.ts';

/** What is read of Tryton's models, no more. Field names as in the modules of Tryton 6.0. */

const unit = { id: Id, symbol: text, factor: number };
const coded = { code: optional(text) };

export const UnitOfMeasure = shape('product.uom', { name: text, symbol: text, factor: number });

export const Party = shape('party.party', {
  code: text, name: optional(text), active: flag,
  'supplier_payment_term.': one({ 'lines.': many({ 'relativedeltas.': many({ days: optional(number), weeks: optional(number), months: optional(number) }) }) }),
});

/** What a document needs of its supplier. */
export const SupplierForDocuments = shape('party.party', {
  code: text, supplier_payment_term: optional(Id), account_payable: optional(Id), addresses: Type.Array(Id),
});

export const Product = shape('product.product', {
  code: optional(text), active: flag, name: text, cost_price: optional(amount), purchasable: flag,
  'default_uom.': the(unit), 'purchase_uom.': one(unit), 'categories.': many({ name: text }), 'identifiers.': many({ code: text }),
  lot_required: optional(Type.Array(text)), 'lot_unit.': one({ id: Id }), shelf_life_state: optional(text),
  'template.': the({ 'account_category.': one({ 'account_expense.': one(coded) }), 'product_suppliers.': many({ 'party.': the({ code: text }), 'prices.': many({ quantity: optional(number), unit_price: amount }) }) }),
});

export const Warehouse = shape('stock.location', { code: optional(text), 'storage_location.': the({ id: Id, code: optional(text) }) });
export const Location = shape('stock.location', { code: optional(text), type: text });

export const CostCenter = shape('analytic_account.account', {
  code: optional(text), name: text, state: text, active: flag, root: optional(Id), 'parent.': one(coded),
});

export const Account = shape('account.account', {
  code: optional(text), name: text, closed: optional(flag),
  'type.': one({
    name: text, statement: optional(text), assets: optional(flag), revenue: optional(flag), expense: optional(flag), payable: optional(flag), receivable: optional(flag),
  }),
});
export const AccountingDefaults = shape('account.configuration', { default_account_payable: optional(Id) });
export const AccountSums = shape('account.account', { code: optional(text), debit: amount, credit: amount });

export const Company = shape('company.company', { 'currency.': the({ code: text }) });
export const Coded = (model: string) => shape(model, { code: optional(text) });
export const Named = (model: string) => shape(model, { name: text });
export const Module = Named('ir.module');
export const Period = shape('account.period', { state: text });
export const Note = shape('ir.note', { message: optional(text), resource: optional(text) });

export const Requisition = shape('purchase.requisition', {
  number: optional(text), description: optional(text), state: text, supply_date: optional(day),
  'warehouse.': one(coded), 'currency.': one({ code: text }),
  'lines.': many({
    description: optional(text), quantity: number, unit_price: optional(amount), sequence: optional(number),
    'product.': one(coded), 'unit.': one(unit), 'supplier.': one({ code: text }),
    'purchase_requests.': many({ purchase_line: optional(Id), product: optional(Id) }),
  }),
});

export const Purchase = shape('purchase.purchase', {
  number: optional(text), reference: optional(text), state: text, invoice_state: text, comment: optional(text),
  party: Id, 'party.': the({ code: text }), warehouse: optional(Id), 'warehouse.': one(coded), currency: Id, 'currency.': the({ code: text }),
  payment_term: optional(Id), invoice_address: optional(Id),
  'lines.': many({
    type: text, sequence: optional(number), quantity: optional(number), unit_price: optional(amount), description: optional(text), note: optional(text),
    delivery_date_store: optional(day), product: optional(Id), 'product.': one(coded), 'unit.': one(unit),
    'analytic_accounts.': many({ root: Id, account: optional(Id), 'account.': one(coded) }),
    moves_recreated: Type.Array(Id),
    'moves.': many({ state: text, quantity: number, 'uom.': the(unit), shipment: optional(text), product: Id, from_location: Id, to_location: Id, _timestamp: text }),
    'invoice_lines.': many({ quantity: optional(number), 'unit.': one(unit), 'invoice.': one({ state: text }) }),
  }),
});

export const Requested = shape('purchase.request', { state: text });
export const Amendment = shape('purchase.amendment', { state: text });

const trackedMove = {
  quantity: number, state: text, unit_price: optional(amount), 'uom.': the(unit), 'product.': the(coded),
  'lot.': one({ number: text, unit_quantity: optional(number), shelf_life_expiration_date: optional(day) }),
};

const costed = { cost_price: optional(amount), 'product.': the({ ...coded, cost_price: optional(amount), 'default_uom.': the(unit) }) };

export const Receipt = shape('stock.shipment.in', {
  number: optional(text), reference: optional(text), state: text, effective_date: optional(day),
  'incoming_moves.': many({ ...trackedMove, ...costed, origin: optional(text), 'currency.': one({ code: text }) }),
  'inventory_moves.': many({ state: text, 'to_location.': the(coded) }),
});

/** Where the incoming moves of receipts come from. */
export const OrderLine = shape('purchase.line', { sequence: optional(number), 'purchase.': the({ id: Id, number: optional(text) }) });

export const Invoice = shape('account.invoice', {
  number: optional(text), reference: optional(text), description: optional(text), state: text, invoice_date: optional(day), total_amount: amount, amount_to_pay: amount,
  account: Id, currency: Id, move: optional(Id), cancel_move: optional(Id), 'party.': the({ code: text }), 'currency.': the({ code: text }),
  'lines.': many({
    origin: optional(text), quantity: optional(number), unit_price: optional(amount), amount: optional(amount), 'product.': one(coded), 'unit.': one(unit),
  }),
});

export const PaymentMove = shape('account.move', {
  number: text, post_number: optional(text), description: optional(text), date: day, origin: optional(text),
  'lines.': many({ account: Id, debit: amount, credit: amount }),
});

export const ProductQuantity = shape('product.product', { code: optional(text), quantity: number, 'default_uom.': the({ symbol: text }) });
export const LotQuantity = shape('stock.lot', { number: text, product: Id, quantity: number, unit_quantity: optional(number), shelf_life_expiration_date: optional(day) });
export const Lot = shape('stock.lot', { number: text, shelf_life_expiration_date: optional(day) });

export const StockMove = shape('stock.move', {
  ...trackedMove, ...costed, shipment: optional(text),
  'from_location.': the({ ...coded, type: text, 'warehouse.': one(coded) }), 'to_location.': the({ ...coded, type: text, 'warehouse.': one(coded) }),
});
export const InternalShipment = shape('stock.shipment.internal', { number: optional(text), reference: optional(text), state: text, effective_date: optional(day), moves: Type.Array(Id) });

/** What a movement takes, of which lot and from which place. */
export const MoveToAssign = shape('stock.move', {
  lot: optional(Id), from_location: Id, quantity: number, 'from_location.': the({ type: text }), 'uom.': the(unit), 'product.': the({ 'default_uom.': the(unit) }),
});

export const OrderPoint = shape('stock.order_point', {
  type: text, min_quantity: optional(number), target_quantity: number, 'product.': the({ ...coded, 'default_uom.': the({ symbol: text }) }),
  'warehouse_location.': one({ ...coded, 'storage_location.': the(coded) }),
  'storage_location.': one({ ...coded, 'warehouse.': one(coded) }), 'provisioning_location.': one(coded),
});

export const LedgerMove = shape('account.move', {
  number: text, post_number: optional(text), description: optional(text), date: day, origin: optional(text), state: text, 'journal.': the({ type: text }),
  'lines.': many({
    debit: amount, credit: amount, description: optional(text), 'account.': the(coded), 'analytic_lines.': many({ 'account.': the(coded) }),
  }),
});
