import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  DEFAULT_DELIMITERS, escapeText, parseMessage, printMessage, printSegment, readFormattedText, unescapeText,
} from '../../../formats/hl7v2/index.ts';
import type { ComponentInput, Delimiters, RepetitionInput, Text } from '../../../formats/hl7v2/index.ts';
import { sampleText } from './samples.ts';

const d = DEFAULT_DELIMITERS;

describe('escape sequences', () => {
  test('the separators of the sample come back as characters', () => {
    const message = parseMessage(sampleText('edge/edge-escaped-delimiters.hl7'));
    assert.equal(message.get('PID-5.1'), 'DOE&SMITH');
    assert.equal(message.get('PID-5.2'), 'JOHN^JANE');
    assert.equal(message.get('OBX-5'),
      'Result contains pipe | and ampersand & and caret ^ and tilde ~ and backslash \\ chars');
  });

  test('hexadecimal data are bytes: UTF-8 where they are, else one byte one character', () => {
    assert.equal(unescapeText('a\\X0D0A\\b', d), 'a\r\nb');
    assert.equal(unescapeText('\\XC3BC\\', d), 'ü');
    assert.equal(unescapeText('\\XFC\\', d), 'ü');
    assert.equal(unescapeText('\\X4\\ \\XZZ\\', d), '\\X4\\ \\XZZ\\', 'no hexadecimal pairs, no change');
  });

  test('what a sequence produced is not read again', () => {
    assert.equal(unescapeText('\\E\\F\\E\\', d), '\\F\\');
    assert.equal(unescapeText('\\E\\E\\E\\E\\E\\', d), '\\E\\E\\');
    assert.equal(unescapeText('\\X5C\\F\\', d), '\\F\\');
  });

  test('an escape character without an end, and commands of others, stay as they are', () => {
    assert.equal(unescapeText('50\\', d), '50\\');
    assert.equal(unescapeText('\\\\', d), '\\\\');
    assert.equal(unescapeText('a\\.br\\b \\Zlocal\\ \\H\\c\\N\\', d), 'a\\.br\\b \\Zlocal\\ \\H\\c\\N\\');
  });

  test('formatted text is read with its lines and without its highlighting', () => {
    const note = parseMessage(sampleText('efferent/Sample-ORM.txt')).segments('NTE');
    assert.equal(note[0]?.field(3).formattedText,
      'some text\nsome text after new line\nissue Efferent-Health#82');
    assert.equal(note[1]?.field(3).formattedText,
      'some text\r\nsome text after new line\r\nissue Efferent-Health#81');
    assert.equal(readFormattedText('a\\.sp3\\b\\.in+4\\c\\T\\', d), 'a\n\n\nbc&');
  });

  test('control characters cannot break out of a field or of an MLLP block', () => {
    assert.equal(escapeText('a\rPID|x\u000b\u001c', d), 'a\\X0D\\PID\\F\\x\\X0B\\\\X1C\\');
  });

  test('two quotation marks meant as text do not become the null value', () => {
    const printed = printSegment({ id: 'NTE', fields: ['""', null] });
    assert.equal(printed, 'NTE|\\X2222\\|""');
    assert.equal(unescapeText('\\X2222\\', d), '""');
  });

  test('any text survives escaping', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(unescapeText(escapeText(text, d), d), text);
    }));
    const hostile = fc.string({ unit: fc.constantFrom('\\', '|', '^', '~', '&', 'E', 'X', '0', 'D', '.', 'b', '"', '\r') });
    fc.assert(fc.property(hostile, (text) => assert.equal(unescapeText(escapeText(text, d), d), text)));
  });

  test('without an escape character, text with a separator cannot be sent', () => {
    const none: Delimiters = { ...d, escape: '', subcomponent: '' };
    assert.equal(escapeText('a\\b&c', none), 'a\\b&c');
    assert.throws(() => escapeText('a|b', none), RangeError);
  });
});

describe('printing a message', () => {
  test('fields, components and subcomponents are joined and empty ends left out', () => {
    const printed = printMessage([
      { id: 'MSH', fields: ['A', 'B', undefined, '', '20260101', undefined, ['ADT', 'A01']] },
      { id: 'PID', fields: ['1', undefined, { repetitions: [['7', '', '', ['H', '1.2', 'ISO'], 'MR'], '8'] }, '', null, ''] },
    ]);
    assert.equal(printed, 'MSH|^~\\&|A|B|||20260101||ADT^A01\rPID|1||7^^^H&1.2&ISO^MR~8||""\r');
  });

  test('a segment name that is none is refused', () => {
    assert.throws(() => printSegment({ id: 'pid', fields: [] }), RangeError);
  });

  const delimiters: fc.Arbitrary<Delimiters> = fc
    .uniqueArray(fc.constantFrom(...'|^~\\&#!@%*$;:'), { minLength: 5, maxLength: 5 })
    .map(([field, component, repetition, escape, subcomponent]) => ({
      field, component, repetition, escape, subcomponent, truncation: '',
    }) as Delimiters);
  const text: fc.Arbitrary<Text> = fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), { nil: null });
  const component: fc.Arbitrary<Text[]> = fc.array(text, { minLength: 1, maxLength: 3 });
  const repetition = fc.array(component, { minLength: 1, maxLength: 3 });
  const field = fc.array(repetition, { minLength: 1, maxLength: 3 });
  const segments = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 5 });

  test('whatever is printed, with whatever separators, is read back', () => {
    fc.assert(fc.property(segments, delimiters, (contents, chosen) => {
      const printed = printMessage([
        { id: 'MSH', fields: ['S'] },
        ...contents.map((fields) => ({
          id: 'ZZZ',
          fields: fields.map((one) => ({ repetitions: one satisfies RepetitionInput[] })),
        })),
      ], chosen);
      const read = parseMessage(printed).segments('ZZZ').map((segment) =>
        Array.from({ length: segment.fieldCount }, (_, n) => segment.field(n + 1).repetitions.map((one) =>
          one.components.map((part) => Array.from(part.subcomponents, (_value, s): Text =>
            part.raw.split(chosen.subcomponent)[s] === '""' ? null : part.subcomponent(s + 1))))));
      assert.deepEqual(read, contents satisfies ComponentInput[][][][]);
    }), { numRuns: 300 });
  });
});
