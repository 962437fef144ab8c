import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isGtin } from '../../sandbox/hospital/gtin.ts';
import { itemByNumber, masterData, openingStock } from '../../sandbox/hospital/master-data.ts';

test('every GTIN is unique and has a valid check digit', () => {
  const gtins = masterData.items.flatMap((item) => item.gtins.map(({ gtin }) => gtin));
  assert.deepEqual(gtins.filter((gtin) => !isGtin(gtin)), []);
  assert.equal(new Set(gtins).size, gtins.length);
});

test('devices taken from the FDA database carry the identifier and maker of their record', () => {
  const taken = masterData.items.filter((item) => item.gudidRecord);
  assert.equal(taken.length, 3);
  for (const item of taken) {
    const record = readFileSync(new URL(`../../sandbox/hospital/gudid/${item.gudidRecord}`, import.meta.url), 'utf8').replace('\\u0026', '&');
    for (const fact of [item.gtins[0]!.gtin, item.manufacturer, item.manufacturerPart]) assert.ok(record.includes(fact), fact);
  }
});

test('every item names a known supplier, substitute and expense account, and costs less by contract than by list', () => {
  for (const item of masterData.items) {
    assert.ok(masterData.suppliers.some((supplier) => supplier.number === item.supplier), item.number);
    assert.ok(masterData.accounts.some((account) => account.code === item.expenseAccount), item.number);
    if (item.substitute) assert.ok(itemByNumber(item.substitute), item.number);
    assert.ok(Number(item.contractPrice) <= Number(item.listPrice), item.number);
    assert.ok(item.purchasingUom === 'EA' || item.conversions[item.purchasingUom], item.number);
  }
});

test('only the code known to be missing lacks an item among the supplies of procedures', () => {
  const used = new Set([...masterData.procedureSupplies, ...masterData.immunizationSupplies].flatMap((row) => row.uses.map((use) => use.item)));
  assert.deepEqual([...used].filter((number) => !itemByNumber(number)), [masterData.unmappedItemCode]);
});

test('every supply of a procedure lies where its cost centre takes it from', () => {
  for (const row of [...masterData.procedureSupplies, ...masterData.immunizationSupplies]) {
    const costCentre = masterData.costCentres.find((each) => each.code === row.costCentre);
    assert.ok(costCentre, row.code);
    for (const { item } of row.uses.filter((use) => itemByNumber(use.item))) {
      for (const [facility, location] of Object.entries(costCentre.locations)) {
        const rule = masterData.stockingRules.find((each) => each.facility === facility && each.location === location && each.item === item);
        assert.ok(rule, `${row.display}: ${item} at ${facility} ${location}`);
      }
    }
  }
});

test('implants are replaced one by one, and opening stock fills every place to its maximum', () => {
  for (const rule of masterData.stockingRules) {
    if (itemByNumber(rule.item)?.category === 'implant') assert.equal(rule.reorderPoint, rule.maximum);
  }
  const opening = openingStock(new Date('2026-03-15'));
  for (const rule of masterData.stockingRules) {
    const lying = opening.filter((each) => each.facility === rule.facility && each.location === rule.location && each.item === rule.item);
    assert.equal(lying.reduce((sum, each) => sum + each.quantity, 0), rule.maximum);
  }
  assert.ok(opening.some((each) => each.item === 'IMP-1003' && each.expiresOn === '2026-02-28'));
});
