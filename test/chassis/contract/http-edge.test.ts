import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { ApiError } from '#chassis/errors/failures.ts';
import { eventually } from '../../support/eventually.ts';
import { startEdge, type Heard, type ServedEdge } from './served-edge.ts';

const GET = 'GET /depot/v1/boxes/known HTTP/1.1\r\n';
const POST = 'POST /depot/v1/boxes HTTP/1.1\r\n';
const BOX = '{"label":"new","weight":1}';
const HOST = 'Host: depot\r\nAuthorization: Bearer good\r\n';
const LAST = `${HOST}Connection: close\r\n`;
const KEY = 'Idempotency-Key: key-of-this-test\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const lengthOf = (body: string | Buffer) => `Content-Length: ${Buffer.byteLength(body)}\r\n`;

describe('operations over HTTP', () => {
  let edge: ServedEdge;
  before(async () => { edge = await startEdge(); });
  beforeEach(() => {
    edge.state.stopping = false;
    edge.shelves.calls.length = 0;
    delete edge.shelves.beforeRead;
    delete edge.shelves.answerRead;
  });
  after(() => edge.stop());

  const post = (headers: string, body: string | Buffer = BOX) => edge.say(Buffer.concat([Buffer.from(`${POST}${LAST}${KEY}${headers}${lengthOf(body)}\r\n`), Buffer.from(body)]));
  const codeOf = ({ body }: Heard) => (JSON.parse(body) as { code?: string }).code;

  test('JSON is UTF-8, however its type is written, and in no other charset', async () => {
    for (const type of ['application/json', 'Application/JSON ; Charset="UTF-8"', 'application/json;charset=utf-8', 'application/json; x']) {
      assert.equal((await post(`Content-Type: ${type}\r\n`)).status, 201, type);
    }
    edge.shelves.calls.length = 0;
    for (const charset of ['utf-7', 'UTF-16', '"utf-7"', 'iso-8859-1', 'ebcdic-us', 'us-ascii', '', 'utf-8; charset=utf-7', 'utf-7; charset=utf-8']) {
      const answer = await post(`Content-Type: application/json; charset=${charset}\r\n`);
      assert.equal(answer.status, 415, charset);
      assert.equal((JSON.parse(answer.body) as { type: string }).type, '/problems/unsupported-media-type');
    }
    assert.equal(edge.shelves.calls.length, 0);
  });

  test('text is taken in UTF-8 and its ASCII part, and in no other charset', async () => {
    const slip = (parameters: string) => edge.say(`POST /depot/v1/slips HTTP/1.1\r\n${LAST}Content-Type: application/x-slip${parameters}\r\nContent-Length: 3\r\n\r\na\nb`);
    assert.equal((await slip('')).body, '{"lines":2}');
    assert.equal((await slip('; charset=us-ascii')).body, '{"lines":2}');
    for (const charset of ['utf-7', 'utf-16le', 'windows-1252']) assert.equal((await slip(`; charset=${charset}`)).status, 415, charset);
  });

  test('a request whose end could be read in two ways is refused with its connection, and nothing behind it is heard', async () => {
    const canary = `${GET}${LAST}\r\n`;
    const twofold = {
      'two lengths': 'Content-Length: 2\r\nContent-Length: 30\r\n\r\n{}',
      'a list of lengths': 'Content-Length: 2, 30\r\n\r\n{}',
      'a length and chunks': 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'chunks that are not last': 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
      'chunks in disguise': 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
      'a space before the colon': 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n',
      'a negative length': 'Content-Length: -1\r\n\r\n',
      'a negative chunk': 'Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n',
      'an endless chunk': 'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n',
    };
    for (const [shape, rest] of Object.entries(twofold)) {
      const answer = await edge.say(`${POST}${HOST}${KEY}${JSON_TYPE}${rest}${canary}`);
      assert.equal(answer.status, 400, shape);
      assert.equal(answer.text.split('HTTP/1.1').length, 2, shape);
    }
    assert.equal(edge.shelves.calls.length, 0);
  });

  test('a body in chunks is read like any other, and refused once it is over the limit', async () => {
    const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
    const chunked = (...texts: string[]) => edge.say(`${POST}${LAST}${KEY}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${texts.map(chunk).join('')}0\r\n\r\n`);
    assert.equal((await chunked('{"label":"new",', '"weight":1}')).status, 201);
    const answer = await chunked('{"label":"', ...Array.from({ length: 5 }, () => 'a'.repeat(1_000_000)), '","weight":1}');
    assert.equal(answer.status, 413);
    assert.equal(edge.shelves.calls.length, 1);
  });

  test('a packed body is unpacked up to the limit, and one that is not what it says is refused', async () => {
    assert.equal((await post(`${JSON_TYPE}Content-Encoding: gzip\r\n`, gzipSync(BOX))).status, 201);
    assert.equal((await post(`${JSON_TYPE}Content-Encoding: BR\r\n`, brotliCompressSync(BOX))).status, 201);
    for (const [encoding, body, status] of [['gzip', gzipSync('['.repeat(50_000_000)), 413], ['gzip', gzipSync(BOX).subarray(0, 20), 400], ['gzip', BOX, 400], ['gzip, gzip', BOX, 415], ['constructor', BOX, 415]] as const) {
      assert.equal((await post(`${JSON_TYPE}Content-Encoding: ${encoding}\r\n`, body)).status, status, encoding);
    }
  });

  test('a body where none is asked for is passed over, and JSON that is none is refused there too', async () => {
    const twice = await edge.say(`${GET}${HOST}${JSON_TYPE}Content-Length: 2\r\n\r\n{}${GET}${LAST}Content-Type: text/plain\r\nContent-Length: 1\r\n\r\n{`);
    assert.equal(twice.text.split('HTTP/1.1 200').length, 3);
    assert.deepEqual(edge.shelves.calls.map(({ input }) => input), Array.from({ length: 2 }, () => ({ label: 'known', verbose: false, copies: 1 })));
    assert.equal(codeOf(await edge.say(`${GET}${LAST}${JSON_TYPE}Content-Length: 1\r\n\r\n{`)), 'invalid-json');
  });

  test('JSON is an object or a list, with or without a mark of its byte order, and an empty body has no properties', async () => {
    assert.equal((await post(JSON_TYPE, `\uFEFF${BOX}`)).status, 201);
    for (const scalar of ['"new"', '1', 'null', 'true', ' ']) assert.equal(codeOf(await post(JSON_TYPE, scalar)), 'invalid-json', scalar);
    const { errors } = JSON.parse((await post(JSON_TYPE, '')).body) as { errors: { pointer: string }[] };
    assert.deepEqual(errors.map(({ pointer }) => pointer), ['/label', '/weight']);
  });

  test('a body that breaks off has no effect, and whoever comes next is served', async () => {
    assert.equal((await edge.say(`${POST}${HOST}${KEY}${JSON_TYPE}Content-Length: 50\r\n\r\n${BOX}`, { half: true })).status, 400);
    const socket = connect({ port: Number(new URL(edge.url).port), host: '127.0.0.1' });
    await new Promise((resolve) => socket.write(`${POST}${HOST}${KEY}${JSON_TYPE}Content-Encoding: gzip\r\nContent-Length: 50\r\n\r\nabc`, resolve));
    socket.destroy();
    assert.equal((await edge.say(`${GET}${LAST}\r\n`)).status, 200);
    assert.deepEqual(edge.shelves.calls.map(({ operation }) => operation), ['readBox']);
  });

  test('a caller who leaves before the answer harms nobody', async () => {
    let release: () => void = () => undefined;
    edge.shelves.beforeRead = () => new Promise<void>((resolve) => { release = resolve; });
    const socket = connect({ port: Number(new URL(edge.url).port), host: '127.0.0.1' });
    socket.write(`${GET}${HOST}\r\n`);
    await eventually(() => edge.shelves.calls.length === 1);
    socket.destroy();
    release();
    delete edge.shelves.beforeRead;
    assert.equal((await edge.say(`${GET}${LAST}\r\n`)).status, 200);
  });

  test('headers of more than 16 KiB are refused', async () => {
    assert.equal((await edge.say(`${GET}${LAST}X-Long: ${'a'.repeat(17_000)}\r\n\r\n`)).status, 431);
  });

  test('addresses are matched as they are written', async () => {
    const at = async (target: string) => (await edge.say(`GET ${target} HTTP/1.1\r\n${LAST}\r\n`)).status;
    for (const target of ['/depot/v1/boxes/known?', '/depot/v1/boxes/k%6eown', '/depot/v1/boxes/known#part', 'http://depot/depot/v1/boxes/known?copies=2']) assert.equal(await at(target), 200, target);
    for (const target of ['/DEPOT/v1/boxes/known', '/depot/V1/boxes/known', '/depot/v1/boxes/known/', '/depot/v1//boxes/known', '/depot/v1/boxes/', '/depot/v1/boxes/a/b', '/depot/v1/./boxes/known', '/depot/v1%2Fboxes/known', '/depot/v1boxes/known', 'http://depot', '*']) assert.equal(await at(target), 404, target);
    for (const target of ['/depot/v1/boxes/%ZZ', '/depot/v1/boxes/%c0%af', '/depot/v1/boxes/..%2Fknown', '/depot/v1/boxes/known%00']) assert.equal(await at(target), 400, target);
  });

  test('the head of an answer can be had without its body, and where a method is not taken the address says which are', async () => {
    const [whole, head] = [await edge.say(`${GET}${LAST}\r\n`), await edge.say(`${GET.replace('GET', 'HEAD')}${LAST}\r\n`)];
    assert.equal(head.body, '');
    assert.deepEqual([head.status, head.headers.get('content-length'), head.headers.get('content-type')], [200, String(whole.body.length), 'application/json; charset=utf-8']);
    for (const [method, path, allow] of [['OPTIONS', '/boxes/known', 'GET, DELETE'], ['HEAD', '/boxes', 'POST'], ['TRACE', '/boxes', 'POST'], ['GET', '/slips', 'POST']]) {
      const refused = await edge.say(`${method} /depot/v1${path} HTTP/1.1\r\n${LAST}\r\n`);
      assert.deepEqual([refused.status, refused.headers.get('allow')], [405, allow], method);
    }
  });

  test('who wants it only if there is nothing yet is told that there is something', async () => {
    const answer = await edge.say(`${GET}${LAST}If-None-Match: *\r\n\r\n`);
    assert.deepEqual([answer.status, answer.body, answer.headers.get('content-length')], [304, '', undefined]);
  });

  test('what a failure says becomes part of the problem and never of the head', async () => {
    edge.shelves.beforeRead = () => { throw new ApiError('refused', 'No.\r\nSet-Cookie: a=b\r\n\r\n<html>', { code: 'x\r\nX-Forged: 1', retryAfterMs: 1 }); };
    const answer = await edge.say(`${GET}${LAST}Correlation-Id: a\tb-forged\r\n\r\n`);
    assert.equal(answer.status, 422);
    assert.ok(!answer.headers.has('set-cookie') && !answer.headers.has('x-forged'));
    assert.match(answer.headers.get('correlation-id') ?? '', /^[0-9a-f-]{36}$/);
    assert.equal((JSON.parse(answer.body) as { detail: string }).detail, 'No.\r\nSet-Cookie: a=b\r\n\r\n<html>');
  });

  test('an answer in any script arrives as it was, with its length in bytes', async () => {
    for (const note of ['plain', 'Zoë', '\u0080\u00FF', '東京 🏥', '\uFEFFmark']) {
      edge.shelves.answerRead = (label) => ({ label, shelf: 1, note });
      const answer = await edge.say(`${GET}${LAST}\r\n`);
      assert.deepEqual(JSON.parse(answer.body), { label: 'known', shelf: 1, note });
      assert.equal(answer.headers.get('content-length'), String(Buffer.byteLength(answer.body)));
    }
  });

  test('a large answer arrives whole at a caller who takes it slowly', async () => {
    const note = 'a'.repeat(8_000_000);
    edge.shelves.answerRead = (label) => ({ label, shelf: 1, note });
    const answer = await fetch(`${edge.url}/depot/v1/boxes/known`, { headers: { authorization: 'Bearer good' } });
    let size = 0;
    for await (const chunk of answer.body!) {
      size += chunk.length;
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    assert.equal(size, Number(answer.headers.get('content-length')));
  });

  test('answers, problems and unknown addresses carry the same headers that protect browsers', async () => {
    const expected = ['content-security-policy', 'cross-origin-opener-policy', 'cross-origin-resource-policy', 'origin-agent-cluster', 'referrer-policy', 'strict-transport-security', 'x-content-type-options', 'x-dns-prefetch-control', 'x-download-options', 'x-frame-options', 'x-permitted-cross-domain-policies', 'x-xss-protection'];
    const targets = ['/depot/v1/boxes/known', '/depot/v1/boxes/absent', '/nothing'];
    const answers = await Promise.all(targets.map((target) => edge.say(`GET ${target} HTTP/1.1\r\n${LAST}\r\n`)));
    const [first] = answers;
    for (const { headers } of answers) assert.deepEqual(expected.map((name) => headers.get(name)), expected.map((name) => first!.headers.get(name)));
    assert.match(first!.headers.get('content-security-policy') ?? '', /^default-src 'none'/);
    assert.ok(expected.every((name) => first!.headers.has(name)));
  });

  test('connections are kept until the process begins to stop, also where the answer is a problem', async () => {
    assert.equal((await edge.say(`${GET}${HOST}\r\n${GET}${LAST}\r\n`)).headers.get('connection'), 'keep-alive');
    edge.state.stopping = true;
    for (const target of ['/depot/v1/boxes/known', '/depot/v1/boxes/absent', '/nothing']) {
      assert.equal((await edge.say(`GET ${target} HTTP/1.1\r\n${HOST}\r\n`)).headers.get('connection'), 'close', target);
    }
  });

  test('a body is judged before who sent it, and its type after', async () => {
    const stranger = (headers: string, body: string) => edge.say(`${POST}Host: depot\r\nConnection: close\r\n${KEY}${headers}${lengthOf(body)}\r\n${body}`);
    assert.equal((await stranger(JSON_TYPE, '{')).status, 400);
    assert.equal((await stranger(JSON_TYPE, BOX)).status, 401);
    assert.equal((await stranger('Content-Type: text/plain\r\n', BOX)).status, 401);
    assert.equal((await post('Content-Type: text/plain\r\n')).status, 415);
    assert.equal((await post('')).status, 415);
  });
});

// On a busy machine a shorter time may be over before the beginning was read; then the connection is reset under the answer.
test('a body that does not come in within the time for requests ends with its connection and has no effect', async () => {
  const edge = await startEdge({ requestTimeout: 500, headersTimeout: 500, connectionsCheckingInterval: 10 });
  try {
    const answer = await edge.say(`${POST}${HOST}${KEY}${JSON_TYPE}Content-Length: 50\r\n\r\n{"label":`);
    assert.equal(answer.status, 408);
    assert.equal(edge.shelves.calls.length, 0);
  } finally {
    await edge.stop();
  }
});
