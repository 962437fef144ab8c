import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens, type ServiceTokens } from '#chassis/security/service-tokens.ts';
import { checkGateway } from '../../gateway/config.ts';
import { startGateway, type Gateway } from '../../gateway/gateway.ts';
import { AUDIENCE, listen, startIssuer, type TestIssuer } from './issuer-of-tests.ts';

export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A gateway with an issuer before it and, in the place of the experience APIs, an HTTP server that does what a test says. */
export interface GatewayUnderTest {
  url: string;
  port: number;
  gateway: Gateway;
  issuer: TestIssuer;
  /** What arrived inside. */
  seen: SeenRequest[];
  /** How inside answers; undefined is 200 with what arrived. */
  answer: ((request: IncomingMessage, response: ServerResponse, body: string) => void) | undefined;
  /** Verifies the tokens that arrive inside, as an experience API would. */
  insideTokens: ServiceTokens;
  call(method: string, address: string, options?: { token?: string; body?: string; headers?: Record<string, string> }): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }>;
  /** Closes what stands for the experience APIs. */
  closeInside(): Promise<void>;
  stop(): Promise<void>;
}

export async function startGatewayUnderTest(section: Record<string, unknown> = {}): Promise<GatewayUnderTest> {
  const issuer = await startIssuer();
  const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
  await ensureServiceKeys(keys, ['gateway', 'experience-apis']);
  const seen: SeenRequest[] = [];
  const inside = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => { chunks.push(chunk); });
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      if (under.answer) under.answer(request, response, body);
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: { size: body.length } }));
    });
  });
  const insideUrl = await listen(inside);
  const config: PlatformConfig = {
    environment: 'test', log: { level: 'error' }, database: { url: 'postgresql://nowhere' }, keys: { directory: keys },
    deployables: { 'experience-apis': { port: Number(new URL(insideUrl).port), apis: ['portal', 'partner'] } },
    apis: {},
    gateway: {
      port: 0, admin: { port: 0 },
      issuers: [{ issuer: issuer.issuer, audience: AUDIENCE, claims: { bindings: { supplier: 'supplier', costCenters: 'cost_centers' } } }],
      ...section,
    },
  };
  const { settings, mistakes } = checkGateway(config);
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  const gateway = await startGateway(config, settings);
  const url = `http://127.0.0.1:${gateway.port}`;
  const closeInside = async () => {
    inside.closeAllConnections();
    await new Promise((resolve) => inside.close(resolve));
  };
  const under: GatewayUnderTest = {
    url, port: gateway.port, gateway, issuer, seen, answer: undefined, closeInside,
    insideTokens: await createServiceTokens({ service: 'experience-apis', keyDirectory: keys, grants: { gateway: { scopes: ['portal', 'partner'], actsForOthers: true } } }),
    async call(method, address, { token, body, headers = {} } = {}) {
      const response = await fetch(`${url}${address}`, {
        method, redirect: 'manual', body,
        headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) as Record<string, unknown> : { text } };
    },
    async stop() {
      await gateway.stop();
      if (inside.listening) await closeInside();
      await issuer.close();
      await rm(keys, { recursive: true });
    },
  };
  return under;
}

export const GRAPH = '/portal/v1/graphql';
export const QUERY = JSON.stringify({ query: '{ me { id } }' });

/** Bytes as they are over a connection of their own; returns all that comes back until the other side closes. */
export function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error(`nothing more came after: ${received}`)));
    socket.on('data', (chunk: Buffer) => { received += chunk.toString('latin1'); });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
    socket.write(text, 'latin1');
  });
}

/** One request with its head written by hand; the connection is closed after it. */
export async function sendHead(port: number, line: string, headers: string[] = []): Promise<{ status: number; text: string }> {
  const text = await sendRaw(port, `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${headers.map((each) => `${each}\r\n`).join('')}\r\n`);
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), text };
}
