import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { openDatabase } from '#chassis/storage/database.ts';
import { migrate } from '#chassis/storage/migrations.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { createFaults, seededRandom, type Faults } from '../faults.ts';
import { createAccess, QUOTA, type ApiClient, type Quota } from './access.ts';
import { createControl, type Control } from './control.ts';
import { createEvents, type Conduct } from './events.ts';
import { loadOrganization } from './load.ts';
import { Refusal } from './refusal.ts';
import { restOf } from './rest.ts';
import { migrations } from './schema.ts';

export interface WorkdayOptions {
  databaseUrl: string;
  /** 0 takes a free port. */
  port: number;
  seed: number;
  tenant?: string;
  /** Integrations that may sign on; one with a random secret when absent. */
  clients?: readonly ApiClient[];
  quota?: Quota;
  tokenLifetimeSeconds?: number;
  /** How long those who approve take; without it they need about a second and a half at most. */
  approvalMs?: () => number;
  /** From an entry to where the feed shows it; without it up to a second. */
  feedLagMs?: () => number;
  faults?: Faults;
  host?: string;
}

export interface Workday {
  url: string;
  tenant: string;
  clients: readonly ApiClient[];
  faults: Faults;
  control: Control;
  conduct: Conduct;
  forgetTokens(): void;
  close(): Promise<void>;
}

/** Starts the simulated HR system: Workday's REST over effective-dated records in PostgreSQL, schema `workday`. */
export async function startWorkday(options: WorkdayOptions): Promise<Workday> {
  const { tenant = 'lakeside', seed, host = '127.0.0.1' } = options;
  const clients = options.clients ?? [{ id: 'callosum', secret: randomBytes(24).toString('base64url') }];
  const random = seededRandom(seed);
  const faults = options.faults ?? createFaults(seed, { refuse: (response, status, headers) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ error: `HTTP ${status}` }));
  } });
  const database = openDatabase({ url: options.databaseUrl, log: createLog('workday', 'warn') });
  await migrate(database, 'workday', migrations);
  await loadOrganization(database);

  const conduct: Conduct = {
    needsApproval: new Set(), denyNext: 0,
    approvalMs: options.approvalMs ?? (() => 100 + random() * 1_400),
    feedLagMs: options.feedLagMs ?? (() => random() * 1_000),
    keepsWorkerId: () => random() < 0.5,
  };
  const events = createEvents(database, conduct);
  const access = createAccess(clients, options.tokenLifetimeSeconds ?? 3_600, options.quota ?? QUOTA);

  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use((request, response, next) => faults.middleware(request, response, next));
  app.post(`/ccx/oauth2/${tenant}/token`, express.urlencoded({ extended: false }), access.token);
  app.use('/ccx/api', access.require, express.json(), (request, _response, next) => {
    if (request.path.split('/')[3] !== tenant) throw new Refusal(404, 'The tenant was not found.');
    next();
  }, restOf(database, events));
  app.use(() => { throw new Refusal(404, 'The resource was not found.'); });
  app.use(answerFailure);

  const server = app.listen(options.port, host);
  await new Promise<void>((resolve, reject) => { server.once('listening', resolve).once('error', reject); });

  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`, tenant, clients, faults, conduct,
    control: createControl(database, events),
    forgetTokens: access.forgetTokens,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
      await events.stop();
      await database.close();
    },
  };
}

const answerFailure: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  if (response.destroyed) return;
  if (error instanceof Refusal) return void response.status(error.status).json({ error: error.message, ...(error.errors.length > 0 ? { errors: error.errors } : {}) });
  const status = (error as { status?: number }).status;
  if (status !== undefined && status < 500) return void response.status(status).json({ error: 'The request is not well formed.' });
  process.emitWarning(error instanceof Error ? error : String(error));
  response.status(500).json({ error: 'Internal error' });
};
