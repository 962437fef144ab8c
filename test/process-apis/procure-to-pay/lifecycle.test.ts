import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { forgottenStates, sharedDecisions } from '../chart-walk.ts';
import './life/ordering.ts';
import './life/supplier.ts';
import './life/cancelling.ts';
import './life/goods.ts';
import './life/invoice.ts';
import './life/closing.ts';
import { definition, walk } from './life/order.ts';

/** The life of an order is told in parts, in one process: only together do they go everywhere in the chart. */
describe('the chart', () => {
  test('has no state in which an order would be forgotten', () => assert.deepEqual(forgottenStates(definition), []));
  test('has no decision that two regions would both take', () => assert.deepEqual(sharedDecisions(definition), []));
  // Only when the walks above have all been made.
  after(() => assert.deepEqual(walk.missing(), []));
});
