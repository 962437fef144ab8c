import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { readBody } from '#chassis/contract/request-body.ts';

/** Sends the beginning of a request, and returns it with its socket and what became of reading its body. */
async function begun(t: TestContext, head: string, body: string): Promise<{ request: IncomingMessage; socket: Socket; reading: Promise<unknown> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.after(() => {
    socket.destroy();
    server.close();
  });
  const taken = new Promise<{ request: IncomingMessage; reading: Promise<unknown> }>((resolve) => {
    server.once('request', (request: IncomingMessage) => resolve({ request, reading: readBody(request, undefined) }));
  });
  socket.write(`POST / HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n${head}\r\n${body}`);
  return { socket, ...await taken };
}

test('reading ends when the sender is gone, packed or not', async (t) => {
  for (const head of ['Content-Length: 50\r\n', 'Transfer-Encoding: chunked\r\n', 'Content-Encoding: gzip\r\nContent-Length: 50\r\n']) {
    const { socket, reading } = await begun(t, head, '');
    socket.destroy();
    await assert.rejects(reading, { kind: 'invalid-request' }, head);
  }
});

test('a refusal is held back until all has come in, because who is still sending would not read it', async (t) => {
  const body = 'a'.repeat(5_000_000);
  for (const head of [`Content-Length: ${body.length}\r\n`, `Content-Encoding: compress\r\nContent-Length: ${body.length}\r\n`]) {
    const { request, socket, reading } = await begun(t, head, body.slice(1));
    const settled = reading.then(() => undefined, (failure: Error & { kind: string }) => ({ kind: failure.kind, complete: request.complete }));
    socket.write('a');
    const outcome = await settled;
    assert.equal(outcome?.complete, true, head);
    assert.ok(['too-large', 'unsupported-media-type'].includes(outcome.kind));
  }
});
