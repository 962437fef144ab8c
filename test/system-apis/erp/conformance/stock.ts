import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { NewStockMovement } from '#contracts/generated/system/erp/v1.ts';
import { addQuantities } from '#chassis/money/money.ts';
import { NOWHERE } from './fixture.ts';
import { allPages, fails, failsAsUnsupported, fresh, type ErpSession } from './harness.ts';

/** Stocking units of an item at a place of the fixture's facility, of one lot or serial or of all. */
export async function balanceOf(erp: ErpSession, itemNumber: string, { location = erp.fixture.location, lot, serial }: { location?: string; lot?: string; serial?: string } = {}): Promise<number> {
  const pages = await allPages((cursor) => erp.call('listStockBalances', { facility: erp.fixture.facility, itemNumber, location, limit: 200, ...(cursor ? { cursor } : {}) }));
  const rows = pages.flat();
  assert.ok(rows.every((row) => row.itemNumber === itemNumber && row.location === location && row.facility === erp.fixture.facility));
  return addQuantities(0, ...rows.filter(({ tracking }) => (lot === undefined || tracking.lot === lot) && (serial === undefined || tracking.serial === serial)).map((row) => row.quantity));
}

/** A movement of one piece of the fixture's plain item, unless said otherwise. */
export function movement(erp: ErpSession, kind: NewStockMovement['kind'], quantity: number, changes: Partial<NewStockMovement> = {}): NewStockMovement {
  const { facility, location, item, openCostCenter, accounts } = erp.fixture;
  const charged = kind === 'issue' ? { costCenter: openCostCenter, account: accounts.expense } : {};
  return { reference: fresh('mov'), kind, facility, location, itemNumber: item.number, quantity, unit: item.unit, occurredAt: new Date().toISOString(), ...charged, ...changes };
}

