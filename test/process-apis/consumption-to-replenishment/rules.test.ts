import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeOf, identify, inPurchasingUnits, inStockingUnit, shortageOf, type Candidates } from '../../../process-apis/consumption-to-replenishment/rules.ts';
import { sampleItem } from '../procure-to-pay/samples.ts';
import { sampleUse } from './samples.ts';

const [one, other] = [sampleItem({ number: 'IMP-1' }), sampleItem({ number: 'IMP-2' })];
const nothing: Candidates = { named: undefined, byDevice: [], byNumber: undefined, learned: undefined };
const found = (candidates: Partial<Candidates>, use = sampleUse()) => {
  const identification = identify(use, { ...nothing, ...candidates });
  return identification.verdict === 'identified' ? identification.item.number : identification.verdict;
};

describe('a use is identified', () => {
  test('by its device identifier, by its item number, or by both when they agree', () => {
    assert.deepEqual([found({ byDevice: [one] }), found({ byNumber: one }), found({ byDevice: [one], byNumber: one })], ['IMP-1', 'IMP-1', 'IMP-1']);
  });
  test('by what a person named for it, whatever else is written', () => assert.equal(found({ named: { itemNumber: 'IMP-2', item: other }, byDevice: [one, other], byNumber: one }), 'IMP-2'));
  test('by an earlier mapping only where nothing better is known', () => {
    assert.deepEqual([found({ learned: other }), found({ learned: other, byNumber: one }), found({ learned: other, byDevice: [one] })], ['IMP-2', 'IMP-1', 'IMP-1']);
  });
  test('by nobody when its identifiers differ', () => {
    assert.deepEqual([found({ byDevice: [one], byNumber: other }), found({ byDevice: [one, other] })], ['contradictory', 'contradictory']);
  });
  test('by nobody when the item that a person named is not there', () => {
    const identification = identify(sampleUse(), { ...nothing, named: { itemNumber: 'NO-1', item: undefined }, byNumber: one });
    assert.deepEqual(identification, { verdict: 'unmapped', problem: 'The item master does not know item NO-1 either.' });
  });
  test('by nobody when nothing is known, which says what was written', () => {
    const use = sampleUse({ itemNumber: undefined, itemCode: { system: 'urn:local', code: 'EHR-1' }, tracking: { deviceIdentifier: '09521234567890' } });
    assert.deepEqual(identify(use, nothing), { verdict: 'unmapped', problem: 'The item master knows neither device 09521234567890 nor code EHR-1.' });
    assert.match((identify(sampleUse({ itemNumber: undefined }), nothing) as { problem: string }).problem, /neither item nor code/);
  });
});

test('a mapping is remembered by the most telling thing that was written', () => {
  const itemCode = { system: 'urn:local', code: 'EHR-1' };
  assert.deepEqual(codeOf(sampleUse({ itemCode, tracking: { deviceIdentifier: '09521234567890' } })), { system: 'device-identifier', code: '09521234567890' });
  assert.deepEqual(codeOf(sampleUse({ itemCode })), { system: 'item-number', code: 'IMP-1' });
  assert.deepEqual(codeOf(sampleUse({ itemCode, itemNumber: undefined })), itemCode);
  assert.equal(codeOf(sampleUse({ itemNumber: undefined })), undefined);
});

describe('a quantity', () => {
  const boxed = sampleItem({ stockingUnit: 'EA', purchasingUnit: 'BX', unitsPerPurchasingUnit: 5 });
  test('is counted in the unit that the item is kept in', () => {
    assert.equal(inStockingUnit(sampleUse({ quantity: 2 }), boxed)?.quantity, 2);
    assert.equal(inStockingUnit(sampleUse({ quantity: 2, unit: 'EA' }), boxed)?.quantity, 2);
    assert.deepEqual([inStockingUnit(sampleUse({ quantity: 2, unit: 'BX' }), boxed)?.quantity, inStockingUnit(sampleUse({ quantity: 2, unit: 'BX' }), boxed)?.unit], [10, 'EA']);
    assert.equal(inStockingUnit(sampleUse({ quantity: 2, unit: 'KG' }), boxed), undefined);
  });
  test('is ordered in whole purchasing units', () => {
    assert.deepEqual([[1, 5], [5, 5], [6, 5], [0.3, 0.1], [1.1, 0.1], [7, 1]].map(([quantity, units]) => inPurchasingUnits(quantity!, units!)), [1, 1, 2, 3, 11, 7]);
  });
});

describe('a place', () => {
  const rule = { facility: 'MAIN', location: 'STORES', itemNumber: 'IMP-1', reorderPoint: 10, maximum: 50, unit: 'EA', source: 'supplier' as const };
  test('asks for a fixed lot when what is there and on its way falls to the reorder point', () => {
    assert.deepEqual(shortageOf(rule, 1, 10, 0), { rule: 'reorder-point', quantity: 40 });
    assert.equal(shortageOf(rule, 1, 10, 0.5), undefined);
    assert.equal(shortageOf(rule, 1, 0, 40), undefined);
    assert.deepEqual(shortageOf({ ...rule, reorderPoint: 0.3, maximum: 1 }, 1, 0.1, 0.2), { rule: 'reorder-point', quantity: 0.7 });
  });
  test('where each use is replaced asks for what was used', () => {
    assert.deepEqual(shortageOf({ ...rule, reorderPoint: 2, maximum: 2 }, 3, 100, 100), { rule: 'replace-each-use', quantity: 3 });
  });
});
