import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { openSentList, readSent } from '../../sandbox/day/sent-list.ts';
import { createTestDatabase } from '../support/database.ts';

test('what was sent is written down as it goes, and a thing said twice is one thing', async () => {
  const database = await createTestDatabase();
  const sent = await openSentList(database.url);
  const use = { id: 'SupplyDelivery/1', item: 'CON-3002', quantity: 2, facility: 'MAIN', location: 'ED', costCentre: '7040', isMapped: true };
  sent.use(use);
  sent.use(use);
  sent.requisition({ reference: 'r-1', requester: 'nina.alvarez', costCentre: '7010', facility: 'MAIN', lines: [], expected: { answer: 'accepted', end: 'ordered', tiers: {} } });
  await sent.written();
  sent.answered('r-1', { answer: 'accepted', number: 'REQ-1' });
  sent.approvals('r-1', 'SUP-100', [{ tier: 'manager', decision: 'approved', by: 'maya.cohen' }]);
  sent.decision('w-1', { kind: 'price-exception', resolution: 'accept-price', by: 'carla.mendes', subject: 'r-1' });
  sent.message({ id: 'm-1', source: 'edge/adt-a01-basic.hl7', expected: 'accepted' });
  await sent.close();

  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const read = await readSent(client);
  await client.end();
  await database.drop();
  assert.deepEqual(read.uses, [use]);
  assert.deepEqual(read.requisitions[0]?.answer, { answer: 'accepted', number: 'REQ-1' });
  assert.equal(read.requisitions[0]?.approvals?.['SUP-100']?.[0]?.by, 'maya.cohen');
  assert.deepEqual([read.decisions.length, read.messages.length], [1, 1]);
});
