import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeServer } from '#chassis/deployable/http-server.ts';
import { PROBLEM_MEDIA_TYPE } from '#chassis/errors/problem.ts';
import { contextFrom } from '#chassis/telemetry/context.ts';

export interface DoorServer {
  readonly port: number;
  /** Answers what is under way, then ends all connections. */
  close(): Promise<void>;
}

type Handle = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => void;

/** Who has connected and sent nothing yet may be about to. */
const FIRST_WORD_MS = 250;

/** Listens with limits on how slowly and how much may be sent before there is a request. */
export async function openDoor({ port, host }: { port: number; host: string }, handle: Handle): Promise<DoorServer> {
  const silent = new Set<Socket>();
  const server = createServer({ maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000, connectionsCheckingInterval: 2_000 });
  const hear = (expectsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    silent.delete(request.socket);
    handle(request, response, expectsContinue);
  };
  server.on('request', hear(false));
  server.on('checkContinue', hear(true));
  server.on('clientError', refuseUnreadable);
  server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = closeServer(server);
      // The server takes a connection without any request for one with a request under way.
      await sleep(silent.size > 0 ? FIRST_WORD_MS : 0);
      for (const socket of silent) socket.destroy();
      await closed;
    },
  };
}

/** What is not HTTP, or not within bounds, is answered before there is a request, and the connection ends. @source RFC 9112 section 2.2 */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const body = JSON.stringify({ type: '/problems/invalid-request', title: 'The request is not valid', status, detail: 'The request could not be read.', correlationId: contextFrom(undefined, undefined).correlationId });
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
