import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { NewJournal } from '#contracts/generated/system/erp/v1.ts';
import { invoice, placeOrder, receipt } from './documents.ts';
import { NOWHERE } from './fixture.ts';
import { assertAmount, fails, failsAsUnsupported, fresh, today, type ErpSession } from './harness.ts';

export function journal(erp: ErpSession, changes: Partial<NewJournal> = {}): NewJournal {
  const { accounts, currency, facility, openCostCenter } = erp.fixture;
  return {
    reference: fresh('je'), facility, source: 'consumption', documentNumber: fresh('DOC'), postedOn: today(), currency, description: 'Used in theatre',
    lines: [{ account: accounts.expense, costCenter: openCostCenter, debit: '12.34' }, { account: accounts.asset, credit: '12.34' }],
    ...changes,
  };
}

export function ledgerSuite(session: () => ErpSession): void {
  const supported = () => session().capability('journals').supported;

  describe('journals', () => {
    it('are posted when they balance, and change the balances of their accounts', async () => {
      const { call, capability, fixture } = session();
      const wanted = journal(session());
      const { accounts } = fixture;
      const before = await call('getAccountBalance', { account: accounts.expense });
      const create = call('createJournal', { body: wanted });
      if (!supported()) return failsAsUnsupported(create, capability('journals'));
      const posted = await create;
      const { number, lines, ...head } = posted;
      const { lines: wantedLines, facility: _facility, ...wantedHead } = wanted;
      assert.ok(number);
      assert.deepEqual(head, wantedHead);
      assert.equal(lines.length, 2);
      const debit = lines.find((line) => line.account === accounts.expense);
      assertAmount(debit?.debit, '12.34');
      assert.equal(debit?.costCenter, wantedLines[0]!.costCenter);
      assertAmount(lines.find((line) => line.account === accounts.asset)?.credit, '12.34');
      assert.deepEqual((await call('listJournals', { reference: wanted.reference })).items, [posted]);
      const after = await call('getAccountBalance', { account: accounts.expense });
      assertAmount(after.balance, (Number(before.balance) + 12.34).toFixed(2));
      assertAmount(after.balance, (Number(after.debit) - Number(after.credit)).toFixed(2));
    });

    it('are found by the document that they belong to, and so is its balance', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const { accounts } = fixture;
      const documentNumber = fresh('DOC');
      const first = await call('createJournal', { body: journal(session(), { documentNumber }) });
      const second = await call('createJournal', { body: journal(session(), { documentNumber, lines: [{ account: accounts.liability, debit: '0.10' }, { account: accounts.liability, debit: '0.20' }, { account: accounts.expense, costCenter: fixture.openCostCenter, credit: '0.30' }] }) });
      const found = (await call('listJournals', { documentNumber })).items.map((each) => each.number);
      assert.deepEqual(found.toSorted(), [first.number, second.number].toSorted());
      const expense = await call('getAccountBalance', { account: accounts.expense, documentNumber });
      assertAmount(expense.debit, '12.34');
      assertAmount(expense.credit, '0.30');
      assertAmount(expense.balance, '12.04');
      assertAmount((await call('getAccountBalance', { account: accounts.liability, documentNumber })).balance, '0.30');
      assertAmount((await call('getAccountBalance', { account: accounts.liability, documentNumber: NOWHERE })).balance, '0');
    });

    it('that do not balance are refused and leave nothing behind', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const { expense, asset } = fixture.accounts;
      const wanted = journal(session(), { lines: [{ account: expense, costCenter: fixture.openCostCenter, debit: '10.00' }, { account: asset, credit: '9.99' }] });
      await fails(call('createJournal', { body: wanted }), 'refused', 'journal-unbalanced');
      assert.deepEqual((await call('listJournals', { reference: wanted.reference })).items, []);
      assertAmount((await call('getAccountBalance', { account: expense, documentNumber: wanted.documentNumber! })).balance, '0');
    });

    it('with a line on both sides, or on none, are refused', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const { expense, asset } = fixture.accounts;
      await fails(call('createJournal', { body: journal(session(), { lines: [{ account: expense, debit: '1.00', credit: '1.00' }, { account: asset, debit: '1.00', credit: '1.00' }] }) }), 'invalid-request');
      await fails(call('createJournal', { body: journal(session(), { lines: [{ account: expense }, { account: asset }] }) }), 'invalid-request');
    });

    it('on accounts and cost centres that are not there or closed are refused', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const post = (account: string, costCenter: string) => call('createJournal', { body: journal(session(), { lines: [{ account, costCenter, debit: '1.00' }, { account: fixture.accounts.asset, credit: '1.00' }] }) });
      await fails(post(NOWHERE, fixture.openCostCenter), 'refused', 'unknown-account');
      await fails(post(fixture.accounts.expense, NOWHERE), 'refused', 'unknown-cost-center');
      await fails(post(fixture.accounts.expense, fixture.closedCostCenter), 'refused', 'cost-center-closed');
    });

    it('of a facility that keeps no books are refused', async () => {
      if (!supported()) return;
      await fails(session().call('createJournal', { body: journal(session(), { facility: NOWHERE }) }), 'refused', 'unknown-facility');
    });

    it('for a day whose period is not open are refused', async () => {
      if (!supported()) return;
      await fails(session().call('createJournal', { body: journal(session(), { postedOn: '2001-01-31' }) }), 'refused', 'period-closed');
    });

    it('are not made twice by a repeat', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const wanted = journal(session());
      const first = await call('createJournal', { body: wanted });
      assert.deepEqual(await call('createJournal', { body: wanted }, { repeated: true }), first);
      assertAmount((await call('getAccountBalance', { account: fixture.accounts.expense, documentNumber: wanted.documentNumber! })).balance, '12.34');
    });
  });

  describe('entries that the system makes by itself', () => {
    it('are those that it declares, found by the order, and balance', async () => {
      const { call, capability, fixture } = session();
      const placed = await placeOrder(session());
      await call('createReceipt', { body: receipt(fixture, placed, 10) });
      const { supplierNumber, invoiceNumber, total, currency } = await call('createInvoice', { body: invoice(fixture, placed) });
      if (capability('payments').supported) await call('createPayment', { body: { reference: fresh('pay'), supplierNumber, invoiceNumber, amount: total, currency, paidOn: today() } });
      const entries = (await call('listJournals', { documentNumber: placed.number })).items;
      for (const source of ['receipt', 'invoice', 'payment'] as const) {
        assert.equal(entries.some((entry) => entry.source === source), capability(`posts-own-journals:${source}`).supported, `entry for the ${source}`);
      }
      for (const { lines } of entries) {
        const net = lines.reduce((cents, { debit = '0', credit = '0' }) => cents + Math.round(Number(debit) * 100) - Math.round(Number(credit) * 100), 0);
        assert.equal(net, 0);
      }
    });
  });
}
