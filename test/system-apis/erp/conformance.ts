import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { employeeSuite } from './conformance/employees.ts';
import type { ErpUnderTest } from './conformance/fixture.ts';
import { CAPABILITIES, openSession, type ErpSession } from './conformance/harness.ts';
import { invoiceSuite } from './conformance/invoices.ts';
import { ledgerSuite } from './conformance/ledger.ts';
import { masterDataSuite } from './conformance/master-data.ts';
import { orderSuite } from './conformance/orders.ts';
import { receiptSuite } from './conformance/receipts.ts';
import { requisitionSuite } from './conformance/requisitions.ts';
import { stockSuite } from './conformance/stock.ts';
import { troubleSuite } from './conformance/trouble.ts';

export type { ErpFaults, ErpFixture, ErpUnderTest } from './conformance/fixture.ts';

/**
 * What every ERP adapter does, whatever its vendor, on books that hold the fixture's master data. What an adapter
 * declares as lacking must be refused with the reason that it declares.
 *
 * Failure kinds: an unknown number in the path is `not-found`, one inside of a body is `refused`, with the same code.
 */
export function erpConformance(name: string, setUp: () => Promise<ErpUnderTest>): void {
  describe(`${name} keeps the contract of an ERP`, () => {
    let underTest: ErpUnderTest | undefined;
    let opened: ErpSession | undefined;
    const session = (): ErpSession => opened ?? assert.fail('the system under test did not start');

    before(async () => {
      underTest = await setUp();
      opened = await openSession(underTest);
    });

    after(async () => {
      await underTest?.port.close();
      await underTest?.tearDown();
    });

    it('declares each capability once, and why one is lacking', async () => {
      const { capabilities } = await session().call('getCapabilities', {});
      assert.deepEqual(capabilities.map((each) => each.name).toSorted(), [...CAPABILITIES].toSorted());
      for (const { name: lacking, supported, reason } of capabilities) assert.ok(supported || reason, `${lacking} is lacking for a reason`);
    });

    masterDataSuite(session);
    requisitionSuite(session);
    orderSuite(session);
    receiptSuite(session);
    invoiceSuite(session);
    stockSuite(session);
    ledgerSuite(session);
    employeeSuite(session);
    troubleSuite(session);
  });
}
