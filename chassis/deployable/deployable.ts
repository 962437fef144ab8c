import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request as HttpRequest } from 'express';
import helmet from 'helmet';
import { checkSection, ConfigError, type DeployableConfig, type PlatformConfig } from '../config/config.ts';
import { connect, type Client, type Transport } from '../contract/connect.ts';
import { compileContract, type CompiledContract, type Contract } from '../contract/contract.ts';
import { entrance, exits, httpEdge } from '../contract/http-edge.ts';
import { createIdempotency } from '../contract/idempotency.ts';
import { serve, type Implementation, type ServedApi } from '../contract/serve.ts';
import { inProcess, overHttp } from '../contract/transports.ts';
import { ApiError } from '../errors/failures.ts';
import { createEventLog } from '../events/event-log.ts';
import { eventSchemas, type EventSchemaDocument } from '../events/event-schemas.ts';
import { follow, type Subscription } from '../events/follower.ts';
import { createLives } from '../lifecycle/lives.ts';
import { fireTimers } from '../lifecycle/timers.ts';
import { createMoves } from '../moves/engine.ts';
import { migrateMoves } from '../moves/migrate.ts';
import { createServiceTokens } from '../security/service-tokens.ts';
import type { Principal } from '../security/principal.ts';
import { openDatabase } from '../storage/database.ts';
import { takeLease } from '../storage/lease.ts';
import { migrate } from '../storage/migrations.ts';
import { CHASSIS_SCHEMA } from '../storage/schema.ts';
import { openSignals } from '../storage/signals.ts';
import { createLog, describeError } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { systemClock, type Clock } from '../time/clock.ts';
import { schemaOf, type AnyApiModule, type ApiParts, type Platform } from './api-module.ts';
import type { Background } from './background.ts';

export interface DeployableOptions {
  name: string;
  config: PlatformConfig;
  /** Every API that could be hosted here; the configuration says which are. */
  modules: readonly AnyApiModule[];
  eventSchemas: EventSchemaDocument;
  clock?: Clock;
}

/** A running deployable. */
export interface Deployable {
  readonly name: string;
  readonly port: number;
  /** Ends in order: no new work, the work under way finished, connections closed. */
  stop(): Promise<void>;
}

