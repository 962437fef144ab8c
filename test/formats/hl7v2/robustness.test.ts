import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  buildAcknowledgment, checkHeader, decodeMessage, Hl7Error, parseMessage, printMessage, readAcknowledgment, readAdmission,
  readAppointment, readCharges, readHeader, readOrders, splitBatchFile,
} from '../../../formats/hl7v2/index.ts';
import type { Message } from '../../../formats/hl7v2/index.ts';
import { sampleBytes, sampleNames } from './samples.ts';

const HEADER = 'MSH|^~\\&|S|F|R|F|20260301||ADT^A01|1|P|2.5\r';
const READINGS: readonly ((message: Message) => unknown)[] = [
  readHeader, readAdmission, readAppointment, readOrders, readCharges, checkHeader, printMessage,
];

/** Whatever goes wrong is a typed error. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Hl7Error)) throw error;
    return undefined;
  }
}

describe('damaged and hostile messages', () => {
  test('any damage to a real message ends in a reading or a typed error, and can be acknowledged', () => {
    const samples = sampleNames().map(sampleBytes);
    const damage = fc.record({ sample: fc.nat(samples.length - 1), at: fc.nat(3_000), insert: fc.uint8Array({ maxLength: 6 }), remove: fc.nat(40) });
    fc.assert(fc.property(damage, ({ sample, at, insert, remove }) => {
      const bytes = samples[sample] as Buffer;
      const damaged = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
      const text = attempt(() => decodeMessage(damaged))?.text ?? damaged.toString('latin1');
      const message = attempt(() => parseMessage(text));
      if (message !== undefined) for (const read of READINGS) attempt(() => read(message));
      attempt(() => splitBatchFile(text));
      const answer = buildAcknowledgment({ received: message ?? text, code: 'AR', controlId: 'A', at: new Date(0) });
      assert.equal(readAcknowledgment(parseMessage(answer)).code, 'AR');
    }), { numRuns: 1_000 });
  });

  test('a flood of any separator is refused before anybody splits it', () => {
    for (const [separator, field] of [['|', undefined], ['~', 1], ['^', 1], ['&', 1]] as const) {
      assert.throws(() => parseMessage(`${HEADER}ZZZ|${separator.repeat(1_000_000)}`), (error) => {
        assert.ok(error instanceof Hl7Error);
        assert.equal(error.code, '207');
        assert.equal(error.location?.segment, 'ZZZ');
        assert.equal(error.location.field, field);
        return true;
      }, separator);
    }
    assert.throws(() => parseMessage(`MSH|^~\\&|${'^'.repeat(1_000_000)}`), { code: '207' });
    assert.throws(() => parseMessage(HEADER + '\n'.repeat(1_000_000)), { code: '207' });
  });

  test('a large document in one field is no flood', () => {
    const message = parseMessage(`${HEADER}OBX|1|ED|X||^^PDF^Base64^${'QUJD'.repeat(1_000_000)}||||||F`);
    assert.equal(message.get('OBX-5.5')?.length, 4_000_000);
  });
});
