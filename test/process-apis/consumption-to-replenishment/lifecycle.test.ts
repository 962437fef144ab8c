import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Database } from '#chassis/storage/database.ts';
import type { Consumption } from '../../../process-apis/consumption-to-replenishment/consumption.ts';
import { definitionOf } from '../../../process-apis/consumption-to-replenishment/definition.ts';
import type { Systems } from '../../../process-apis/consumption-to-replenishment/systems.ts';
import { forgottenStates, sharedDecisions, walkThrough, type WalkedLife } from '../chart-walk.ts';
import { noteSettings } from '../recording.ts';
import { place, sampleConsumption, sampleSettings, sampleUse, usedItem } from './samples.ts';

const clock = { now: () => new Date('2026-11-20T10:00:00Z') };
noteSettings('consumption-to-replenishment', sampleSettings());
const definition = definitionOf({ systems: {} as Systems, database: {} as Database, clock, settings: sampleSettings() });
const walk = walkThrough(definition);
type Life = WalkedLife<Consumption>;

const begun = () => walk.begin(sampleConsumption());
const identified = (life: Life, use = sampleUse()) => life.when('identified', { use, item: usedItem, place });
const depleted = (life: Life) => life.when('depleted', { movementNumber: 'M-1', cost: '200.00' });
const request = { reference: 'use:SupplyDelivery/1', location: 'CATHLAB', costCenter: '7010', itemNumber: 'IMP-1', quantity: 1, unit: 'BX', rule: 'replace-each-use' };
const failure = (code: string) => ({ failure: { kind: 'refused', code, detail: 'The books hold less.' }, moveId: '11111111-1111-4111-8111-111111111111' });
const withdrawn = (life: Life) => life.given('supply.use-withdrawn.v1');

describe('a use', () => {
  test('is identified, taken from stock, charged, and replaced by rule', () => {
    const life = begun();
    assert.deepEqual(life.asked, ['identifyUse']);
    assert.deepEqual(identified(life).asked, ['depleteStock']);
    const replenishing = depleted(identified(life));
    assert.deepEqual(replenishing.asked, ['tellDepleted', 'replenish']);
    const done = replenishing.when('replenished', { replenishment: request });
    assert.deepEqual([done.state, done.asked], ['done', ['tellReplenishment']]);
    assert.equal(done.context.requisitionReference, 'use:SupplyDelivery/1');
    assert.equal(done.elapse('correctionLimit').state, 'archived');
  });

  test('is taken from stock as the EHR holds it now, not as it was announced', () => {
    const life = identified(begun(), sampleUse({ quantity: 3 }));
    assert.equal(life.context.use.quantity, 3);
  });

  test('needs no replacement where no rule asks for one', () => {
    const done = depleted(identified(begun())).when('replenished', { replenishment: null });
    assert.deepEqual([done.state, done.asked, done.context.requisitionReference], ['done', [], null]);
  });
});

describe('a use that nobody can identify', () => {
  test('is mapped to an item by a person, or ignored', () => {
    const unmapped = begun().when('unmapped', { problem: 'The item master knows neither code 1.' });
    assert.equal(unmapped.work.get('missing-item-mapping')?.owner, 'role:supply-chain-analyst');
    const mapped = unmapped.decide('missing-item-mapping', 'map-item', { by: 'sofia', values: { itemNumber: 'IMP-1' } });
    assert.deepEqual([mapped.state, mapped.context.namedItem], ['identifying', { itemNumber: 'IMP-1', by: 'sofia' }]);
    assert.equal(unmapped.given('map-item', { values: { itemNumber: '' } }).state, 'unmapped');
    assert.equal(unmapped.decide('missing-item-mapping', 'ignore').state, 'ignored');
    assert.equal(withdrawn(unmapped).state, 'withdrawn');
  });

  test('or whose identifiers contradict each other, likewise', () => {
    const contradictory = begun().when('contradictory', { problem: 'Two items.' });
    assert.equal(contradictory.decide('identifiers-differ', 'map-item', { values: { itemNumber: 'IMP-1' } }).state, 'identifying');
    assert.equal(contradictory.decide('identifiers-differ', 'ignore').state, 'ignored');
    assert.equal(withdrawn(contradictory).state, 'withdrawn');
  });

  test('or whose place bears no cost, is looked at again once it does', () => {
    const placeless = begun().when('place unknown', { problem: 'No cost centre is configured.' });
    assert.equal(placeless.decide('place-without-cost-center', 'retry').state, 'identifying');
    assert.equal(placeless.decide('place-without-cost-center', 'ignore').state, 'ignored');
    assert.equal(withdrawn(placeless).state, 'withdrawn');
  });

  test('or that the EHR does not hold, likewise', () => {
    const unfounded = begun().when('not in EHR', { problem: 'The EHR does not hold this use any more.' });
    assert.equal(unfounded.decide('use-not-in-ehr', 'retry').state, 'identifying');
    assert.equal(unfounded.decide('use-not-in-ehr', 'ignore').state, 'ignored');
    assert.equal(withdrawn(unfounded).state, 'withdrawn');
  });
});

