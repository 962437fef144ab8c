import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type pg from 'pg';
import { sentenceOf } from '../../sandbox/reconciliation/findings.ts';
import type { FindingKind } from '../../sandbox/reconciliation/findings.ts';
import type { Sent } from '../../sandbox/reconciliation/sent.ts';
import { useHospitalByHand } from './reconciliation-support.ts';

type Spoil = string | ((database: pg.PoolClient, sent: Sent) => Promise<unknown> | unknown);

/** Order numbers in the books by the need that they serve. */
const orderOf = (need: string) => `(select number from erp.purchase_orders where reference_number = '${need}/SUP-100')`;
const journalOf = (reference: string) => `(select id from erp.journals where name like '${reference}')`;
const aUse = `(select reference from erp.stock_movements where type = 'Miscellaneous Issue' and item_number = 'IMP-1001' limit 1)`;

/** A person has sent the invoice for the need back. */
function sendBack(reference: string): (...given: Parameters<Exclude<Spoil, string>>) => Promise<void> {
  return async (database, sent) => {
    const { rows } = await database.query<{ po: string; number: string }>(`select o.po_number as po, i.number from network.invoices i join network.orders o on o.id = i.order_id where o.reference = $1 and i.kind = 'original'`, [reference]);
    sent.decisions.push({ kind: 'price-exception', resolution: 'refuse-invoice', by: 'carla.mendes', subject: reference, orderNumber: rows[0]!.po, invoiceNumber: rows[0]!.number });
  };
}