/** Starts the configured APIs of a layer in this process: database, events, lives, moves, HTTP, health and metrics. */
export async function startDeployable({ name, config, modules, eventSchemas: schemaDocument, clock = systemClock }: DeployableOptions): Promise<Deployable> {
  const mistakes = mistakesIn(name, config, modules);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const own = config.deployables[name]!;
  const hosted = hostedModules(own, modules);
  const settings = checkedSettings(hosted, config);
  const log = createLog(name, config.log.level);
  const metrics = createMetrics(name);
  const database = openDatabase({ url: config.database.url, log, maxConnections: own.databaseConnections ?? 12 });
  await migrate(database, 'chassis', CHASSIS_SCHEMA);
  await migrateMoves(database);
  for (const module of hosted) if (module.migrations) await migrate(database, schemaOf(module), module.migrations);

  const lease = await takeLease(config.database.url, log);
  const signals = await openSignals(database, log);
  const tokens = await createServiceTokens({ service: name, keyDirectory: config.keys.directory, grants: own.grants ?? {} });
  const events = createEventLog<Record<string, unknown>>({ source: name, schemas: eventSchemas(schemaDocument), signals, metrics });
  const moves = createMoves({ database, lease, log, metrics, concurrency: own.moveConcurrency ?? 10 });
  const lives = createLives({ events, moves, signals, metrics, clock });
  const idempotency = createIdempotency(database, lease);

  const served = new Map<string, ServedApi>();
  const clients: { close(): void }[] = [];
  const transports: { close(): Promise<void> }[] = [];
  const subscriptions: Subscription[] = [];
  const processes: string[] = [];

  /** Hosted here or elsewhere is decided at the first call: by then every API of this process is served. */
  function transportFor(contract: CompiledContract): Transport {
    let transport: Transport | undefined;
    return { send: (call) => (transport ??= resolveTransport(contract)).send(call) };
  }

  function resolveTransport(contract: CompiledContract): Transport {
    const here = served.get(contract.name);
    if (here) return inProcess(here, selfPrincipal(name, own.grants?.[name]?.scopes ?? []));
    const [audience, target] = Object.entries(config.deployables).find(([, deployable]) => deployable.apis.includes(contract.name)) ?? [];
    if (!audience || !target) throw new ApiError('unavailable', `The API ${contract.name} is not configured anywhere.`, { code: 'not-configured' });
    const transport = overHttp(contract, { url: urlOf(target), audience, tokens });
    transports.push(transport);
    return transport;
  }

  const platform: Platform = {
    service: name, database, events, lives: { ...lives, register: (definition) => { processes.push(definition.process); lives.register(definition); } }, moves, tokens, log, metrics, clock,
    connect<Ops>(contract: Contract<Ops>): Client<Ops> {
      const client = connect(contract, {
        transport: transportFor, log, metrics,
        onAvailable: (target) => { moves.wake(target).catch((error: unknown) => log.warn('waiting moves could not be woken', describeError(error))); },
      });
      clients.push(client);
      return client;
    },
    subscribe: (subscription) => { subscriptions.push(subscription); },
  };

  const parts: { module: AnyApiModule; parts: ApiParts<object> }[] = [];
  for (const module of hosted) {
    const made = await module.create(platform, settings.get(module.contract.name) as never);
    parts.push({ module, parts: made });
    served.set(module.contract.name, serve(module.contract, made.operations as Implementation<object>, { idempotency, log, metrics }));
  }

  const health = { ready: false };
  const server = await listen(httpApp(), own);
  const background: Background[] = [
    moves,
    ...(processes.length > 0 ? [fireTimers(processes, { database, signals, lives, clock, log })] : []),
    ...subscriptions.map((subscription) => follow(subscription, { database, signals, log, metrics })),
    ...parts.flatMap((each) => each.parts.background ?? []),
  ];
  for (const each of background) await each.start();
  health.ready = true;
  const { port } = server.address() as AddressInfo;
  log.info('ready', { port });

  function httpApp(): express.Express {
    const app = express();
    app.disable('x-powered-by');
    app.disable('etag');
    app.get('/health', (_request, response) => { response.json({ status: 'alive' }); });
    app.get('/ready', (_request, response, next) => {
      ready().then((status) => { response.status(status.ready ? 200 : 503).json(status); }, next);
    });
    app.get('/metrics', (_request, response, next) => {
      metrics.registry.metrics().then((text) => { response.type(metrics.registry.contentType).send(text); }, next);
    });
    app.use(helmet({ contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } }));
    app.use(entrance());
    for (const { module, parts: made } of parts) {
      const { basePath } = compileContract(module.contract);
      app.use(basePath, made.routes ?? httpEdge(served.get(module.contract.name)!, authenticate));
    }
    app.use(...exits());
    return app;
  }

  async function ready(): Promise<{ ready: boolean; database: boolean }> {
    const reachable = await database.query('select 1').then(() => true, () => false);
    return { ready: health.ready && reachable, database: reachable };
  }

  async function authenticate(request: HttpRequest): Promise<Principal> {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !token) throw new ApiError('unauthenticated', 'A bearer token is needed.', { code: 'no-token' });
    return tokens.verify(token);
  }

  return {
    name,
    port,
    async stop() {
      health.ready = false;
      for (const each of background.toReversed()) await each.stop();
      await closeServer(server);
      for (const each of parts) await each.parts.close?.();
      for (const client of clients) client.close();
      for (const transport of transports) await transport.close();
      await signals.close();
      await lease.release();
      await database.close();
      log.info('stopped');
    },
  };
}

/** What is wrong in the configuration with this deployable, with the APIs it hosts and with their settings. */
export function mistakesIn(name: string, config: PlatformConfig, modules: readonly AnyApiModule[]): string[] {
  const own = config.deployables[name];
  if (!own) return [`/deployables/${name}: is required`];
  const mistakes = (own.apis ?? []).filter((api) => !modules.some((module) => module.contract.name === api)).map((api) => `/deployables/${name}/apis: ${api} is not an API of this layer`);
  settingsOf(hostedModules(own, modules), config, mistakes);
  return mistakes;
}

function hostedModules(own: DeployableConfig, modules: readonly AnyApiModule[]): AnyApiModule[] {
  return modules.filter((module) => (own.apis ?? []).includes(module.contract.name));
}

/** Settings of all hosted APIs, checked together so that every mistake is reported at once. */
export function checkedSettings(hosted: readonly AnyApiModule[], config: PlatformConfig): Map<string, unknown> {
  const mistakes: string[] = [];
  const settings = settingsOf(hosted, config, mistakes);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return settings;
}

function settingsOf(hosted: readonly AnyApiModule[], config: PlatformConfig, mistakes: string[]): Map<string, unknown> {
  return new Map(hosted.map((module) => [module.contract.name, checkSection(module.settings, config.apis[module.contract.name] ?? {}, `/apis/${module.contract.name}`, mistakes)]));
}

function selfPrincipal(service: string, scopes: readonly string[]): Principal {
  return { kind: 'service', subject: service, service, scopes, roles: [], facilities: [], bindings: {} };
}

export function urlOf(deployable: DeployableConfig): string {
  return deployable.url ?? `http://${deployable.host ?? '127.0.0.1'}:${deployable.port}`;
}

async function listen(app: express.Express, own: DeployableConfig): Promise<Server> {
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 15_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 }, app);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(own.port, own.host ?? '127.0.0.1', resolve));
  return server;
}

/** Requests under way are answered; kept connections are closed when they fall idle. */
async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const grace = setTimeout(() => server.closeAllConnections(), 10_000);
  await closed;
  clearTimeout(grace);
}
