import { flushCompileCache } from 'node:module';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Express, Request as HttpRequest } from 'express';
import { checkSection, ConfigError, type DeployableConfig, type PlatformConfig } from '../config/config.ts';
import { connect, type Client, type Transport } from '../contract/connect.ts';
import { compileContract, type CompiledContract, type Contract } from '../contract/contract.ts';
import { httpEdge } from '../contract/http-edge.ts';
import { createIdempotency } from '../contract/idempotency.ts';
import { serve, type Implementation, type ServedApi } from '../contract/serve.ts';
import { inProcess, overHttp } from '../contract/transports.ts';
import { ApiError } from '../errors/failures.ts';
import { createEventLog } from '../events/event-log.ts';
import { eventSchemas, type EventSchemaDocument } from '../events/event-schemas.ts';
import { lagOf } from '../events/consumer-groups.ts';
import { follow } from '../events/follow-log.ts';
import { createBackbone } from '../events/nats/backbone.ts';
import { brokerMistakes, brokerSettings } from '../events/nats/settings.ts';
import { makePartitions } from '../events/partitions.ts';
import { runReplays } from '../events/run-replays.ts';
import { checkSubscription, type Subscription } from '../events/subscription.ts';
import { tendTroubled } from '../events/troubled-events.ts';
import { carryOutInterventions } from '../interventions/carry-out.ts';
import { createInterventions } from '../interventions/intervention.ts';
import { createVendorCalls } from '../history/vendor-calls.ts';
import { createVendorEvidence, keepsNoEvidence } from '../http/vendor-evidence.ts';
import type { LifeDefinition } from '../lifecycle/life.ts';
import { createLives } from '../lifecycle/lives.ts';
import { fireTimers } from '../lifecycle/timers.ts';
import { createMoves, type Moves } from '../moves/engine.ts';
import { openPayloads } from '../payloads/open.ts';
import { unconfiguredPayloads } from '../payloads/payloads.ts';
import { sharedDependencies } from '../resilience/dependencies.ts';
import { createServiceTokens } from '../security/service-tokens.ts';
import type { Principal } from '../security/principal.ts';
import { openDatabase } from '../storage/database.ts';
import { takeLease } from '../storage/lease.ts';
import { migrate } from '../storage/migrations.ts';
import { clearOld, DEFAULT_RETENTION } from '../storage/retention.ts';
import { CHASSIS_SCHEMA } from './schema.ts';
import { openSignals } from '../storage/signals.ts';
import { createLog, type Log } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { systemClock, type Clock } from '../time/clock.ts';
import { watching } from '../watches/watching.ts';
import { schemaOf, type AnyApiModule, type ApiParts, type Platform } from './api-module.ts';
import type { Background } from './background.ts';
import { newEnding, type Ending } from './ending.ts';
import { closeServer, httpApp, listen } from './http-server.ts';

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

/** Operations whose answer nobody waits for any more get so long to come to their end. */
const LAST_WAIT_MS = 10_000;
const KEEP_COMPILED_MS = 2_000;

/** Starts the configured APIs of a layer in this process: database, events, lives, moves, HTTP, health and metrics. */
export async function startDeployable(options: DeployableOptions): Promise<Deployable> {
  const log = createLog(options.name, options.config.log.level);
  const ending = newEnding(log);
  try {
    return await start(options, log, ending);
  } catch (error) {
    // What was begun would keep the process alive.
    await ending.run();
    throw error;
  }
}

