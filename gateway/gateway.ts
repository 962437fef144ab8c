import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { closeServer, httpApp, listen } from '#chassis/deployable/http-server.ts';
import { createServiceTokens } from '#chassis/security/service-tokens.ts';
import { contextFrom, runInContext } from '#chassis/telemetry/context.ts';
import { createLog, describeError, type Log } from '#chassis/telemetry/logger.ts';
import { createMetrics, type Metrics } from '#chassis/telemetry/metrics.ts';
import { hostOf, type GatewaySettings } from './config.ts';
import { pass } from './entrances.ts';
import { answerProblem, type Exchange } from './exchange.ts';
import { openDoor } from './http-server.ts';
import { createPipeline } from './pipeline.ts';
import type { Targets } from './policies/forward.ts';
import { compileRoutes } from './routes.ts';
import { createAccessTokens } from './tokens/access-tokens.ts';

export interface Gateway {
  readonly port: number;
  readonly adminPort: number;
  /** Ends in order: requests under way are answered, new ones are sent elsewhere. */
  stop(): Promise<void>;
}

const CONNECTIONS_INSIDE = 64;

/** Opens the only door from outside. */
export async function startGateway(config: PlatformConfig, settings: GatewaySettings): Promise<Gateway> {
  const log = createLog('gateway', config.log.level);
  const metrics = createMetrics('gateway');
  const serviceTokens = await createServiceTokens({ service: 'gateway', keyDirectory: config.keys.directory, grants: {} });
  const accessTokens = createAccessTokens({ issuers: settings.issuers, log });
  const { targets, closePools } = openTargets(config, settings);
  const match = compileRoutes(settings.routes);
  const pipeline = createPipeline({ settings, accessTokens, serviceTokens, targets });
  const state = { stopping: false };

  const door = await openDoor(settings, (request, response, expectsContinue) => {
    const startedAt = performance.now();
    const exchange = newExchange(request, response, expectsContinue, match);
    if (state.stopping) response.setHeader('Connection', 'close');
    response.once('close', () => observe(exchange, performance.now() - startedAt, { log, metrics }));
    pass(pipeline, exchange).catch((thrown: unknown) => answerProblem(exchange, thrown));
  });
  const admin = await listen(httpApp({
    log,
    async ready() {
      const keys = accessTokens.ready();
      if (!keys) void accessTokens.warmUp();
      return { ready: keys && !state.stopping, keys };
    },
    metrics: async () => ({ type: metrics.registry.contentType, text: await metrics.registry.metrics() }),
    isStopping: () => state.stopping,
    mount: () => undefined,
  }), { ...settings.admin, apis: [] });
  void accessTokens.warmUp();
  log.info('ready', { port: door.port });

  return {
    port: door.port,
    adminPort: (admin.address() as AddressInfo).port,
    async stop() {
      state.stopping = true;
      await door.close();
      await closeServer(admin);
      await closePools();
      log.info('stopped');
    },
  };
}

function openTargets(config: PlatformConfig, { routes }: GatewaySettings): { targets: Targets; closePools: () => Promise<void> } {
  const byUrl = new Map<string, Pool>();
  const audiences = new Map<string, string>();
  const pools = new Map<string, Pool>();
  for (const { api } of routes) {
    const host = hostOf(api, config);
    if (!host) throw new Error(`no deployable hosts ${api}`);
    const pool = byUrl.get(host.url) ?? new Pool(host.url, { connections: CONNECTIONS_INSIDE, pipelining: 1, connectTimeout: 3_000, keepAliveTimeout: 30_000 });
    byUrl.set(host.url, pool);
    audiences.set(api, host.name);
    pools.set(api, pool);
  }
  return { targets: { audiences, pools }, closePools: async () => { await Promise.all([...byUrl.values()].map((pool) => pool.close())); } };
}

function newExchange(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean, match: ReturnType<typeof compileRoutes>): Exchange {
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return {
    request, response, expectsContinue, path, query: mark < 0 ? '' : url.slice(mark + 1), match: match(request.method ?? '', path),
    context: contextFrom(undefined, undefined), headers: {}, target: '', caller: undefined, failure: undefined,
  };
}

/** One line and one figure for each request; the address appears as in the contract, never as it was sent. */
function observe({ request, response, match, context, caller, failure }: Exchange, durationMs: number, { log, metrics }: { log: Log; metrics: Metrics }): void {
  const { api = 'none', operation } = match.route ?? {};
  const outcome = failure?.kind ?? (response.writableFinished ? 'ok' : 'client-gone');
  metrics.served.observe({ api, operation: operation?.id ?? 'none', outcome }, durationMs / 1_000);
  const why = failure ? { ...(failure.cause ? describeError(failure.cause) : {}), kind: failure.kind, code: failure.code } : outcome === 'ok' ? {} : { code: outcome };
  const line = { api, operation: operation?.id, route: match.template, method: request.method, status: response.statusCode, durationMs: Math.round(durationMs), client: caller?.clientId, ...why };
  runInContext(context, () => log[failure && failure.status >= 500 ? 'error' : 'info']('request', line));
}
