import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { ApiError } from '#chassis/errors/failures.ts';
import { runInContext } from '#chassis/telemetry/context.ts';
import { createLog, describeError, type Log } from '#chassis/telemetry/logger.ts';

const CANARY = 'Jane Q. Canary 123-45-6789';

async function written(say: (log: Log) => void, level = 'info'): Promise<{ text: string; lines: Record<string, unknown>[] }> {
  const stream = new PassThrough();
  say(createLog('tester', level, stream));
  await turn();
  const text = String(stream.read() ?? '');
  return { text, lines: text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('a field that is not on the list does not compile, and does not reach the log', async () => {
  // @ts-expect-error what the compiler must refuse
  const { text, lines } = await written((log) => log.info('done', { status: 200, body: CANARY, patient: { name: CANARY } }));
  assert.equal(lines[0]!['status'], 200);
  assert.ok(!text.includes('Canary'), text);
});

test('an object under an allowed name does not reach the log', async () => {
  const { text } = await written((log) => log.info('done', { reason: { name: CANARY } as unknown as string }));
  assert.ok(!text.includes('Canary'), text);
});

test('the text of a foreign error is never logged, not even one that looks like a stack frame', async () => {
  const { text, lines } = await written((log) => log.error('failed', describeError(new TypeError(`bad value\n    at ${CANARY}`))));
  assert.equal(lines[0]!['errorName'], 'TypeError');
  assert.match(String(lines[0]!['stack']), /^at .*logger\.test\.ts/);
  assert.ok(!text.includes('Canary'), text);
});

test('a known failure is logged with its kind and its cause without its text', async () => {
  const failure = new ApiError('unavailable', 'The shelf is not available.', { code: 'shelf-down', cause: new Error(CANARY) });
  const { text, lines } = await written((log) => log.error('failed', describeError(failure)));
  assert.deepEqual([lines[0]!['kind'], lines[0]!['code'], lines[0]!['reason'], lines[0]!['errorName']], ['unavailable', 'shelf-down', 'The shelf is not available.', 'Error']);
  assert.ok(!text.includes('Canary'), text);
});

test('what a caller sent is not logged with the faults of the input', async () => {
  const failure = new ApiError('invalid-request', `/${CANARY} is not known here.`, { errors: [{ pointer: `/${CANARY}`, detail: 'is not known here' }] });
  const { text, lines } = await written((log) => log.info('failed', describeError(failure)));
  assert.equal(lines[0]!['count'], 1);
  assert.ok(!text.includes('Canary'), text);
});

test('a line carries the correlation and trace of the work it belongs to', async () => {
  const { lines } = await written((log) => runInContext({ correlationId: 'corr-1234', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }, () => log.info('done')));
  assert.equal(lines[0]!['correlationId'], 'corr-1234');
  assert.equal(lines[0]!['traceId'], 'a'.repeat(32));
});

test('lines below the level are not written', async () => {
  assert.equal((await written((log) => log.info('done'), 'warn')).text, '');
});
