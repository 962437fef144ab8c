import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { systemClock } from '#chassis/time/clock.ts';
import { checkSection } from '#chassis/config/config.ts';
import { coupa } from '../../../../../system-apis/procurement-network/adapters/coupa/adapter.ts';
import { CoupaSettings } from '../../../../../system-apis/procurement-network/adapters/coupa/settings.ts';

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  authorization: string;
  body: string;
}

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> };

/** A vendor that answers what a test tells it to, for answers that the simulated one never gives. */
export async function startStubVendor() {
  const asked: Asked[] = [];
  const vendor = { asked, url: '', tokens: 0, tokenAnswer: undefined as Answer | undefined, answer: (_asked: Asked): Answer => ({ body: [] }), close: async () => {} };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url!, 'http://vendor');
      const question: Asked = { method: request.method!, path: url.pathname, query: url.searchParams, authorization: request.headers.authorization ?? '', body: Buffer.concat(chunks).toString() };
      let answer: Answer;
      if (question.path === '/oauth2/token') {
        vendor.tokens += 1;
        answer = vendor.tokenAnswer ?? { body: { access_token: `token-${vendor.tokens}`, expires_in: 3_600 } };
      } else {
        asked.push(question);
        answer = vendor.answer(question);
      }
      const { status = 200, body = {}, headers = {} } = answer;
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vendor.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vendor.close = () => new Promise((resolve) => { server.close(() => resolve()); server.closeAllConnections(); });
  return vendor;
}

/** The channel in front of it, as the API opens it. */
export function channelOf(vendor: { url: string }, settings: object = {}) {
  const mistakes: string[] = [];
  const checked = checkSection(CoupaSettings, { baseUrl: vendor.url, clientId: 'us', clientSecret: 'geheim', ...settings }, '', mistakes);
  if (mistakes.length > 0) throw new Error(mistakes.join('; '));
  return coupa.create(checked, { log: createLog('test', 'error'), metrics: createMetrics('test'), clock: systemClock });
}