/** One thing made wrong in books that agree, and what must be said about it. */
const PLANTED: [title: string, kind: FindingKind, says: RegExp, spoil: Spoil][] = [
  ['a use that never left the stock', 'lost', /^use DeviceUseStatement\/s7-\S+: expected 1 pieces of IMP-1001 out of stock, found 0/, `delete from erp.stock_movements where reference = ${aUse}`],
  ['a use that left the stock twice', 'duplicated', /^use DeviceUseStatement\/s7-\S+: expected 1 pieces of IMP-1001 out of stock, found 2/,
    `insert into erp.stock_movements (organization, subinventory, item_number, lot, quantity, unit_cost, value, type, account_combination, reference)
     select organization, subinventory, item_number, lot, quantity, unit_cost, value, type, account_combination, reference from erp.stock_movements where reference = ${aUse}`],
  ['a use whose second attempt left the stock as well', 'duplicated', /^use DeviceUseStatement\/s7-\S+: expected 1 pieces of IMP-1001 out of stock, found 2/,
    `insert into erp.stock_movements (organization, subinventory, item_number, lot, quantity, unit_cost, value, type, account_combination, reference)
     select organization, subinventory, item_number, lot, quantity, unit_cost, value, type, account_combination, split_part(reference, ' ', 1) || '/2 case 1' from erp.stock_movements where reference = ${aUse}`],
  ['a use of another item than was recorded', 'unexpected', /^use DeviceUseStatement\/s7-\S+: expected IMP-1001 from MAIN\/CATHLAB, found IMP-1002/, `update erp.stock_movements set item_number = 'IMP-1002' where reference = ${aUse}`],
  ['an issue without a use', 'unexpected', /^stock issue nobody: expected a use behind it/, `update erp.stock_movements set reference = 'nobody' where reference = ${aUse}`],
  ['a use that was charged twice', 'duplicated', /^use DeviceUseStatement\/s7-\S+: expected one cost journal, found 2/, `
    with again as (insert into erp.journals (batch_id, name, reference, category, currency, period, effective_date)
      select batch_id, name, reference, category, currency, period, effective_date from erp.journals where name like 'consumption/%' order by id limit 1 returning id)
    insert into erp.journal_lines (journal_id, line_number, account_combination, debit) select id, 1, '101-0000-1310', 5 from again`],
  ['a use charged to another cost centre', 'unbalanced', /^use DeviceUseStatement\/s7-\S+, cost: expected .* on 101-7010-5120, found 0.00/,
    `update erp.journal_lines set account_combination = '101-7020-5120' where account_combination = '101-7010-5120'`],
  ['a piece counted into the stock though nobody said so', 'unexpected', /^count for use DeviceUseStatement\/s7-\S+: expected 0 pieces added at most, found 1/,
    `insert into erp.stock_movements (organization, subinventory, item_number, quantity, unit_cost, value, type, reference)
     select organization, subinventory, item_number, 1, unit_cost, unit_cost, 'Cycle Count Adjustment', 'count/' || split_part(reference, ' ', 1) from erp.stock_movements where reference = ${aUse}`],
  ['an implant that is not replaced', 'lost', /^order for use:DeviceUseStatement\/s7-\S+\/SUP-100: expected one order in the ERP, found none/,
    `update erp.purchase_orders set status = 'CANCELED' where reference_number like 'use:%'`],
  ['a need that was ordered twice', 'duplicated', /^order for day-7-r1\/SUP-100: expected one order in the ERP, found 2/, `
    with again as (insert into erp.purchase_orders (status, supplier_id, supplier_site, procurement_bu, currency, payment_terms, reference_number)
      select 'OPEN', supplier_id, supplier_site, procurement_bu, currency, payment_terms, reference_number from erp.purchase_orders where number = ${orderOf('day-7-r1')} returning id),
    line as (insert into erp.purchase_order_lines (order_id, line_number, item_number, description, uom, price) select id, 1, 'IMP-1001', '', 'EA', 1 from again returning id, order_id)
    insert into erp.purchase_order_schedules (order_id, line_id, schedule_number, quantity, organization, destination_type, charge_account)
    select order_id, id, 1, 4, 'MAIN', 'INVENTORY', '101-0000-1310' from line`],
  ['an order for a need that was rejected', 'unexpected', /^order \d+ for day-7-r2 with SUP-100: expected no order, for the need was rejected/,
    (_, sent) => { Object.assign(sent.requisitions[1]!.expected, { end: 'rejected' }); }],
  ['an order that nobody asked for', 'unexpected', /an order that nobody asked for$/, (_, sent) => { sent.requisitions.pop(); }],
  ['an order that its supplier never saw', 'lost', /^order \d+ at SUP-100: expected an order that the supplier knows, found none/, `delete from network.order_lines where order_id = (select id from network.orders where reference = 'day-7-r1')`],
  ['an order that its supplier saw twice', 'duplicated', /^order \d+ at SUP-100: expected one sending/, `insert into network.order_repeats (order_id, source) select id, 'interchange 12' from network.orders where reference = 'day-7-r1'`],
  ['a price that ERP and supplier do not agree on', 'unbalanced', /line 1: expected price 86.\d+ as in the ERP, found 87/, `update network.order_lines set price = 87 where item_number = 'DEV-2001'`],
  ['a substitute that the ERP does not know of', 'unbalanced', /line 1: expected item IMP-1003 as in the ERP, found IMP-1002/,
    `update erp.purchase_order_lines set item_number = 'IMP-1003' where item_number = 'IMP-1002'`],
  ['a delivery without receipt', 'lost', /^goods of order \d+, line 1 \(DEV-2001\): expected 6 received, found 0/, `delete from erp.receiving_transactions where document_number = ${orderOf('day-7-r2')}`],
  ['a delivery that was received twice', 'duplicated', /^goods of order \d+, line 1 \(DEV-2001\): expected 6 received, found 12/, `update erp.receiving_transactions set effect = 12 where document_number = ${orderOf('day-7-r2')}`],
  ['a surplus that was sent back and received all the same', 'duplicated', /^goods of order \d+, line 1 \(DEV-2002\): expected 5 received, found 6/, `update erp.receiving_transactions set effect = 6 where document_number = ${orderOf('day-7-r3')}`],
  ['boxes that stand on the dock', 'stuck', /^delivery SHP-\d+ for order \d+: expected taken in at the dock/, `update network.deliveries set received = false, received_at = null`],
  ['boxes that went back and were received all the same', 'unexpected', /^delivery SHP-\d+ for order \d+: expected no receipt, for the boxes went back/, `update network.deliveries set received = false, received_at = null, returned_at = now()`],
  ['a receipt of something that never left a supplier', 'unexpected', /^receipt for shipment SHP-9: expected a shipment behind it/, `update erp.receipts set shipment_number = 'SHP-9' where id = (select max(id) from erp.receipts)`],
  ['an invoice that was never entered', 'lost', /^invoice INV-\d+ of SUP-100 for order \d+: expected one invoice in the ERP, found none/, `update erp.invoices set validation = 'Canceled'`],
  ['an invoice that was entered again under a near-identical number', 'duplicated', /^invoice SUP-100\/\S+: expected nothing, for it is a near-duplicate of an earlier one/,
    `insert into erp.invoices (number, supplier_id, supplier_site, business_unit, type, amount, currency, invoice_date, accounting_date, due_date, payment_terms)
     select trim(n.number) || '#', v.supplier_id, v.supplier_site, v.business_unit, v.type, v.amount, v.currency, v.invoice_date, v.accounting_date, v.due_date, v.payment_terms
     from erp.invoices v, network.invoices n where n.kind = 'near-duplicate' limit 1;
     update network.invoices set number = trim(number) || '#' where kind = 'near-duplicate'`],
  ['an invoice that no supplier sent', 'unexpected', /^invoice SUP-100\/X-1: expected an invoice of the supplier behind it/, `update erp.invoices set number = 'X-1' where id = (select max(id) from erp.invoices)`],
  ['an invoice of another amount than was billed', 'unbalanced', /^invoice INV-\d+ .*: expected 516.00 as billed, found 517.00/, `update erp.invoices set amount = amount + 1 where amount = 516`],
  ['an invoice that is on hold', 'stuck', /: expected no hold, found Price$/, `insert into erp.invoice_holds (invoice_id, name, reason) select max(id), 'Price', '' from erp.invoices`],
  ['an invoice that a person sent back and that was paid all the same', 'unexpected', /: expected no payment, for a person sent it back, found 1 payments$/, sendBack('day-7-r1')],
  ['an invoice that a person sent back, that came again and was entered both times', 'duplicated', /^invoice INV-\d+ .*: expected one invoice in the ERP, found 2/, async (database, sent) => {
    await sendBack('day-7-r2')(database, sent);
    await database.query(
      `insert into erp.invoices (number, supplier_id, supplier_site, business_unit, type, amount, currency, invoice_date, accounting_date, due_date, payment_terms)
       select trim(n.number) || '#', v.supplier_id, v.supplier_site, v.business_unit, v.type, v.amount, v.currency, v.invoice_date, v.accounting_date, v.due_date, v.payment_terms
       from erp.invoices v, network.invoices n where n.kind = 'near-duplicate' limit 1;
       update network.invoices set number = trim(number) || '#' where kind = 'near-duplicate'`);
  }],
  ['an invoice that was paid twice', 'duplicated', /^invoice INV-\d+ .*: expected one payment, found 2/, `
    with again as (insert into erp.payments (supplier_id, supplier_site, business_unit, amount, currency, payment_date, method, bank_account, description)
      select supplier_id, supplier_site, business_unit, amount, currency, payment_date, method, bank_account, description from erp.payments order by id limit 1 returning id)
    insert into erp.payment_invoices (payment_id, invoice_id, amount) select again.id, x.invoice_id, x.amount from again, (select * from erp.payment_invoices order by payment_id limit 1) x`],
  ['an invoice that was never paid', 'lost', /: expected one payment, found none/, `update erp.payments set status = 'Voided'`],
  ['a payment of another amount', 'unbalanced', /^payment of invoice .*: expected 516.00, found 500.00/, `update erp.payment_invoices set amount = 500 where amount = 516`],
  ['a journal that lacks a line', 'unbalanced', /^journal invoice\/\d+\/INV-\d+: expected debits equal to credits/, `delete from erp.journal_lines where journal_id in ${journalOf('invoice/%')} and debit > 0`],
  ['a receipt that was never posted', 'lost', /^receipt \d+ of order \d+: expected one journal, found none/, `delete from erp.journal_lines where journal_id in ${journalOf('receipt/%')}`],
  ['a payment that was posted with another amount', 'unbalanced', /^journal of payment .*account 2010: expected 516.00, found 500.00/, `update erp.journal_lines set debit = 500 where debit = 516 and account_combination = '101-0000-2010'`],
  ['a journal about a document that does not exist', 'unexpected', /^journal payment\/1\/2: expected a document behind it/, `update erp.journals set name = 'payment/1/2', reference = 'payment/1/2' where id = (select max(id) from ${journalOf('payment/%')} as j (id))`],
  ['a clearing account that is not zero', 'unbalanced', /^clearing account 2150 of order \d+: expected 0.00, found -?\d+\.\d\d/,
    `update erp.journal_lines set account_combination = '101-0000-1010' where account_combination = '101-0000-2150' and debit > 0`],
  ['an inventory account that differs from the shelves', 'unbalanced', /^inventory account 1310 of entity 10[12] against the stock of \w+: expected/, `update erp.stock_balances set value = value + 1 where (organization, subinventory, item_number, lot) = (select organization, subinventory, item_number, lot from erp.stock_balances limit 1)`],
  ['a cost booked for another facility', 'unbalanced', /^inventory account 1310 of entity 102 against the stock of EAST/,
    `update erp.journal_lines set account_combination = '102-0000-1310' where account_combination = '101-0000-1310' and credit > 0`],
  ['an expenditure that the budget does not hold', 'unbalanced', /^expenditure of cost centre 7010/, `update erp.budgets set actual = actual + 1 where cost_centre = '7010'`],
  ['a substitution of which nobody told the clinicians', 'lost', /^note of IMP-1002 instead of IMP-1001 on order \d+: expected one communication in the EHR, found none/, `delete from ehr.resource where type = 'Communication'`],
  ['a communication about nothing', 'unexpected', /^communication \d+\/ACK-1\/2: expected a substitution behind it/,
    `update ehr.resource set content = jsonb_set(content, '{identifier,0,value}', to_jsonb(regexp_replace(content#>>'{identifier,0,value}', '1$', '2'))) where type = 'Communication'`],
  ['a message that was never acknowledged', 'stuck', /^message m-1 \(edge\/adt-a01-basic.hl7\): expected an acknowledgement, found none after 1 sendings/, `update ehr.hl7_sent set state = 'waiting', ack_code = null`],
  ['a message that was refused though it is sound', 'unexpected', /^message m-1 .*: expected to be accepted, found refused with AE/, `update ehr.hl7_sent set state = 'refused', ack_code = 'AE'`],
  ['a supplier that still has something to do', 'stuck', /^tasks of suppliers: expected none, found \d+/, `update network.tasks set done_at = null`],
  ['a journal import that does not end', 'stuck', /^journal imports that have not ended/, `update erp.ess_requests set status = 'RUNNING' where id = (select max(id) from erp.ess_requests)`],
  ['a person who still waits', 'stuck', /^order 7: expected nobody waiting, found waiting for role:buyer/, (_, sent) => { sent.waiting.push({ what: 'order 7', for: 'role:buyer' }); }],
  ['an answer that the rules do not allow', 'unexpected', /^answer to requisition day-7-r1: expected refused as unknown-item, found accepted/,
    (_, sent) => { sent.requisitions[0]!.expected = { answer: 'refused', code: 'unknown-item' }; }],
  ['a need that was approved by too few', 'unexpected', /^approvals of day-7-r1 with SUP-100: expected manager, director, found manager by maya.cohen/,
    (_, sent) => { Object.assign(sent.requisitions[0]!.expected, { tiers: { 'SUP-100': ['manager', 'director'] } }); }],
];

