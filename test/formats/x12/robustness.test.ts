import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  build997, build999, buildTa1, checkGroup, parseInterchanges, printInterchange, readFunctionalAcknowledgment, readInvoice,
  readPurchaseOrder, readPurchaseOrderAcknowledgment, readShipNotice, readTa1, SCHEMAS, X12Error,
} from '../../../formats/x12/index.ts';
import type { FunctionalGroup, TransactionSet } from '../../../formats/x12/index.ts';
import { sampleNames, sampleText } from './samples.ts';

const READERS: readonly ((set: TransactionSet) => unknown)[] = [
  readPurchaseOrder, readPurchaseOrderAcknowledgment, readShipNotice, readInvoice, readFunctionalAcknowledgment,
];

/** Whatever goes wrong is a typed error. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof X12Error)) throw error;
    return undefined;
  }
}

function acknowledge(group: FunctionalGroup): void {
  const printed = attempt(() => printInterchange({
    header: { senderQualifier: 'ZZ', sender: 'A', receiverQualifier: 'ZZ', receiver: 'B', date: '260301', time: '1200', controlNumber: '1' },
    groups: [{
      header: { functionalId: 'FA', sender: 'A', receiver: 'B', date: '20260301', time: '1200', controlNumber: '1', version: '005010X231A1' },
      transactions: [build999(group, '0001'), build997(group, '0002')],
    }],
  }));
  if (printed === undefined) return;
  for (const set of parseInterchanges(printed)[0]?.groups[0]?.transactions ?? []) {
    assert.equal(readFunctionalAcknowledgment(set).received, group.transactionCount);
  }
}

describe('damaged and hostile interchanges', () => {
  test('any damage to a real file ends in a verdict that can be sent, or in a typed error', () => {
    const samples = sampleNames().filter((name) => /8[15][056]|99[79]|TA1/.test(name)).map(sampleText);
    const damage = fc.record({
      sample: fc.nat(samples.length - 1), at: fc.nat(2_000), insert: fc.string({ unit: fc.constantFrom('*', '~', ':', '9', 'A', '\n', 'é'), maxLength: 4 }),
      remove: fc.nat(30),
    });
    fc.assert(fc.property(damage, ({ sample, at, insert, remove }) => {
      const text = samples[sample] as string;
      const damaged = text.slice(0, at) + insert + text.slice(at + remove);
      for (const interchange of attempt(() => parseInterchanges(damaged)) ?? []) {
        buildTa1(interchange);
        for (const ta1 of interchange.acknowledgments) attempt(() => readTa1(ta1));
        for (const group of interchange.groups) {
          const checked = checkGroup(group, SCHEMAS);
          acknowledge(checked);
          for (const set of checked.transactions) for (const read of READERS) attempt(() => read(set));
        }
      }
    }), { numRuns: 1_000 });
  });

  test('what the check lets pass can be read', () => {
    const samples = sampleNames().filter((name) => /8[15][056]/.test(name)).map(sampleText);
    const damage = fc.record({ sample: fc.nat(samples.length - 1), at: fc.nat(2_000), insert: fc.constantFrom('*', '~', '9', 'A', ''), remove: fc.nat(3) });
    const readers: Record<string, (set: TransactionSet) => unknown> = {
      850: readPurchaseOrder, 856: readShipNotice, 810: readInvoice,
    };
    fc.assert(fc.property(damage, ({ sample, at, insert, remove }) => {
      const text = samples[sample] as string;
      const damaged = text.slice(0, at) + insert + text.slice(at + remove);
      for (const interchange of attempt(() => parseInterchanges(damaged)) ?? []) {
        for (const group of interchange.groups) {
          for (const set of checkGroup(group, SCHEMAS).transactions) {
            if (set.violations.length === 0) readers[set.id]?.(set);
          }
        }
      }
    }), { numRuns: 2_000 });
  });
});