export function stockSuite(session: () => ErpSession): void {
  const supported = () => session().capability('stock-movements').supported;
  const tracked = () => supported() && session().capability('stock-tracking').supported;
  const move = (kind: NewStockMovement['kind'], quantity: number, changes: Partial<NewStockMovement> = {}) =>
    session().call('createStockMovement', { body: movement(session(), kind, quantity, changes) });
  const balance = (options: { location?: string } = {}) => balanceOf(session(), session().fixture.item.number, options);

  describe('stock movements', () => {
    it('put stock in, issue it to a cost centre and count it', async () => {
      const { call, capability, fixture } = session();
      const before = await balance();
      const received = move('receipt', 10);
      if (!supported()) return failsAsUnsupported(received, capability('stock-movements'));
      await received;
      assert.equal(await balance(), before + 10);
      const wanted = movement(session(), 'issue', 3, { caseReference: 'enc-7f3a' });
      const issued = await call('createStockMovement', { body: wanted });
      const { value, number, currency, occurredAt, ...rest } = issued;
      const { account, occurredAt: wantedTime, ...expected } = wanted;
      assert.ok(account);
      assert.deepEqual(rest, expected);
      assert.equal(Date.parse(occurredAt), Date.parse(wantedTime));
      assert.equal(currency, fixture.currency);
      assert.ok(Number(value) > 0 && number);
      assert.equal(await balance(), before + 7);
      await move('adjustment', -2);
      await move('adjustment', 1);
      assert.equal(await balance(), before + 6);
      assert.deepEqual((await call('listStockMovements', { reference: issued.reference })).items, [issued]);
    });

    it('carry stock from one place to another', async () => {
      if (!supported()) return;
      const { fixture } = session();
      await move('receipt', 5);
      const [here, there] = [await balance(), await balance({ location: fixture.otherLocation })];
      const moved = await move('transfer', 4, { toLocation: fixture.otherLocation });
      assert.equal(moved.toLocation, fixture.otherLocation);
      assert.deepEqual([await balance(), await balance({ location: fixture.otherLocation })], [here - 4, there + 4]);
    });

    it('never take more than there is', async () => {
      if (!supported()) return;
      const { call } = session();
      const before = await balance();
      const wanted = movement(session(), 'issue', before + 1);
      await fails(call('createStockMovement', { body: wanted }), 'refused', 'negative-stock');
      await fails(move('adjustment', -(before + 1)), 'refused', 'negative-stock');
      await fails(move('transfer', before + 1, { toLocation: session().fixture.otherLocation }), 'refused', 'negative-stock');
      assert.equal(await balance(), before);
      assert.deepEqual((await call('listStockMovements', { reference: wanted.reference })).items, []);
    });

    it('are not made twice by a repeat', async () => {
      if (!supported()) return;
      const { call } = session();
      const wanted = movement(session(), 'receipt', 5);
      const before = await balance();
      const first = await call('createStockMovement', { body: wanted });
      assert.deepEqual(await call('createStockMovement', { body: wanted }, { repeated: true }), first);
      assert.equal(await balance(), before + 5);
    });

    it('are refused for items, places, units and cost centres that are not there, and without a sense', async () => {
      if (!supported()) return;
      const { fixture } = session();
      await fails(move('receipt', 1, { itemNumber: NOWHERE }), 'refused', 'unknown-item');
      await fails(move('receipt', 1, { location: NOWHERE }), 'refused', 'unknown-location');
      await fails(move('receipt', 1, { facility: 'NOWHERE' }), 'refused', 'unknown-facility');
      await fails(move('receipt', 1, { unit: 'ZZ' }), 'refused', 'unknown-unit');
      await fails(move('issue', 1, { costCenter: NOWHERE }), 'refused', 'unknown-cost-center');
      await fails(move('issue', 1, { costCenter: fixture.closedCostCenter }), 'refused', 'cost-center-closed');
      await fails(move('transfer', 1), 'invalid-request');
      await fails(move('issue', -1), 'invalid-request');
      await fails(move('adjustment', 0), 'invalid-request');
    });

    it('of an item are listed in pages, none lost and none twice', async () => {
      if (!supported()) return;
      const { call, fixture } = session();
      const made = [await move('receipt', 1), await move('issue', 1), await move('receipt', 2)];
      const { number: itemNumber } = fixture.item;
      const whole = (await allPages((cursor) => call('listStockMovements', { itemNumber, limit: 200, ...(cursor ? { cursor } : {}) }))).flat();
      const pages = await allPages((cursor) => call('listStockMovements', { itemNumber, limit: Math.max(2, Math.ceil(whole.length / 10)), ...(cursor ? { cursor } : {}) }));
      const numbers = pages.flat().map((each) => each.number);
      assert.deepEqual(numbers.toSorted(), whole.map((each) => each.number).toSorted());
      assert.equal(new Set(numbers).size, numbers.length);
      assert.ok(made.every(({ number }) => numbers.includes(number)));
    });

    it('take from the lot that they name and from no other', async () => {
      const { call, fixture, capability } = session();
      const { number: itemNumber, unit } = fixture.lotItem;
      const [old, young] = [fresh('LOT'), fresh('LOT')];
      const put = (lot: string, expiresOn: string) => move('receipt', 2, { itemNumber, unit, tracking: { lot, expiresOn } });
      if (supported() && !capability('stock-tracking').supported) return failsAsUnsupported(put(old, '2099-01-31'), capability('stock-tracking'));
      if (!tracked()) return;
      await put(old, '2099-01-31');
      await put(young, '2099-06-30');
      const issued = await move('issue', 1, { itemNumber, unit, tracking: { lot: young } });
      assert.equal(issued.tracking?.lot, young);
      assert.deepEqual([await balanceOf(session(), itemNumber, { lot: old }), await balanceOf(session(), itemNumber, { lot: young })], [2, 1]);
      await fails(move('issue', 2, { itemNumber, unit, tracking: { lot: young } }), 'refused', 'negative-stock');
      await fails(move('issue', 1, { itemNumber, unit, tracking: { lot: NOWHERE } }), 'refused', 'unknown-lot');
      const { items } = await call('listStockBalances', { facility: fixture.facility, itemNumber, location: fixture.location, limit: 200 });
      assert.equal(items.find((row) => row.tracking.lot === old)?.tracking.expiresOn, '2099-01-31');
    });

    it('issue the piece with a serial number once', async () => {
      if (!tracked()) return;
      const { fixture } = session();
      const { number: itemNumber, unit } = fixture.serialItem;
      const tracking = { serial: fresh('SN') };
      await move('receipt', 1, { itemNumber, unit, tracking: { ...tracking, expiresOn: '2099-12-31' } });
      assert.equal((await move('issue', 1, { itemNumber, unit, tracking })).tracking?.serial, tracking.serial);
      await fails(move('issue', 1, { itemNumber, unit, tracking }), 'refused', 'negative-stock');
    });

    it('that come all at once share out what is there, and no more', async () => {
      if (!tracked()) return;
      const { call, fixture } = session();
      const { number: itemNumber, unit } = fixture.lotItem;
      const tracking = { lot: fresh('LOT') };
      await move('receipt', 5, { itemNumber, unit, tracking: { ...tracking, expiresOn: '2099-12-31' } });
      const answers = await Promise.allSettled(Array.from({ length: 8 }, () => call('createStockMovement', { body: movement(session(), 'issue', 1, { itemNumber, unit, tracking }) })));
      const refused = answers.filter((each) => each.status === 'rejected').map((each) => each.reason.code);
      assert.deepEqual(refused, ['negative-stock', 'negative-stock', 'negative-stock']);
      assert.equal(await balanceOf(session(), itemNumber, tracking), 0);
    });
  });
}
