import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseMessage } from '../../../formats/hl7v2/index.ts';
import { sampleText } from './samples.ts';

const HEADER = 'MSH|^~\\&|SENDER|FAC|RECV|FAC|20260301120000||ADT^A01|MSG1|P|2.5\r';

function refuses(text: string, code: string, location?: object): void {
  assert.throws(() => parseMessage(text), (error: { code?: string; location?: object }) => {
    assert.equal(error.code, code);
    if (location !== undefined) assert.deepEqual(error.location, location);
    return true;
  });
}

describe('reading a message', () => {
  test('a value is found by segment, field, repetition, component and subcomponent', () => {
    const message = parseMessage(sampleText('edge/adt-a01-full.hl7'));
    assert.equal(message.get('PID-5'), 'SMITH');
    assert.equal(message.get('PID-5.2'), 'ALICE');
    assert.equal(message.get('PID-3(2).4'), 'SSN');
    assert.equal(message.segment('PID')?.field(3).repetition(2).component(1).value, '555-12-3456');
    assert.equal(message.segments('PID')[0]?.field(13).repetitions.length, 2);
    assert.equal(message.get('PV1-45'), undefined, 'an empty field has no value');
    assert.equal(message.get('ZZZ-1'), undefined, 'an absent segment has no value');
  });

  test('MSH counts its separator as field 1 and its encoding characters as field 2', () => {
    const message = parseMessage(HEADER);
    assert.equal(message.get('MSH-1'), '|');
    assert.equal(message.get('MSH-2'), '^~\\&');
    assert.equal(message.get('MSH-9.2'), 'A01');
    assert.equal(message.header.fieldCount, 12);
  });

  test('segments may end in CR, LF or CRLF, after a byte-order mark, with blank lines between', () => {
    const expected = ['MSH', 'PID', 'PV1'];
    for (const end of ['\r', '\n', '\r\n', '\r\r\n']) {
      const text = `\uFEFF${end}${HEADER.trimEnd()}${end}PID|1||7${end}${end}PV1|1|I${end} ${end}`;
      assert.deepEqual(parseMessage(text).segments().map(({ id }) => id), expected);
    }
  });

  test('the separators are whatever MSH announces', () => {
    const message = parseMessage(sampleText('edge/edge-custom-delimiters.hl7'));
    assert.equal(message.get('PID-3.4'), 'MRN');
    assert.equal(message.get('PID-5.2'), 'JOHN');
  });

  test('encoding characters that are left out separate nothing', () => {
    const message = parseMessage('MSH|^~|A|B|C|D|20260301||ADT^A01|1|P|2.5\rPID|1||a&b^\\T\\~c');
    assert.equal(message.get('PID-3.1'), 'a&b');
    assert.equal(message.get('PID-3.2'), '\\T\\');
    assert.equal(message.get('PID-3(2)'), 'c');
    assert.equal(parseMessage('MSH|^|A\rPID|a~b&c^d').get('PID-1.1'), 'a~b&c');
  });

  test('the truncation character of version 2.7 is a fifth encoding character', () => {
    const message = parseMessage('MSH|^~\\&#|A|B|C|D|20260301||ADT^A01|1|P|2.8\rPID|1||x\\P\\y#');
    assert.equal(message.delimiters.truncation, '#');
    assert.equal(message.get('PID-3'), 'x#y#');
  });

  test('local Z segments and empty segments are read like any other', () => {
    const message = parseMessage(sampleText('edge/edge-z-segments.hl7'));
    assert.equal(message.get('ZVN-3.2'), 'VALUE2');
    assert.equal(parseMessage(`${HEADER}ZXX\rPV1`).segments().length, 3);
  });

  test('two quotation marks mean delete, which is not the same as empty and not a value', () => {
    const message = parseMessage(`${HEADER}PID|1||""|""^x|`);
    assert.equal(message.field('PID-3')?.isNull, true);
    assert.equal(message.get('PID-3'), undefined);
    assert.equal(message.field('PID-4')?.isNull, false);
    assert.equal(message.field('PID-4')?.component(1).isNull, true);
    assert.equal(message.field('PID-5')?.isNull, false);
  });

  test('a text without MSH first is no message', () => {
    refuses('', '100', { segment: 'MSH' });
    refuses('PID|1||7', '100');
    refuses('\u000b\r\n', '100');
  });

  test('unusable separators are refused at MSH-1 or MSH-2', () => {
    refuses('MSH', '101', { segment: 'MSH', field: 1 });
    refuses('MSH||A', '101', { segment: 'MSH', field: 2 });
    refuses('MSHA^~\\&A', '102', { segment: 'MSH', field: 1 });
    refuses('MSH|^^\\&|A', '102', { segment: 'MSH', field: 2 });
    refuses('MSH|^~\\&#!|A', '102', { segment: 'MSH', field: 2 });
    refuses('MSH|a~\\&|A', '102', { segment: 'MSH', field: 2 });
  });

  test('a line that is no segment, or a second MSH, is refused', () => {
    refuses(`${HEADER}free text`, '100');
    refuses(`${HEADER}pid|1`, '100');
    refuses(`${HEADER}PID^1`, '100');
    refuses(`${HEADER}${HEADER}`, '100', { segment: 'MSH', sequence: 2 });
  });

  test('limits on length, segments and repetitions hold before anything is split further', () => {
    assert.throws(() => parseMessage(HEADER, { maxLength: 20 }), { code: '207' });
    assert.throws(() => parseMessage(`${HEADER}PV1|\rPV1|`, { maxSegments: 2 }), { code: '207' });
    const flood = `${HEADER}PID|1\rPID|2||${'x~'.repeat(100_000)}`;
    refuses(flood, '207', { segment: 'PID', sequence: 2, field: 3 });
    assert.equal(parseMessage(flood, { maxRepetitions: 200_000 }).segments('PID')[1]?.field(3).repetitions.length, 100_001);
  });

  test('many repetitions spread over many fields are no flood', () => {
    const text = `${HEADER}${'PID|1|a~b~c\r'.repeat(5_000)}`;
    assert.equal(parseMessage(text, { maxRepetitions: 3 }).segments('PID').length, 5_000);
  });

  test('a path that is none is a mistake of the program, not of the message', () => {
    const message = parseMessage(HEADER);
    for (const path of ['PID', 'PID-0', 'PID-5.', 'pid-5', 'PID-5.1.1.1', '']) {
      assert.throws(() => message.get(path), TypeError);
    }
  });
});
