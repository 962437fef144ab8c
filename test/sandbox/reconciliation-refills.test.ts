import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BookedMovement, BookedOrderLine } from '../../sandbox/erp/books.ts';
import type { Books } from '../../sandbox/reconciliation/books.ts';
import { checkNeeds } from '../../sandbox/reconciliation/checks/needs.ts';
import { expectedLots, expectedNeeds } from '../../sandbox/reconciliation/expected-orders.ts';
import { itemOf, type Sent, type SentUse } from '../../sandbox/reconciliation/sent.ts';

const use = (id: string, item: string, location: string, quantity = 1): SentUse => ({ id, item, quantity, facility: 'MAIN', location, costCentre: '7010', isMapped: true });
const sentWith = (uses: SentUse[], decisions: Sent['decisions'] = []): Sent => ({ uses, decisions, requisitions: [], messages: [], waiting: [] });
const many = (count: number, item: string, location: string) => Array.from({ length: count }, (_, index) => use(`SupplyDelivery/u-${index}`, item, location));

describe('the lots that shelves must have asked for', () => {
  test('are none while the shelf stays above its reorder point', () => {
    // DEV-2001: 40 in the laboratory at most, ordered at 20.
    assert.deepEqual(expectedLots([], sentWith(many(19, 'DEV-2001', 'CATHLAB'))), []);
  });

  test('are one for each lot that left, however fast', () => {
    const lots = (count: number) => expectedLots([], sentWith(many(count, 'DEV-2001', 'CATHLAB'))).filter((lot) => lot.rule.location === 'CATHLAB');
    const size = lots(2_000)[0]!.quantity;
    assert.equal(lots(size)[0]?.reference, 'reorder:MAIN/CATHLAB/DEV-2001/1');
    assert.deepEqual([lots(size - 1), lots(size), lots(2 * size - 1), lots(2 * size)].map((each) => each.length), [0, 1, 1, 2]);
  });

  test('empty the stores, which then ask their supplier', () => {
    const needs = expectedNeeds([], sentWith(many(2_000, 'DEV-2001', 'CATHLAB')));
    assert.ok(needs.has('reorder:MAIN/STORES/DEV-2001/1/SUP-100'));
  });

  test('may be one fewer where pieces were put back, which came before the shelf would have asked or after', () => {
    // DEV-2201: 200 in the clinic at most, a lot of 100.
    const uses = [use('u-1', 'DEV-2201', 'CLINIC', 100), { ...use('u-2', 'DEV-2201', 'CLINIC', 100), isWithdrawn: true }];
    const carried = (number: number): BookedMovement => ({
      id: String(number), organization: 'MAIN', subinventory: 'CLINIC', item: 'DEV-2201', lot: '', serial: '', quantity: '100', value: '1360.00', type: 'Subinventory Transfer', account: null, reference: `reorder:MAIN/CLINIC/DEV-2201/${number}`,
    });
    const lots = (...movements: BookedMovement[]) => expectedLots(movements, sentWith(uses)).filter(({ rule }) => rule.location === 'CLINIC').length;
    assert.deepEqual([lots(), lots(carried(1)), lots(carried(1), carried(2)), lots(carried(1), carried(2), carried(3))], [1, 1, 2, 2]);
  });

  test('do not count what was found on the shelf beyond the books', () => {
    const uses = many(400, 'DEV-2001', 'CATHLAB');
    const counts = uses.map((each, index): BookedMovement => ({
      id: String(index), organization: 'MAIN', subinventory: 'CATHLAB', item: 'DEV-2001', lot: '', serial: '', quantity: '1', value: '86.00', type: 'Cycle Count Adjustment', account: null, reference: `count/${each.id}/2`,
    }));
    assert.deepEqual(expectedLots(counts, sentWith(uses)), []);
  });
});

describe('lots that shelves ask for again', () => {
  const LOT = 'reorder:MAIN/STORES/DEV-2202/';
  // The stores ask for 400 at a time.
  const uses = many(450, 'DEV-2202', 'CLINIC');
  const lotsOfStores = (sent: Sent) => [...expectedNeeds([], sent).keys()].filter((need) => need.startsWith(LOT));
  const line = (number: number, cancelled: boolean): BookedOrderLine => ({
    orderNumber: String(1_000 + number), status: cancelled ? 'CANCELED' : 'OPEN', reference: `${LOT}${number}/SUP-140`, supplier: 'SUP-140', line: 1, schedule: 1, item: 'DEV-2202', originalItem: null, cancelled,
    quantity: '4', uom: 'BX', price: '1', amount: '4', received: '0', billed: '0', organization: 'MAIN', chargeAccount: '',
  });
  const decision = (number: number, kind: string, resolution: string) => ({ kind, resolution, by: 'ben.turner', subject: `${LOT}${number}`, supplier: 'SUP-140' });
  const nobodyAsked = (orders: BookedOrderLine[], decisions: Sent['decisions']) =>
    checkNeeds({ orders, movements: [], requisitions: [] } as unknown as Books, sentWith(uses, decisions)).filter(({ found, what }) => what.includes(LOT) && found.includes('nobody asked for'));

  test('follow those that were given up, also one of which no order was ever made', () => {
    assert.deepEqual(lotsOfStores(sentWith(uses)), [`${LOT}1/SUP-140`]);
    const given = [decision(1, 'supplier-rejection', 'cancel-order'), decision(2, 'demand-refused', 'give-up')];
    assert.deepEqual(nobodyAsked([line(1, true), line(3, false)], given), []);
    assert.equal(nobodyAsked([line(1, true), line(3, false)], given.slice(0, 1)).length, 1);
    assert.equal(nobodyAsked([line(1, true), line(3, false), line(4, false)], given).length, 1);
  });
});

describe('the item of a use', () => {
  const unknown: SentUse = { ...use('u-1', 'EHR-88417', 'THEATRE'), isMapped: false };

  test('is what a person said, also for later uses of the same code', () => {
    const said = [{ kind: 'missing-item-mapping', resolution: 'map-item', by: 'sofia.weber', subject: 'u-1', item: 'IMP-1302' }];
    const sent = sentWith([unknown, { ...unknown, id: 'u-2' }], said);
    assert.deepEqual(sent.uses.map((each) => itemOf(sent, each)), ['IMP-1302', 'IMP-1302']);
    assert.deepEqual([...expectedNeeds([], sent).keys()], ['use:u-1/SUP-140', 'use:u-2/SUP-140']);
  });

  test('is unknown when it was set aside, and nothing is ordered for it', () => {
    const sent = sentWith([unknown], [{ kind: 'missing-item-mapping', resolution: 'ignore', by: 'sofia.weber', subject: 'u-1' }]);
    assert.equal(itemOf(sent, unknown), undefined);
    assert.deepEqual([...expectedNeeds([], sent).keys()], []);
  });
});
