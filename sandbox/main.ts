import { readFileSync } from 'node:fs';
import path from 'node:path';
import express, { type ErrorRequestHandler } from 'express';
import { startErp } from './erp/start-erp.ts';
import { startEhr } from './ehr/server.ts';
import type { FaultMode, Faults, FaultScope } from './faults.ts';
import { demoAccounts } from './identity/accounts.ts';
import { demoClients, partnerClientId } from './identity/clients.ts';
import { machineToken } from './identity/sign-in.ts';
import { startIdentity } from './identity/start.ts';
import { COUPA_SCOPES } from './network/coupa/tokens.ts';
import { startNetwork } from './network/start.ts';
import { masterData } from './hospital/master-data.ts';
import { createPartnerPortal } from './partner-portal-client.ts';

/** The sandbox hospital as one process: every simulated vendor on a port of its own, and one that controls them. */
const env = (name: string, fallback?: string): string => {
  const value = process.env[name] ?? fallback;
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};
const port = (name: string) => Number(env(name));
const secret = (name: string) => readFileSync(path.join(env('CALLOSUM_SECRETS'), name), 'utf8').trim();

const databaseUrl = env('SANDBOX_DATABASE_URL');
const seed = Number(env('SANDBOX_SEED', '1'));
const gatewayUrl = env('GATEWAY_URL');

const identity = await startIdentity({
  port: port('IDENTITY_PORT'), stateDirectory: env('IDENTITY_STATE'), accounts: demoAccounts,
  clients: demoClients([`http://127.0.0.1:${env('CONTROL_PORT')}/signed-in`]),
});
const erp = await startErp({ databaseUrl, port: port('ERP_PORT'), seed, credentials: { user: 'callosum.integration', password: secret('erp-password') }, jobDelayMs: Number(env('ERP_JOB_DELAY_MS', '100')) });
const ehr = await startEhr({
  databaseUrl, port: port('EHR_PORT'), seed,
  clients: [
    { clientId: 'callosum', secret: secret('ehr-secret'), scopes: ['system/*.rs', 'system/Communication.cruds'] },
    { clientId: 'bedside', secret: secret('bedside-secret'), scopes: ['system/*.cruds'] },
  ],
});
await ehr.load();
const quota = Number(env('NETWORK_QUOTA', '25'));
const network = await startNetwork({
  databaseUrl, port: port('NETWORK_PORT'), seed, msPerHour: Number(env('MS_PER_HOUR', '50')), vanToken: secret('van-token'),
  clients: [{ id: 'callosum', secret: secret('network-secret'), scopes: COUPA_SCOPES }],
  quota: { perSecond: quota, burst: Math.max(20, quota) },
});
for (const supplier of masterData.suppliers.filter((each) => each.channel === 'partner-rest')) {
  const clientId = partnerClientId(supplier.number);
  network.connectPortal(createPartnerPortal({ baseUrl: gatewayUrl, issuer: identity.issuer, clientId, secret: identity.secretOf(clientId) }));
}
let vanSignOn: { token: Promise<string>; until: number } | undefined;
network.connectVan({
  callbackUrl: `${gatewayUrl}/partner/v1/interchanges`,
  async headers() {
    if (!vanSignOn || vanSignOn.until < Date.now()) {
      const clientId = 'value-added-network';
      const token = machineToken({ issuer: identity.issuer, clientId, scope: 'partner', secret: identity.secretOf(clientId) }).then((tokens) => tokens.accessToken);
      vanSignOn = { token, until: Date.now() + 8 * 60_000 };
      token.catch(() => { vanSignOn = undefined; });
    }
    return { authorization: `Bearer ${await vanSignOn.token}` };
  },
});

const vendors: Record<string, Faults> = { erp: erp.faults, ehr: ehr.faults, coupa: network.faults, van: network.vanFaults };
const control = express();
control.disable('x-powered-by');
control.use(express.json());
control.get('/health', (_request, response) => { response.json({ status: 'ready' }); });
control.get('/faults', (_request, response) => { response.json(Object.fromEntries(Object.entries(vendors).map(([name, faults]) => [name, { mode: faults.mode, done: faults.done }]))); });
control.put('/faults/:vendor', (request, response) => {
  const faults = vendors[request.params.vendor];
  if (!faults) {
    response.status(404).json({ error: `the vendors are ${Object.keys(vendors).join(', ')}` });
    return;
  }
  const { mode, scope } = request.body as { mode: FaultMode; scope?: FaultScope };
  faults.set(mode, scope);
  response.json({ mode: faults.mode });
});
const refuse: ErrorRequestHandler = (error: unknown, _request, response, _next) => { response.status(400).json({ error: error instanceof Error ? error.message : 'not understood' }); };
control.use(refuse);
const controlServer = control.listen(port('CONTROL_PORT'), '127.0.0.1');

async function stop(): Promise<void> {
  controlServer.close();
  controlServer.closeAllConnections();
  await network.close();
  await ehr.close();
  await erp.close();
  await identity.close();
}
let stopping = false;
function end(): void {
  if (stopping) process.exit(1);
  stopping = true;
  stop().then(() => process.exit(0), (error: unknown) => {
    console.error('stop failed', error instanceof Error ? error.name : error);
    process.exit(1);
  });
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);
// However the supervisor ends, its end of our standard input closes, and nothing is left behind.
if (process.env['CALLOSUM_SUPERVISED']) process.stdin.once('close', () => { if (!stopping) end(); }).resume().unref();
