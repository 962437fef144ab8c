import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Idempotency } from '#chassis/contract/idempotency.ts';
import { httpEdge } from '#chassis/contract/http-edge.ts';
import { serve, type Implementation } from '#chassis/contract/serve.ts';
import { closeServer, httpApp, listen } from '#chassis/deployable/http-server.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createMetrics } from '#chassis/telemetry/metrics.ts';
import { depot, depotApi, newShelves, type DepotOperations, type Shelves } from '../../support/sample-apis.ts';

export interface Heard {
  status: number;
  headers: Map<string, string>;
  body: string;
  /** All that came, from the first byte to the end of the connection. */
  text: string;
}

/** The depot behind HTTP and nothing else: no database, no other API. */
export interface ServedEdge {
  shelves: Shelves;
  url: string;
  state: { stopping: boolean };
  /** Sends bytes as they are and hears all that is answered until the connection ends. `half` says that no more will come. */
  say(bytes: string | Buffer, options?: { half?: boolean }): Promise<Heard>;
  stop(): Promise<void>;
}

const noRepeats: Idempotency = { once: (_intended, effect) => effect(false) };

export async function startEdge(limits?: Parameters<typeof listen>[2]): Promise<ServedEdge> {
  const shelves = newShelves();
  shelves.boxes.set('known', 1);
  const log = createLog('edge', 'emerg');
  const { operations } = await depotApi(shelves).create(undefined as never, undefined as never);
  const api = serve(depot, operations as Implementation<DepotOperations>, { idempotency: noRepeats, log, metrics: createMetrics('edge') });
  const state = { stopping: false };
  const app = httpApp({
    log, ready: async () => ({ ready: true }), metrics: async () => ({ type: 'text/plain', text: '' }), isStopping: () => state.stopping,
    mount: (express) => express.use('/depot/v1', httpEdge(api, async ({ headers }) => {
      if (headers.authorization !== 'Bearer good') throw new ApiError('unauthenticated', 'A bearer token is needed.', { code: 'no-token' });
      return { kind: 'service', subject: 'tester', service: 'tester', scopes: ['depot:*'], roles: [], facilities: [], bindings: {} };
    })),
  });
  const server = await listen(app, { port: 0, apis: [] }, limits);
  const { port } = server.address() as AddressInfo;
  return { shelves, state, url: `http://127.0.0.1:${port}`, say: (bytes, options) => say(port, bytes, options), stop: () => closeServer(server) };
}

function say(port: number, bytes: string | Buffer, { half = false } = {}): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      if (half) socket.end(bytes);
      else socket.write(bytes);
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject).on('close', () => resolve(heard(Buffer.concat(chunks).toString('utf8'))));
  });
}

function heard(text: string): Heard {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]));
  return { status: Number(first.split(' ')[1]), headers, body: text.slice(end + 4), text };
}
