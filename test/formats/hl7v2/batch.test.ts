import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseMessage, printBatchFile, splitBatchFile } from '../../../formats/hl7v2/index.ts';
import { sampleText } from './samples.ts';

const MESSAGE = 'MSH|^~\\&|A|B|C|D|20260301||ADT^A01|1|P|2.5\rPID|1||7\r';
const FHS = 'FHS|^~\\&|A|B';
const BHS = 'BHS|^~\\&|A|B';

describe('batch files', () => {
  test('a file is split into its batches and messages and its counts agree', () => {
    const file = splitBatchFile(sampleText('batch/batch_message.hl7'));
    assert.deepEqual(file.violations, []);
    assert.equal(file.header?.id, 'FHS');
    assert.equal(file.batches.length, 1);
    assert.deepEqual(file.batches[0]?.messages.map((text) => parseMessage(text).get('MSH-10')), ['371784', '612092']);
  });

  test('messages without any envelope are one batch', () => {
    const file = splitBatchFile(MESSAGE.repeat(3));
    assert.equal(file.header, undefined);
    assert.deepEqual(file.batches, [{ header: undefined, messages: [MESSAGE, MESSAGE, MESSAGE] }]);
    assert.deepEqual(file.violations, []);
  });

  test('counts that disagree are reported with both numbers', () => {
    const file = splitBatchFile(`${FHS}\n${BHS}\n${MESSAGE}BTS|2\nFTS|3\n`);
    assert.deepEqual(file.violations, [
      { kind: 'message-count', line: 5, segment: 'BTS', declared: 2, counted: 1 },
      { kind: 'batch-count', line: 6, segment: 'FTS', declared: 3, counted: 1 },
    ]);
  });

  test('a file that was cut off lacks its trailers', () => {
    assert.deepEqual(splitBatchFile(`${FHS}\r${BHS}\r${MESSAGE}`).violations.map(({ kind, segment }) => [kind, segment]),
      [['no-trailer', 'BHS'], ['no-trailer', 'FHS']]);
    assert.deepEqual(splitBatchFile(`${BHS}\r${MESSAGE}${BHS}\r${MESSAGE}BTS|1`).violations.map(({ kind }) => kind),
      ['no-trailer']);
  });

  test('trailers without headers and segments outside of messages are reported', () => {
    const kinds = splitBatchFile(`PID|1\r${BHS}\rPID|2\r${MESSAGE}BTS|1\rBTS|0\rFTS|1`).violations.map(({ kind }) => kind);
    assert.deepEqual(kinds, ['stray-segment', 'stray-segment', 'no-header', 'no-header']);
  });

  test('one message that cannot be parsed does not cost the others', () => {
    const { batches } = splitBatchFile(`${MESSAGE}broken line\r${MESSAGE}`);
    assert.equal(batches[0]?.messages.length, 2);
    assert.throws(() => parseMessage(batches[0]?.messages[0] as string), { code: '100' });
    assert.equal(parseMessage(batches[0]?.messages[1] as string).get('PID-3'), '7');
  });

  test('a file without messages and envelope is refused', () => {
    assert.throws(() => splitBatchFile('hello'), { code: '100' });
    assert.deepEqual(splitBatchFile(`${FHS}\r${BHS}\rBTS|0\rFTS|1`).violations, []);
  });

  test('a file that is printed is read back', () => {
    const file = splitBatchFile(printBatchFile(FHS, BHS, [MESSAGE, MESSAGE.trimEnd()]));
    assert.deepEqual(file.violations, []);
    assert.deepEqual(file.batches[0]?.messages, [MESSAGE, MESSAGE]);
  });
});
