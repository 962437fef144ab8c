import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { items, order, useErp } from './erp-support.ts';
import type { Json } from './erp-support.ts';

describe('reading from the simulated ERP', () => {
  const client = useErp();

  test('pages follow limit and offset until there is no more', async () => {
    const seen: unknown[] = [];
    for (let offset = 0; ; offset += 20) {
      const page = await client.get(`itemsV2?q=OrganizationCode='MAIN'&limit=20&offset=${offset}&onlyData=true`);
      seen.push(...items(page).map((item) => item['ItemNumber']));
      assert.equal(page.body['limit'], 20);
      assert.equal(page.body['offset'], offset);
      assert.equal(page.body['count'], items(page).length);
      if (page.body['hasMore'] === false) break;
    }
    assert.equal(new Set(seen).size, seen.length);
    assert.ok(seen.length > 40);
    assert.equal((await client.get('itemsV2')).body['limit'], 25);
    assert.equal((await client.get('itemsV2?limit=9999')).body['limit'], 500);
    assert.equal((await client.get("itemsV2?q=OrganizationCode='MAIN'&totalResults=true")).body['totalResults'], seen.length);
  });

  test('q compares, combines and matches patterns', async () => {
    const numbers = async (q: string) => items(await client.get(`itemsV2?fields=ItemNumber&q=${encodeURIComponent(q)}`)).map((item) => item['ItemNumber']);
    assert.deepEqual(await numbers("OrganizationCode='MAIN';ItemNumber='IMP-1001'"), ['IMP-1001']);
    assert.deepEqual(await numbers("OrganizationCode = 'MAIN' and ItemNumber in ('IMP-1001', 'IMP-1002')"), ['IMP-1001', 'IMP-1002']);
    assert.deepEqual(await numbers("OrganizationCode=EAST;ItemNumber LIKE 'IMP-100*'"), ['IMP-1001', 'IMP-1002', 'IMP-1003']);
    assert.deepEqual(await numbers("OrganizationCode='MAIN';ListPrice > 20000"), ['IMP-1101']);
    assert.deepEqual(await numbers("OrganizationCode='MAIN';ItemDescription='Sternal closure wire set' or ItemNumber='INS-1202';OrganizationCode='EAST'"), ['IMP-1302', 'INS-1202']);
    assert.deepEqual(await numbers("ItemNumber='x'' or true or ''"), []);
  });

  test('fields, onlyData, expand and orderBy shape the answer', async () => {
    const [bare] = items(await client.get("suppliers?q=SupplierNumber='SUP-110'&fields=Supplier&onlyData=true"));
    assert.deepEqual(bare, { Supplier: 'Meridian Rhythm Systems' });
    const [linked] = items(await client.get("suppliers?q=SupplierNumber='SUP-110'"));
    const links = linked!['links'] as Json[];
    assert.deepEqual(links.map((link) => link['rel']), ['self', 'canonical', 'child']);
    const [expanded] = items(await client.get("suppliers?q=SupplierNumber='SUP-110'&expand=sites"));
    assert.deepEqual((expanded!['sites'] as Json[]).map((site) => site['SupplierSite']), ['MERIDIAN-ORD', 'MERIDIAN-PAY']);
    const child = await client.get(`suppliers/${linked!['SupplierId']}/child/sites?q=SitePurposePayFlag=true`);
    assert.deepEqual(items(child).map((site) => site['SupplierSite']), ['MERIDIAN-PAY']);
    const descending = items(await client.get('suppliers?orderBy=SupplierNumber:desc&limit=1'));
    assert.equal(descending[0]!['SupplierNumber'], 'SUP-190');
    const active = items(await client.get('suppliers?finder=ActiveSuppliersFinder'));
    assert.ok(active.length > 0 && active.every((supplier) => supplier['Status'] === 'ACTIVE'));
  });

  test('from framework version 3 on children are collections', async () => {
    const answer = await client.call('GET', "suppliers?q=SupplierNumber='SUP-100'&expand=sites", undefined, { 'REST-Framework-Version': '4' });
    const sites = items(answer)[0]!['sites'] as Json;
    assert.equal(sites['count'], 1);
    assert.equal(sites['hasMore'], false);
    assert.equal(answer.headers.get('rest-framework-version'), '4');
  });

  test('composite keys are opaque and found in the links', async () => {
    const [item] = items(await client.get("itemsV2?q=OrganizationCode='MAIN';ItemNumber='IMP-1001'"));
    const self = String((item!['links'] as Json[])[0]!['href']);
    assert.match(self, /itemsV2\/0002[0-9A-F]{44}$/);
    const direct = await client.get(self.slice(self.indexOf('itemsV2')));
    assert.equal(direct.body['ItemNumber'], 'IMP-1001');
    assert.equal((await client.get(`itemsV2/${item!['ItemId']}`)).status, 404);
  });

  test('a GTIN, a clinical code, a conversion, a stocking rule, a contract price and a substitute are found', async () => {
    const one = async (path: string) => items(await client.get(path))[0]!;
    assert.equal((await one('GTINRelationships?q=GTIN=08717648200274'))['Item'], 'IMP-1001');
    assert.equal((await one("crossReferenceRelationships?q=CrossReferenceType='http://snomed.info/sct';CrossReference='713779008'"))['Item'], 'CON-3002');
    const [box] = items(await client.get("unitsOfMeasure?q=UOMCode=BX&expand=intraclassConversions"));
    assert.ok((box!['intraclassConversions'] as Json[]).some((each) => each['ItemNumber'] === 'CON-3002' && each['ConversionValue'] === 100));
    const rule = await one("itemSubinventories?q=OrganizationCode='MAIN';SubinventoryCode='CATHLAB';ItemNumber='IMP-1001'");
    assert.equal(rule['MinimumQuantity'], rule['MaximumQuantity']);
    assert.equal((await one("purchaseAgreementLines?q=Item='CON-3002'"))['Price'], 18);
    assert.equal((await one("relatedItemRelationships?q=Item='IMP-1001'"))['RelatedItem'], 'IMP-1002');
    assert.equal((await one("accountCombinationsLOV?q=AccountCombination='101-7999-5110'"))['EnabledFlag'], false);
    const [costCentres] = items(await client.get("valueSets?q=ValueSetCode='LAKESIDE_COST_CENTER'&expand=values"));
    assert.ok((costCentres!['values'] as Json[]).some((value) => value['Value'] === '7010'));
  });

  test('the sandbox starts with stock that the ledger knows', async () => {
    const value = items(await client.get("ledgerBalances?q=Account='1310'&limit=500")).reduce((sum, each) => sum + Number(each['EndingBalance']) * 100, 0);
    let stock = 0;
    for (let offset = 0; ; offset += 500) {
      const page = await client.get(`inventoryOnhandBalances?limit=500&offset=${offset}&fields=OnhandValue&onlyData=true`);
      stock += items(page).reduce((sum, each) => sum + Number(each['OnhandValue']) * 100, 0);
      if (page.body['hasMore'] === false) break;
    }
    assert.equal(Math.round(stock), Math.round(value));
  });

  test('requests are counted by resource and status', async () => {
    await order(client);
    assert.ok((client.erp.requests.get('POST draftPurchaseOrders 201') ?? 0) >= 1);
    assert.ok((client.erp.requests.get('GET suppliers 200') ?? 0) >= 1);
  });
});
