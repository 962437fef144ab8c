import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileRoutes } from '../../gateway/routes.ts';

describe('the routes', () => {
  const match = compileRoutes([{ api: 'portal', entrance: 'app' }, { api: 'partner', entrance: 'partner' }]);

  test('are those of the contracts, with their parameters', () => {
    const found = match('POST', '/partner/v1/orders/PO%2F7%20a/invoices');
    assert.equal(found.route?.operation.id, 'sendInvoice');
    assert.equal(found.entrance, 'partner');
    assert.equal(found.template, '/partner/v1/orders/{orderNumber}/invoices');
    assert.deepEqual(found.parameters, { orderNumber: 'PO/7 a' });
    assert.equal(match('POST', '/portal/v1/graphql').route?.operation.id, 'queryGraph');
  });

  test('know which methods a path has', () => {
    const found = match('DELETE', '/partner/v1/orders/PO-1');
    assert.equal(found.route, undefined);
    assert.equal(found.entrance, 'partner');
    assert.deepEqual(found.allow, ['GET']);
  });

  for (const path of ['/', '', '/portal', '/portal/v1', '/portal/v1/graphql/', '/Portal/v1/graphql', '/portal/v1//graphql', '//portal/v1/graphql', '/portal/v2/graphql', '/partner/v1/orders/', '/partner/v1/orders//invoices', '/partner/v1/orders/%ff', '/procure-to-pay/v1/orders', '/metrics', 'http://a/portal/v1/graphql', '*']) {
    test(`have no ${path || 'empty path'}`, () => assert.deepEqual(match('POST', path), { entrance: 'open', route: undefined, allow: [], parameters: {}, template: undefined }));
  }

  test('are only those that are let out', () => {
    assert.equal(compileRoutes([{ api: 'partner', entrance: 'partner' }])('POST', '/portal/v1/graphql').entrance, 'open');
  });
});
