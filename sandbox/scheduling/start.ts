import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Response } from 'express';
import pg from 'pg';
import { createFaults, type Faults } from '../faults.ts';
import { credentialKinds, departments, jobs } from '../hospital/workforce.ts';
import { plan, violations, type Planned } from './books.ts';
import { createPerson, readPersons, readSkills, replaceLocations, replaceSkills, type ReadPersons } from './persons.ts';
import { Refusal } from './refusals.ts';
import { SCHEMA } from './schema.ts';
import { changeShift, changeShifts, readShift, readShifts, type ReadShifts, type ShiftChange } from './shifts.ts';

/** The top of the vendor's tree of organizational paths. */
export const ORG_ROOT = 'Lakeside';

export interface SchedulingOptions {
  databaseUrl: string;
  /** 0 takes a free port. */
  port: number;
  seed: number;
  clients: readonly { id: string; secret: string }[];
  faults?: Faults;
  host?: string;
}

export interface Scheduling {
  url: string;
  tokenUrl: string;
  faults: Faults;
  plan(shifts: readonly Planned[]): Promise<string[]>;
  /** Planners close the schedule up to a moment: nothing of it can be changed any more. */
  lockUntil(moment: string): Promise<void>;
  violations(from: string): ReturnType<typeof violations>;
  close(): Promise<void>;
}

const LARGEST_BODY = '2mb';
const TOKEN_SECONDS = 600;

/** Starts the simulated planning of shifts: workforce management by REST, over PostgreSQL. */
export async function startScheduling({ databaseUrl, port, seed, clients, faults = createFaults(seed, { refuse: refuseAsVendor }), host = '127.0.0.1' }: SchedulingOptions): Promise<Scheduling> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 6 });
  pool.on('error', (error) => process.emitWarning(`Scheduling lost a connection to its database: ${error.message}`));
  pool.on('connect', (client) => client.on('error', () => undefined));
  await pool.query(SCHEMA);
  const paths = departments.flatMap((each) => each.facilities.map((facility) => `${ORG_ROOT}/${facility}/${each.code}`));
  await pool.query('insert into scheduling.location select unnest($1::text[]) on conflict do nothing', [paths]);
  await pool.query('insert into scheduling.skill select unnest($1::text[]) on conflict do nothing', [[...new Set([...jobs.map((each) => each.code), ...Object.keys(credentialKinds)])]]);

  const tokens = new Map<string, number>();
  const app = express();
  app.disable('x-powered-by');
  app.use(faults.middleware);
  app.post('/api/authentication/access_token', express.urlencoded({ extended: false }), (request, response) => {
    // Nothing was read of a caller who left.
    const form = (request.body ?? {}) as Record<string, string>;
    const isKnown = form['grant_type'] === 'client_credentials' && clients.some((each) => each.id === form['client_id'] && each.secret === form['client_secret']);
    if (!isKnown) return void response.status(401).json({ error: 'invalid_client' });
    const token = randomBytes(24).toString('base64url');
    tokens.set(token, Date.now() + TOKEN_SECONDS * 1_000);
    response.json({ access_token: token, token_type: 'Bearer', expires_in: TOKEN_SECONDS });
  });
  app.use((request, response, next) => {
    const until = tokens.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (until !== undefined && until > Date.now()) return next();
    response.status(401).json({ errorCode: 'WCO-100001', message: 'Not authenticated.' });
  });
  app.use(express.json({ limit: LARGEST_BODY }));

  const api = express.Router();
  api.post('/commons/persons/multi_read', async (request, response) => { response.json(await readPersons(pool, request.body as ReadPersons)); });
  api.post('/commons/persons', async (request, response) => { response.status(201).json(await createPerson(pool, request.body as Parameters<typeof createPerson>[1])); });
  api.put('/commons/persons/:id/job_transfer_entries', async (request, response) => {
    await replaceLocations(pool, request.params.id, (request.body as { orgPath: string }[]).map((each) => each.orgPath));
    response.status(204).end();
  });
  api.post('/scheduling/employee_skills/multi_read', async (request, response) => {
    response.json(await readSkills(pool, (request.body as { where: { employees: { ids: string[] } } }).where.employees.ids));
  });
  api.put('/scheduling/employee_skills/:id', async (request, response) => {
    await replaceSkills(pool, request.params.id, (request.body as { qualifier: string }[]).map((each) => each.qualifier));
    response.status(204).end();
  });
  api.post('/scheduling/schedule/multi_read', async (request, response) => { response.json(await readShifts(pool, request.body as ReadShifts)); });
  api.get('/scheduling/schedule/shifts/:id', async (request, response) => { response.json(await readShift(pool, request.params.id)); });
  api.put('/scheduling/schedule/shifts/:id', async (request, response) => { response.json(await changeShift(pool, { ...(request.body as ShiftChange), id: Number(request.params.id) })); });
  api.post('/scheduling/schedule/shifts/multi_update', async (request, response) => {
    const { status, body } = await changeShifts(pool, request.body as ShiftChange[]);
    response.status(status).json(body);
  });
  app.use('/api/v1', api);
  app.use(answerError);

  const server = createServer(app);
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, host, resolve); });
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    url, faults,
    tokenUrl: `${url}/api/authentication/access_token`,
    plan: (shifts) => plan(pool, shifts),
    async lockUntil(moment) {
      await pool.query('insert into scheduling.lock (until) values ($1) on conflict (single) do update set until = excluded.until', [moment]);
    },
    violations: (from) => violations(pool, from),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
      await pool.end();
    },
  };
}

const answerError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) return next(error);
  if (error instanceof Refusal) return void response.status(error.status).json({ errorCode: error.errorCode, message: error.message });
  process.emitWarning(error instanceof Error ? error : String(error));
  response.status(500).json({ errorCode: 'WCO-100000', message: 'Internal error.' });
};

/** As the vendor does it: a throttled call is told nothing of how long to wait. */
function refuseAsVendor(response: Parameters<NonNullable<NonNullable<Parameters<typeof createFaults>[1]>['refuse']>>[0], status: number): void {
  (response as Response).writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errorCode: 'WCO-100429', message: 'Try later.' }));
}