async function start({ name, config, modules, eventSchemas: schemaDocument, clock = systemClock }: DeployableOptions, log: Log, ending: Ending): Promise<Deployable> {
  const mistakes = mistakesIn(name, config, modules);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const own = config.deployables[name]!;
  const hosted = hostedModules(own, modules);
  const settings = checkedSettings(hosted, config);
  const metrics = createMetrics(name);
  const database = openDatabase({ url: config.database.url, log, maxConnections: own.databaseConnections ?? 12 });
  ending.add('database', database.close);
  await migrate(database, 'chassis', CHASSIS_SCHEMA);
  const retention = { ...DEFAULT_RETENTION, ...config.retention };
  await makePartitions(database, retention, log);
  for (const module of hosted) if (module.migrations) await migrate(database, schemaOf(module), module.migrations);

  const bodies = config.payloads ? await openPayloads(config.payloads, { database, log }) : undefined;
  const payloads = bodies?.payloads ?? unconfiguredPayloads;
  const evidence = bodies ? createVendorEvidence({ database, payloads, log, metrics }) : keepsNoEvidence;
  const calls = createVendorCalls({ service: name, database, keepDays: retention.callsDays, log, metrics });
  ending.add('vendor calls', calls.stop);
  await calls.start();
  const lease = await takeLease(config.database.url, log);
  ending.add('lease', lease.release);
  const signals = await openSignals(database, log);
  ending.add('signals', signals.close);
  const dependencies = await sharedDependencies({ database, signals, log, service: name, lease });
  ending.add('dependencies', dependencies.stop);
  const tokens = await createServiceTokens({ service: name, keyDirectory: config.keys.directory, grants: own.grants ?? {} });
  const schemas = eventSchemas(schemaDocument);
  const events = createEventLog<Record<string, unknown>>({ source: name, schemas, signals, metrics });
  const moves = createMoves({ database, lease, log, metrics, signals, dependencies, concurrency: own.moveConcurrency ?? 10 });
  const lives = createLives({ events, moves, signals, metrics, clock });
  const idempotency = createIdempotency({ database, lease, payloads, keepDays: retention.keysDays + 1 });

  const served = new Map<string, ServedApi>();
  const subscriptions: Subscription[] = [];
  const declaredTypes = new Set(Object.keys(schemaDocument.messages));
  const processes: string[] = [];
  const transports: { close(): Promise<void> }[] = [];
  ending.add('transports', () => Promise.all(transports.map((transport) => transport.close())));

  /** Hosted here or elsewhere is decided at the first call: by then every API of this process is served. */
  function transportFor(contract: CompiledContract): Transport {
    let transport: Transport | undefined;
    return { send: async (call) => (transport ??= resolveTransport(contract)).send(call) };
  }

  function resolveTransport(contract: CompiledContract): Transport {
    const here = served.get(contract.name);
    const grant = own.grants?.[name];
    if (here) return inProcess(here, selfPrincipal(name, grant?.scopes ?? []), { actsForOthers: grant?.actsForOthers ?? false });
    const [audience, target] = Object.entries(config.deployables).find(([, deployable]) => deployable.apis.includes(contract.name)) ?? [];
    if (!audience || !target) throw new ApiError('unavailable', `The API ${contract.name} is not configured anywhere.`, { code: 'not-configured' });
    if (audience === name) throw new ApiError('unavailable', `The API ${contract.name} is just being started.`, { code: 'starting' });
    const transport = overHttp(contract, { url: urlOf(target), audience, tokens });
    transports.push(transport);
    return transport;
  }

  const platform: Platform = {
    service: name, database, events, payloads, evidence, calls, lives: { ...lives, register: (definition) => { processes.push(definition.process); lives.register(definition); } }, moves, dependencies, signals, interventions: createInterventions({ database, signals }), tokens, log, metrics, clock,
    connect<Ops>(contract: Contract<Ops>): Client<Ops> {
      const client = connect(contract, { transport: transportFor, log, metrics, dependencies });
      ending.add(`client of ${contract.name}`, client.close);
      return client;
    },
    subscribe(subscription) {
      checkSubscription(subscription, subscriptions, declaredTypes);
      subscriptions.push(subscription);
    },
  };

  const parts: { module: AnyApiModule; parts: ApiParts<object> }[] = [];
  for (const module of hosted) {
    const subscribe = (subscription: Subscription) => platform.subscribe({ tier: compileContract(module.contract).tier, ...subscription });
    const made = await module.create({ ...platform, subscribe }, settings.get(module.contract.name) as never);
    if (made.close) ending.add(module.contract.name, made.close);
    parts.push({ module, parts: made });
    served.set(module.contract.name, serve(module.contract, made.operations as Implementation<object>, { idempotency, log, metrics }));
  }
  for (const process of processes) checkMoves(lives.definition(process), moves);
  const watched = watching(parts.flatMap((each) => each.parts.watches ?? []), { service: name, schemas, database, signals, events, log });
  subscriptions.push(...watched.subscriptions);

  const state = { ready: false, stopping: false };
  ending.add('operations under way', () => Promise.race([Promise.all([...served.values()].map((api) => api.idle())), sleep(LAST_WAIT_MS, undefined, { ref: false })]));
  const server = await listen(httpApp({ log, ready, metrics: figures, isStopping: () => state.stopping, mount }), own);
  ending.add('http server', () => closeServer(server));
  const broker = brokerSettings(config.nats);
  const consuming = { database, signals, log, metrics };
  const backbone = broker && await createBackbone(broker, { ...consuming, service: name, lease, types: Object.keys(schemaDocument.messages) });
  const background: Background[] = [
    moves,
    ...(processes.length > 0 ? [fireTimers(processes, { database, signals, lives, clock, log }), carryOutInterventions(processes, { database, signals, lives, log })] : []),
    ...(backbone?.background ?? []),
    ...subscriptions.flatMap((subscription) => [backbone?.follow(subscription) ?? follow(subscription, consuming), tendTroubled(subscription, consuming), runReplays(subscription, consuming)]),
    clearOld(retention, { database, log }),
    ...watched.background,
    ...(bodies ? [bodies.upkeep] : []),
    ...parts.flatMap((each) => each.parts.background ?? []),
  ];
  for (const each of background) {
    ending.add('background work', () => each.stop());
    await each.start();
  }
  state.ready = true;
  // Otherwise it is written at an orderly end alone; a process that is killed leaves it to the next one as well.
  setTimeout(flushCompileCache, KEEP_COMPILED_MS).unref();
  const { port } = server.address() as AddressInfo;
  log.info('ready', { port });

  function mount(app: Express): void {
    for (const { module, parts: made } of parts) {
      const { basePath } = compileContract(module.contract);
      app.use(basePath, made.routes ?? httpEdge(served.get(module.contract.name)!, authenticate));
    }
  }

  async function ready(): Promise<{ ready: boolean; database: boolean }> {
    const reachable = await database.query('select 1').then(() => true, () => false);
    return { ready: state.ready && reachable, database: reachable };
  }

  async function figures(): Promise<{ type: string; text: string }> {
    for (const subscription of subscriptions) metrics.lag.set({ group: subscription.group }, await lagOf(subscription, database));
    await backbone?.measure();
    return { type: metrics.registry.contentType, text: await metrics.registry.metrics() };
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
      state.ready = false;
      state.stopping = true;
      await ending.run();
      log.info('stopped');
    },
  };
}

