import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { requisition, order, orderLine } from './documents.ts';
import { NOWHERE } from './fixture.ts';
import { assertAmount, fails, failsAsUnsupported, type ErpSession } from './harness.ts';

export function requisitionSuite(session: () => ErpSession): void {
  describe('requisitions', () => {
    const supported = () => session().capability('requisitions').supported;

    it('are put into the books approved and read back as they were', async () => {
      const { call, capability, fixture } = session();
      const wanted = requisition(fixture, { description: 'Gloves for the night shift', neededBy: '2099-01-31' });
      const create = call('createRequisition', { body: wanted });
      if (!supported()) return failsAsUnsupported(create, capability('requisitions'));
      const made = await create;
      const { number, status, lines, ...head } = await call('getRequisition', { requisitionNumber: made.number });
      assert.equal(number, made.number);
      assert.equal(status, 'approved');
      const { lines: wantedLines, ...wantedHead } = wanted;
      assert.deepEqual(head, wantedHead);
      assert.equal(lines.length, wantedLines.length);
      const [{ unitPrice, ...line }, { unitPrice: wantedPrice, ...wantedLine }] = [lines[0]!, wantedLines[0]!];
      assert.deepEqual({ ...line, description: undefined }, { ...wantedLine, description: undefined });
      assertAmount(unitPrice, wantedPrice);
    });

    it('are found by their reference', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const made = await call('createRequisition', { body: requisition(fixture) });
      assert.deepEqual((await call('listRequisitions', { reference: made.reference })).items, [made]);
      assert.deepEqual((await call('listRequisitions', { reference: `${made.reference}0` })).items, []);
    });

    it('are not made twice by a repeat', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const wanted = requisition(fixture);
      const first = await call('createRequisition', { body: wanted });
      assert.deepEqual(await call('createRequisition', { body: wanted }, { repeated: true }), first);
      assert.equal((await call('listRequisitions', { reference: wanted.reference })).items.length, 1);
    });

    it('are made by a repeat whose first attempt never arrived', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      assert.equal((await call('createRequisition', { body: requisition(fixture) }, { repeated: true })).status, 'approved');
    });

    it('are cancelled once, and stay so', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const { number } = await call('createRequisition', { body: requisition(fixture) });
      assert.equal((await call('cancelRequisition', { requisitionNumber: number })).status, 'cancelled');
      assert.equal((await call('cancelRequisition', { requisitionNumber: number }, { repeated: true })).status, 'cancelled');
      assert.equal((await call('getRequisition', { requisitionNumber: number })).status, 'cancelled');
      await fails(call('cancelRequisition', { requisitionNumber: NOWHERE }), 'not-found', 'unknown-requisition');
    });

    it('are ordered when an order names them, and can then not be cancelled', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const { number } = await call('createRequisition', { body: requisition(fixture) });
      const placed = await call('createPurchaseOrder', { body: order(fixture, [orderLine(fixture, { quantity: 3 })], { requisitionNumber: number }) });
      assert.equal(placed.requisitionNumber, number);
      assert.equal((await call('getRequisition', { requisitionNumber: number })).status, 'ordered');
      await fails(call('cancelRequisition', { requisitionNumber: number }), 'refused', 'requisition-ordered');
    });

    it('are refused for what the books do not have', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const create = (changes: object, line: object = {}) => call('createRequisition', { body: requisition(fixture, { lines: [{ ...requisition(fixture).lines[0]!, ...line }], ...changes }) });
      await fails(create({}, { itemNumber: NOWHERE }), 'refused', 'unknown-item');
      await fails(create({}, { unit: 'ZZ' }), 'refused', 'unknown-unit');
      await fails(create({}, { supplierNumber: NOWHERE }), 'refused', 'unknown-supplier');
      await fails(create({}, { account: NOWHERE }), 'refused', 'unknown-account');
      await fails(create({ costCenter: NOWHERE }), 'refused', 'unknown-cost-center');
      await fails(create({ costCenter: fixture.closedCostCenter }), 'refused', 'cost-center-closed');
      await fails(create({ facility: 'NOWHERE' }), 'refused', 'unknown-facility');
      await fails(create({ location: NOWHERE }), 'refused', 'unknown-location');
      await fails(create({ currency: 'XTS' }), 'refused', 'unknown-currency');
    });
  });
}