describe('a use of more than the books hold', () => {
  const short = () => identified(begun()).when('deplete-stock.failed', failure('negative-stock'));

  test('is counted and tried again, as another document to the ERP', () => {
    const life = short();
    assert.deepEqual(life.work.get('stock-does-not-suffice')?.resolutions, ['retry', 'adjust-stock']);
    const adjusted = life.decide('stock-does-not-suffice', 'adjust-stock').when('stock adjusted');
    assert.equal(adjusted.state, 'depleting');
    const input = definition.moves['depleteStock']!.input(adjusted.context, null) as { reference: string };
    assert.equal(input.reference, 'SupplyDelivery/1/2');
    assert.equal(life.decide('stock-does-not-suffice', 'retry').state, 'identifying');
    assert.equal(withdrawn(life).state, 'withdrawn');
  });

  test('is told from any other refusal, which no count can mend', () => {
    const closed = identified(begun()).when('deplete-stock.failed', failure('cost-center-closed'));
    assert.deepEqual(closed.work.get('stock-does-not-suffice')?.resolutions, ['retry']);
    assert.equal(closed.given('adjust-stock').state, 'notDepleted');
  });
});

describe('stores that ran out', () => {
  const waiting = (replenishment: object | null) => depleted(identified(begun())).when('stores ran out', { replenishment, problem: 'There is too little at STORES.' });

  test('are asked again by a person or after a while, and order more by their own rule meanwhile', () => {
    const life = waiting({ ...request, reference: 'reorder:MAIN/STORES/IMP-1/1', location: 'STORES', rule: 'reorder-point' });
    assert.deepEqual([life.state, life.asked], ['awaitingStores', ['tellReplenishment']]);
    assert.deepEqual(life.decide('stores-ran-out', 'retry').asked, ['replenish']);
    assert.equal(waiting(null).elapse('refillLimit').state, 'replenishing');
  });

  test('do not keep a use from being taken back, and still send what its place had asked for', () => {
    const returning = withdrawn(waiting(null));
    assert.deepEqual([returning.state, returning.asked], ['returningBeforeRefill', ['returnToStock']]);
    const returned = returning.when('returned');
    assert.deepEqual([returned.state, returned.work.get('stores-ran-out')?.owner], ['awaitingStores', 'role:supply-chain-analyst']);
    assert.equal(withdrawn(returned).state, 'awaitingStores');
    assert.equal(returned.elapse('refillLimit').when('stores ran out', { replenishment: null, problem: 'Still too little.' }).state, 'awaitingStores');
    const over = returned.decide('stores-ran-out', 'retry').when('replenished', { replenishment: null });
    assert.deepEqual([over.state, over.isOver], ['withdrawn', true]);
  });
});

describe('a use that was entered in error', () => {
  test('is put back into stock when it was taken from there', () => {
    const life = withdrawn(depleted(identified(begun())).when('replenished', { replenishment: null }));
    assert.deepEqual([life.state, life.asked], ['returning', ['returnToStock']]);
    assert.ok(life.when('returned').isOver);
  });

  test('goes back to the lot that it was taken from, whatever the EHR had recorded', () => {
    const returned = (taken: object, use = sampleUse()) => {
      const life = withdrawn(identified(begun(), use).when('depleted', { movementNumber: 'M-1', cost: '200.00', ...taken }).when('replenished', { replenishment: null }));
      return (definition.moves['returnToStock']!.input(life.context, null) as { taken?: object }).taken;
    };
    assert.deepEqual(returned({ taken: { lot: 'L-7' } }), { lot: 'L-7' });
    assert.deepEqual(returned({ taken: { lot: 'L-7', expiresOn: '2027-01-01' } }, sampleUse({ tracking: { lot: 'l7' } })), { lot: 'L-7', expiresOn: '2027-01-01' });
    // An ERP that does not say what it took.
    assert.equal(returned({}, sampleUse({ tracking: { serial: 'S-1' } })), undefined);
  });

  test('is not forgotten while a move is under way', () => {
    const early = withdrawn(begun());
    assert.deepEqual(early.kept, ['supply.use-withdrawn.v1']);
    assert.equal(early.when('not in EHR', { problem: 'The EHR does not hold this use any more.' }).state, 'withdrawn');
    const late = depleted(identified(early)).when('replenished', { replenishment: null });
    assert.deepEqual([late.state, late.asked], ['returning', ['returnToStock']]);
  });
});

describe('the chart', () => {
  test('has no state in which a use would be forgotten', () => assert.deepEqual(forgottenStates(definition), []));
  test('has no decision that two regions would both take', () => assert.deepEqual(sharedDecisions(definition), []));
  // Only when the walks above have all been made.
  after(() => assert.deepEqual(walk.missing(), []));
});
