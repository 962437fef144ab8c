import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { ApiError } from '#chassis/errors/failures.ts';
import type { Call } from '#chassis/contract/serve.ts';
import type { OrderAcknowledgement } from '#contracts/generated/system/procurement-network/v1.ts';
import type { Channels } from '../../../../system-apis/procurement-network/channels.ts';
import { dispatchOperations } from '../../../../system-apis/procurement-network/orders/dispatch.ts';
import { dispatch, startApi, type ApiUnderTest } from '../platform.ts';

describe('a supplier that rejects a line', () => {
  let api: ApiUnderTest;
  before(async () => { api = await startApi({ connected: false }); });
  after(() => api?.stop());

  const rejection = (orderNumber: string): OrderAcknowledgement =>
    ({ supplierNumber: 'SUP-150', orderNumber, number: `ACK-${orderNumber}`, acknowledgedAt: '2026-11-20T09:00:00Z', lines: [{ line: 1, outcome: 'rejected' }] });
  const outcomes = async (orderNumber: string) => (await api.events(orderNumber, 'order.acknowledged.v1')).flatMap(({ lines }) => lines.map(({ outcome }) => outcome));

  /** Withdraws an order that was sent, with a channel that does this in place of the supplier's. */
  async function withdraw(orderNumber: string, channel: () => Promise<void>) {
    await api.client.sendOrder({ body: dispatch(orderNumber, { supplierNumber: 'SUP-150' }, { itemNumber: 'CON-3006', unit: 'BX', unitPrice: '9.00', quantity: 6 }) });
    const channels = { named: () => ({ name: 'partner', port: { withdrawOrder: channel } }) } as unknown as Channels;
    return dispatchOperations({ database: api.database, payloads: api.payloads, channels }).withdrawOrder({ orderNumber }, { repeated: false } as Call);
  }

  it('of an order that was withdrawn has agreed to that', async () => {
    const { status } = await withdraw('PO-W1', async () => undefined);
    await api.client.receiveAcknowledgement({ body: rejection('PO-W1') });
    assert.deepEqual([status, await outcomes('PO-W1')], ['withdrawn', ['accepted']]);
  });

  it('while nobody knows how far our withdrawal got rejects it: the order may be kept after all', async () => {
    await assert.rejects(withdraw('PO-W2', async () => { throw new ApiError('upstream-timeout', 'No answer in time.'); }), { kind: 'upstream-timeout' });
    await api.client.receiveAcknowledgement({ body: rejection('PO-W2') });
    assert.deepEqual(await outcomes('PO-W2'), ['rejected']);
  });

  it('of an order whose withdrawal was refused rejects it', async () => {
    await assert.rejects(withdraw('PO-W3', async () => { throw new ApiError('refused', 'It is on its way already.', { code: 'shipped-already' }); }), { kind: 'refused' });
    await api.client.receiveAcknowledgement({ body: rejection('PO-W3') });
    assert.deepEqual(await outcomes('PO-W3'), ['rejected']);
  });
});
