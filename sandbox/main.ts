import { readFileSync } from 'node:fs';
import path from 'node:path';
import express, { type ErrorRequestHandler } from 'express';
import { databaseBeside, startCredentialing } from './credentialing/start.ts';
import { startDirectory } from './directory/start.ts';
import { startErp } from './erp/start-erp.ts';
import { startEhr } from './ehr/server.ts';
import { startWorkday } from './hcm/start.ts';
import { directoryRights } from './hospital/workforce.ts';
import type { FaultMode, Faults, FaultScope } from './faults.ts';
import { demoAccounts } from './identity/accounts.ts';
import { demoClients, partnerClientId } from './identity/clients.ts';
import { machineToken } from './identity/sign-in.ts';
import { startIdentity } from './identity/start.ts';
import { COUPA_SCOPES } from './network/coupa/tokens.ts';
import { startNetwork } from './network/start.ts';
import { masterData } from './hospital/master-data.ts';
import { startScheduling } from './scheduling/start.ts';
import { startScim } from './scim/start.ts';
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
    { clientId: 'callosum', secret: secret('ehr-secret'), scopes: ['system/*.rs', 'system/Communication.cruds', 'system/Practitioner.cu', 'system/PractitionerRole.cu'] },
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

const hcm = await startWorkday({ databaseUrl, port: port('HCM_PORT'), seed, clients: [{ id: 'callosum', secret: secret('hcm-secret') }], quota: { perSecond: Number(env('HCM_QUOTA', '100')), burst: Number(env('HCM_QUOTA', '100')) } });
const directory = await startDirectory({ databaseUrl, port: port('DIRECTORY_PORT'), seed, password: secret('directory-password'), groups: [...directoryRights.directory] });
const scim = await startScim({
  databaseUrl, port: port('SCIM_PORT'), seed,
  tenants: {
    applications: { token: secret('applications-token'), groups: [...directoryRights.applications], sessions: true },
    badges: { token: secret('badges-token'), groups: [...directoryRights.badges] },
  },
});
const credentialing = await startCredentialing({
  databaseUrl: await databaseBeside(databaseUrl, 'credentialing'), port: port('CREDENTIALING_PORT'), registryPort: port('NPI_REGISTRY_PORT'), seed,
  clients: [{ clientId: 'callosum', secret: secret('credentialing-secret'), scopes: ['system/*.rs'] }],
});
const scheduling = await startScheduling({ databaseUrl, port: port('SCHEDULING_PORT'), seed, clients: [{ id: 'callosum', secret: secret('scheduling-secret') }] });

const vendors: Record<string, Faults> = { erp: erp.faults, ehr: ehr.faults, coupa: network.faults, van: network.vanFaults, hcm: hcm.faults, directory: directory.faults, scim: scim.faults, credentialing: credentialing.faults, scheduling: scheduling.faults };
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
/** What people in the hospital's offices do at screens that are none of ours, by office and deed. */
const offices: Record<string, Record<string, (...given: never[]) => Promise<unknown>>> = {
  hr: { ...hcm.control },
  credentialing: Object.fromEntries((['register', 'grant', 'verify', 'renew', 'suspend', 'reinstate', 'revoke', 'sanction', 'liftSanction'] as const).map((deed) => [deed, credentialing[deed]])),
  planning: { plan: scheduling.plan },
};
control.post('/offices/:office/:deed', async (request, response) => {
  const deeds = offices[request.params.office];
  const deed = deeds && Object.hasOwn(deeds, request.params.deed) ? deeds[request.params.deed] : undefined;
  if (!deed) {
    response.status(404).json({ error: `the offices are ${Object.entries(offices).map(([name, own]) => `${name} (${Object.keys(own).join(', ')})`).join('; ')}` });
    return;
  }
  response.json(await deed(...(request.body as { given: never[] }).given) ?? null);
});
const refuse: ErrorRequestHandler = (error: unknown, _request, response, _next) => { response.status(400).json({ error: error instanceof Error ? error.message : 'not understood' }); };
control.use(refuse);
const controlServer = control.listen(port('CONTROL_PORT'), '127.0.0.1');

async function stop(): Promise<void> {
  controlServer.close();
  controlServer.closeAllConnections();
  for (const each of [scheduling, credentialing, scim, directory, hcm]) await each.close();
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
