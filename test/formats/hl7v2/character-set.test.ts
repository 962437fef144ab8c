import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeMessage, encodeMessage, parseMessage } from '../../../formats/hl7v2/index.ts';
import { sampleBytes, sampleText } from './samples.ts';

/** The umlauts of a real message in another coding, with MSH-18 set to say so. */
function recoded(msh18: string, encoding: BufferEncoding): Buffer {
  const text = sampleText('edge/edge-non-ascii.hl7').replace('|P|2.5', `|P|2.5||||||${msh18}`);
  return Buffer.from(text, encoding);
}

describe('the character set of a message', () => {
  test('UTF-8 is assumed when MSH-18 is empty', () => {
    const decoded = decodeMessage(sampleBytes('edge/edge-non-ascii.hl7'));
    assert.equal(parseMessage(decoded.text).get('PID-5.1'), 'MÜLLER');
    assert.deepEqual([decoded.characterSet, decoded.declared, decoded.isGuess], ['UNICODE UTF-8', undefined, false]);
  });

  test('undeclared bytes that are not UTF-8 are read as ISO 8859-1, and flagged as a guess', () => {
    const decoded = decodeMessage(recoded('', 'latin1'));
    assert.equal(parseMessage(decoded.text).get('PID-5.1'), 'MÜLLER');
    assert.equal(decoded.isGuess, true);
  });

  test('what MSH-18 declares is honoured', () => {
    for (const [msh18, encoding] of [['8859/1', 'latin1'], ['UNICODE UTF-8', 'utf8']] as const) {
      const decoded = decodeMessage(recoded(msh18, encoding));
      assert.equal(parseMessage(decoded.text).get('PID-5.2'), 'JOSÉ');
      assert.deepEqual([decoded.declared, decoded.isGuess], [msh18, false]);
    }
    const greek = Buffer.concat([Buffer.from('MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5||||||8859/7\rPID|1||'), Buffer.of(0xe1)]);
    assert.equal(parseMessage(decodeMessage(greek).text).get('PID-3'), 'α');
  });

  test('of several declared sets the first counts', () => {
    assert.equal(decodeMessage(recoded('8859/1~UNICODE UTF-8', 'latin1')).declared, '8859/1');
  });

  test('bytes that are not what was declared are refused', () => {
    assert.throws(() => decodeMessage(recoded('UNICODE UTF-8', 'latin1')), { code: '102' });
    assert.throws(() => decodeMessage(recoded('ASCII', 'utf8')), { code: '102' });
  });

  test('a set that is not supported is named at MSH-18', () => {
    assert.throws(() => decodeMessage(recoded('ISO IR87', 'utf8')), {
      code: '103', location: { segment: 'MSH', sequence: 1, field: 18 },
    });
  });

  test('a byte-order mark decides and does not become text', () => {
    assert.equal(decodeMessage(sampleBytes('fhir-converter/ADT01-23.hl7')).text.slice(0, 3), 'MSH');
    const utf16 = Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from('MSH|^~\\&|ü', 'utf16le')]);
    assert.equal(decodeMessage(utf16).text, 'MSH|^~\\&|ü');
  });

  test('bytes that are no message are still text, so that they can be answered and kept', () => {
    assert.equal(decodeMessage(Buffer.of(0xff, 0x00)).isGuess, true);
    assert.equal(decodeMessage(Buffer.alloc(0)).text, '');
  });

  test('text is written in the set asked for, or refused', () => {
    assert.deepEqual(encodeMessage('ü'), Buffer.from('ü'));
    assert.deepEqual(encodeMessage('ü', '8859/1'), Buffer.of(0xfc));
    assert.throws(() => encodeMessage('ü', 'ASCII'), { code: '102' });
    assert.throws(() => encodeMessage('α', '8859/1'), { code: '102' });
    assert.throws(() => encodeMessage('a', 'ISO IR87'), { code: '103' });
  });
});
