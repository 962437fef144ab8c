import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { frame, MllpDecoder } from '../../../formats/hl7v2/index.ts';
import type { MllpEvent } from '../../../formats/hl7v2/index.ts';

const VT = '\u000b';
const FS = '\u001c';

function decode(text: string, limits?: { maxFrameBytes?: number }): string[] {
  return summary([text], limits);
}

function summary(chunks: (string | Uint8Array)[], limits?: { maxFrameBytes?: number }): string[] {
  const decoder = new MllpDecoder(limits);
  const events = chunks.flatMap((chunk) => decoder.feed(Buffer.from(chunk as string, 'latin1')));
  return [...events, ...decoder.end()].map(name);
}

function name(event: MllpEvent): string {
  return event.kind === 'frame' ? event.payload.toString('latin1') : `!${event.violation}`;
}

describe('MLLP blocks', () => {
  test('a message goes in and comes out', () => {
    assert.deepEqual(frame('MSH|ü'), Buffer.from(`${VT}MSH|ü${FS}\r`));
    const [event] = new MllpDecoder().feed(frame('MSH|ü'));
    assert.equal(event?.kind === 'frame' && event.payload.toString('utf8'), 'MSH|ü');
  });

  test('several blocks in one chunk, and one block in single bytes, are all found', () => {
    assert.deepEqual(decode(`${VT}a${FS}\r${VT}b\rc${FS}\r`), ['a', 'b\rc']);
    assert.deepEqual(summary([...`${VT}ab\r${FS}\r${VT}c${FS}\r`]), ['ab\r', 'c']);
  });

  test('line ends between blocks are harmless, other bytes are reported', () => {
    assert.deepEqual(decode(`\r\n${VT}a${FS}\r\n\r${VT}b${FS}\r`), ['a', 'b']);
    assert.deepEqual(decode(`xx${VT}a${FS}\ryy${VT}b${FS}\r`), ['!no-start-block', 'a', '!no-start-block', 'b']);
  });

  test('a block without its start is reported as soon as it ends, with its beginning', () => {
    const decoder = new MllpDecoder();
    const [event] = decoder.feed(Buffer.from(`MSH|x${FS}\r`));
    assert.equal(event?.kind, 'violation');
    assert.equal(event?.kind === 'violation' && event.violation, 'no-start-block');
    assert.equal(event?.kind === 'violation' && event.head.toString(), 'MSH|x');
    assert.deepEqual(decoder.feed(frame('next')).map(name), ['next']);
  });

  test('a block without its end is dropped when the next begins or the connection closes', () => {
    assert.deepEqual(decode(`${VT}lost${VT}kept${FS}\r${VT}cut`), ['!no-end-block', 'kept', '!no-end-block']);
  });

  test('an end block without CR is not taken for an end, so that no message is taken half', () => {
    assert.deepEqual(decode(`${VT}a${FS}b${FS}\r${VT}c${FS}\r`), ['!no-carriage-return', 'c']);
    assert.deepEqual(decode(`${VT}a${FS}${VT}b${FS}\r`), ['!no-carriage-return', 'b']);
    assert.deepEqual(decode(`${VT}a${FS}${FS}\r${VT}b${FS}\r`), ['!no-carriage-return', 'b']);
    assert.deepEqual(decode(`${VT}a${FS}`), ['!no-carriage-return']);
  });

  test('a block larger than allowed is reported once and the next good one is taken', () => {
    const limits = { maxFrameBytes: 8 };
    assert.deepEqual(decode(`${VT}12345678${FS}\r`, limits), ['12345678']);
    assert.deepEqual(decode(`${VT}123456789${FS}\r${VT}ok${FS}\r`, limits), ['!too-large', 'ok']);
    assert.deepEqual(decode(`${'x'.repeat(40)}${VT}ok${FS}\r`, limits), ['!too-large', 'ok']);
  });

  test('an endless block costs no more memory than the limit', () => {
    const decoder = new MllpDecoder({ maxFrameBytes: 64 * 1024 });
    const chunk = Buffer.alloc(64 * 1024, 'x');
    decoder.feed(Buffer.from(VT));
    global.gc?.();
    const before = process.memoryUsage().arrayBuffers;
    let violations = 0;
    for (let i = 0; i < 4_096; i++) violations += decoder.feed(chunk).length;
    assert.equal(violations, 1);
    assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
    assert.deepEqual(decoder.feed(frame('after')).map(name), ['after']);
  });

  test('a reported block keeps only its beginning', () => {
    const [event] = new MllpDecoder({ maxFrameBytes: 100_000 }).feed(Buffer.from(VT + 'x'.repeat(200_000)));
    assert.equal(event?.kind === 'violation' && event.head.length, 4096);
    assert.equal(event?.kind === 'violation' && event.length, 200_000);
  });

  test('a message that contains a block character cannot be framed', () => {
    assert.throws(() => frame(`a${FS}b`), RangeError);
    assert.throws(() => frame(`a${VT}b`), RangeError);
  });

  const stream = fc.array(fc.oneof(
    { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', '\r'), maxLength: 12 }).map((x) => `${VT}${x}${FS}\r`) },
    { weight: 2, arbitrary: fc.string({ unit: fc.constantFrom(VT, FS, '\r', '\n', 'x'), maxLength: 12 }) },
  ), { maxLength: 12 }).map((parts) => parts.join(''));

  function cut(text: string, sizes: number[]): string[] {
    const chunks: string[] = [];
    let at = 0;
    for (const size of sizes) {
      chunks.push(text.slice(at, at + size));
      at += size;
    }
    return [...chunks, text.slice(at)];
  }

  test('how the bytes are cut into chunks changes nothing', () => {
    fc.assert(fc.property(stream, fc.array(fc.nat(7)), fc.constantFrom(6, 1000), (text, sizes, maxFrameBytes) => {
      assert.deepEqual(summary(cut(text, sizes), { maxFrameBytes }), decode(text, { maxFrameBytes }));
    }), { numRuns: 500 });
  });

  test('whatever came before, the next good block is found', () => {
    fc.assert(fc.property(stream, (text) => {
      assert.equal(decode(`${text}${VT}good${FS}\r`).at(-1), 'good');
    }), { numRuns: 500 });
  });
});