/** What a chart may ask for has to be there before it is asked for. */
function checkMoves(definition: LifeDefinition<unknown>, moves: Moves): void {
  const missing = Object.values(definition.moves).map(({ move }) => move.name).filter((move) => !moves.knows(definition.process, move));
  if (missing.length > 0) throw new Error(`${definition.process}: the moves ${missing.join(', ')} are bound but not registered`);
}

/** What is wrong in the configuration with this deployable, with the APIs it hosts and with their settings. */
export function mistakesIn(name: string, config: PlatformConfig, modules: readonly AnyApiModule[]): string[] {
  const own = config.deployables[name];
  if (!own) return [`/deployables/${name}: is required`];
  const mistakes = (own.apis ?? []).filter((api) => !modules.some((module) => module.contract.name === api)).map((api) => `/deployables/${name}/apis: ${api} is not an API of this layer`);
  const hosted = hostedModules(own, modules);
  if (!config.payloads) for (const { contract } of hosted.filter(keepsBodies)) mistakes.push(`/payloads: is required by ${contract.name}, which keeps bodies`);
  mistakes.push(...brokerMistakes(config.nats));
  settingsOf(hosted, config, mistakes);
  return mistakes;
}

function keepsBodies({ keepsPayloads, contract }: AnyApiModule): boolean {
  return keepsPayloads ?? [...compileContract(contract).operations.values()].some(({ idempotent, answersPersonalData }) => idempotent && answersPersonalData);
}

function hostedModules(own: DeployableConfig, modules: readonly AnyApiModule[]): AnyApiModule[] {
  return (own.apis ?? []).flatMap((api) => modules.find((module) => module.contract.name === api) ?? []);
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
