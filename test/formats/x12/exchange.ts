import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  checkGroup, parseInterchange, parseInterchanges, printInterchange, SCHEMAS, violationsOf,
} from '../../../formats/x12/index.ts';
import type { TransactionInput, TransactionSet } from '../../../formats/x12/index.ts';
import { sampleText } from './samples.ts';

const FUNCTIONAL: Record<string, string> = { 850: 'PO', 855: 'PR', 856: 'SH', 810: 'IN' };

/** Over the wire and back, envelope and content checked on the way. */
export function exchanged(input: TransactionInput): TransactionSet {
  const text = printInterchange({
    header: { senderQualifier: 'ZZ', sender: 'A', receiverQualifier: 'ZZ', receiver: 'B', date: '260301', time: '1200', controlNumber: '1', version: '00401' },
    groups: [{
      header: { functionalId: FUNCTIONAL[input.id] ?? '', sender: 'A', receiver: 'B', date: '20260301', time: '1200', controlNumber: '1', version: '004010' },
      transactions: [input],
    }],
  }, { lineBreaks: true });
  const interchange = parseInterchange(text);
  assert.deepEqual(violationsOf(interchange), []);
  const group = interchange.groups[0];
  assert.ok(group);
  const set = checkGroup(group, SCHEMAS).transactions[0];
  assert.ok(set);
  assert.deepEqual(set.violations, []);
  return set;
}

export function sampleSets(name: string): TransactionSet[] {
  return parseInterchanges(sampleText(name)).flatMap(({ groups }) =>
    groups.flatMap((group) => checkGroup(group, SCHEMAS).transactions));
}

export function only(name: string): TransactionSet {
  const [set] = sampleSets(name);
  assert.ok(set);
  return set;
}

/** Generated records have no prototype, which deepEqual holds against them. */
export function plain<T>(value: T): T {
  return structuredClone(value);
}

export const words = fc.string({ unit: fc.constantFrom(...'ABCdef 0123456789-./&é'), minLength: 2, maxLength: 20 })
  .map((text) => text.trim())
  .filter((text) => text.length >= 2);

export const amount = fc.tuple(fc.nat(999_999), fc.nat(99))
  .map(([whole, part]) => `${whole}.${String(part).padStart(2, '0')}`);

export const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-12-31'), noInvalidDate: true })
  .map((at) => at.toISOString().slice(0, 10));

export const productIds = fc.record(
  { buyerItemNumber: words, vendorPartNumber: words, upc: words, gtin: words },
  { requiredKeys: ['vendorPartNumber'] },
);

export const parties = fc.array(fc.record(
  { role: fc.constantFrom('BY', 'ST', 'SE'), name: words, city: words, addressLines: fc.array(words, { minLength: 1, maxLength: 4 }) },
  { requiredKeys: ['role', 'name'] },
), { maxLength: 3 });

export const pricedLine = fc
  .tuple(fc.record({ lineNumber: words, quantity: amount, unit: fc.constantFrom('EA', 'BX'), unitPrice: amount }), productIds)
  .map(([line, ids]) => ({ ...line, ...ids }));
