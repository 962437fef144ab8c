import { createServer, IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, Socket } from 'node:net';
import express from 'express';
import helmet from 'helmet';
import type { DeployableConfig } from '../config/config.ts';
import { entrance, exits, operationsFirst } from '../contract/listener.ts';
import type { Log } from '../telemetry/logger.ts';

export interface HttpAppOptions {
  log: Log;
  /** Whether work should be sent here, and why not. */
  ready(): Promise<{ ready: boolean }>;
  /** The figures as text, and their media type. */
  metrics(): Promise<{ type: string; text: string }>;
  /** True once the process has begun to stop. */
  isStopping(): boolean;
  mount(app: express.Express): void;
}

const LINGER_MS = 500;
const CUT_AFTER_MS = 10_000;

/** Operations of the APIs that are mounted; health, readiness and figures; what else is mounted, between our entrance and our exits. */
export function httpApp({ log, ready, metrics, isStopping, mount }: HttpAppOptions): RequestListener {
  const headers = protectiveHeaders();
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request, response, next) => {
    // Callers take their next request elsewhere, so that none of them meets a connection that is just being closed.
    if (isStopping()) response.setHeader('Connection', 'close');
    next();
  });
  app.get('/health', (_request, response) => { response.json({ status: 'alive' }); });
  app.get('/ready', (_request, response, next) => {
    ready().then((status) => { response.status(status.ready ? 200 : 503).json(status); }, next);
  });
  app.get('/metrics', (_request, response, next) => {
    metrics().then(({ type, text }) => { response.type(type).send(text); }, next);
  });
  app.use((_request, response, next) => {
    for (let at = 0; at < headers.length; at += 2) response.setHeader(headers[at]!, headers[at + 1]!);
    next();
  });
  app.use(entrance());
  mount(app);
  app.use(...exits(log));
  return operationsFirst(app, { headers, isStopping, log });
}

/** Names and values in turn. They do not depend on the request, so that they are asked for once. */
function protectiveHeaders(): string[] {
  const headers: string[] = [];
  const recorder = { setHeader: (name: string, value: string) => headers.push(name, value), removeHeader: () => undefined };
  helmet({ contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } })(new IncomingMessage(new Socket()), recorder as unknown as ServerResponse, rethrow);
  return headers;
}

function rethrow(error: unknown): void {
  if (error !== undefined) throw error;
}

/** How long a request may take to come in, and how often that is looked at. */
const LIMITS_OF_REQUESTS = { requestTimeout: 60_000, headersTimeout: 15_000, connectionsCheckingInterval: 30_000 };

export async function listen(app: RequestListener, own: DeployableConfig, limits = LIMITS_OF_REQUESTS): Promise<Server> {
  const server = createServer({ ...limits, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 }, app);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(own.port, own.host ?? '127.0.0.1', resolve));
  return server;
}

/**
 * Requests under way are answered. Kept connections stay for a moment in which a request may be on its way to them; its
 * answer says that there will be no other. Then they are closed as soon as they are idle.
 */
export async function closeServer(server: Server): Promise<void> {
  // That of `http.Server` would close idle connections at once.
  const closed = new Promise<void>((resolve) => { NetServer.prototype.close.call(server, () => resolve()); });
  let sweep: NodeJS.Timeout | undefined;
  const linger = setTimeout(() => { sweep = setInterval(() => server.closeIdleConnections(), 100); }, LINGER_MS);
  const cut = setTimeout(() => server.closeAllConnections(), CUT_AFTER_MS);
  await closed;
  clearTimeout(linger);
  clearInterval(sweep);
  clearTimeout(cut);
}
