import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LosingProxy {
  url: string;
  loseNextWriteAnswer(): void;
  setDown(down: boolean): void;
  close(): Promise<void>;
}

/** Methods of Tryton's JSON-RPC that change nothing. */
const READING = /\.(read|search|search_read|search_count|get_preferences|login|version)$/;

/** Stands between an adapter and a Tryton, lets writes through and keeps their answers back, or is not there at all. */
export async function startLosingProxy(target: string): Promise<LosingProxy> {
  let losing = 0;
  let down = false;
  const server = createServer((incoming, outgoing) => { void pass(incoming, outgoing); });

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (down) return void incoming.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method } = JSON.parse(body.toString()) as { method: string };
    const answer = await forward(target, incoming, body);
    if (losing > 0 && !READING.test(method)) {
      losing -= 1;
      return void incoming.socket.destroy();
    }
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(answer.body);
  }

  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseNextWriteAnswer: () => { losing += 1; },
    setDown: (isDown) => {
      down = isDown;
      losing = 0;
    },
    close: () => new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    }),
  };
}

interface Answer { status: number; headers: IncomingMessage['headers']; body: Buffer }

function forward(target: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((done, fail) => {
    const headers = { ...incoming.headers, host: new URL(target).host };
    const outgoing = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => done({ status: response.statusCode ?? 502, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}