describe('the reconciliation', () => {
  const hospital = useHospitalByHand();

  test('finds nothing in an invoice that was sent back, came again and was entered then', async () => {
    assert.deepEqual((await hospital.findings(sendBack('day-7-r2'))).map(sentenceOf), []);
  });

  test('finds nothing in books that agree', async () => {
    assert.deepEqual((await hospital.findings()).map(sentenceOf), []);
  });

  test('has seen each kind of document', async () => {
    const books = await hospital.books();
    for (const [name, rows] of Object.entries(books)) {
      if (Array.isArray(rows) && !['repeated', 'interchanges', 'requisitions'].includes(name)) assert.ok(rows.length > 0, name);
    }
    assert.ok(books.billed.some((each) => each.kind === 'near-duplicate'));
    assert.ok(books.orders.some((line) => line.originalItem !== null));
    assert.ok(books.shipped.some((line) => line.itemNumber === 'DEV-2002' && Number(line.quantity) > 5));
  });

  for (const [title, kind, says, spoil] of PLANTED) {
    test(`names ${title}`, async () => {
      const findings = await hospital.findings(async (database, sent) => typeof spoil === 'string' ? database.query(spoil) : spoil(database, sent));
      const told = findings.map((each) => sentenceOf(each));
      assert.ok(findings.some((each) => each.kind === kind && says.test(sentenceOf(each).slice(kind.length + 2))), `${kind}: ${says.source} is not among:\n${told.join('\n')}`);
    });
  }

  test('is not disturbed by what was spoiled and taken back', async () => {
    assert.deepEqual(await hospital.findings(), []);
  });
});
