import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { ensureKeyFile } from '#chassis/payloads/key-files.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { ensureDatabase, startEmbeddedPostgres, type EmbeddedPostgres } from '#chassis/storage/embedded-postgres.ts';
import { openBalancer, type Balancer } from './balancer.ts';
import { createChild, type Child } from './child.ts';
import { COMPILED, projectRoot } from './places.ts';

/** The processes of the platform, from the ground up. */
export const PROCESSES = ['sandbox', 'system-apis', 'process-apis', 'experience-apis', 'gateway'] as const;
export type ProcessName = (typeof PROCESSES)[number];

const DEFAULT_PORTS = {
  GATEWAY_PORT: 7100, GATEWAY_ADMIN_PORT: 7101, EXPERIENCE_APIS_PORT: 7110, PROCESS_APIS_PORT: 7120, SYSTEM_APIS_PORT: 7130, MLLP_PORT: 7131,
  CONTROL_PORT: 7140, IDENTITY_PORT: 7141, ERP_PORT: 7142, EHR_PORT: 7143, NETWORK_PORT: 7144, HCM_PORT: 7145,
  DIRECTORY_PORT: 7146, SCIM_PORT: 7147, CREDENTIALING_PORT: 7148, NPI_REGISTRY_PORT: 7149, SCHEDULING_PORT: 7150,
};
export type Ports = typeof DEFAULT_PORTS;

export interface PlatformOptions {
  /** Where everything of this installation is kept: database, keys, secrets, logs. */
  home: string;
  /** `fixed` for people, who want to find it again; `free` for tests and runs beside another platform. */
  ports: 'fixed' | 'free';
  seed?: number;
  /** Addresses of databases to use instead of a server of the platform's own, and of `DATABASE_URL`. */
  databases?: { platform: string; sandbox: string };
  /** Further environment of every process, such as time limits. */
  env?: Record<string, string>;
  /** Layers of which several processes run behind one address. */
  several?: Several;
  say?: (line: string) => void;
  onUnexpectedEnd?: (name: string, code: number | null) => void;
}

/** How many processes of a layer, and their further environment. */
export type Several = Partial<Record<ProcessName, { count: number; env: Record<string, string> }>>;

export interface RunningPlatform {
  home: string;
  ports: Ports;
  urls: { gateway: string; identity: string; control: string; erp: string; ehr: string; network: string };
  databaseUrl: string;
  sandboxDatabaseUrl: string;
  processes: Record<ProcessName, Child>;
  /** Further processes of layers that run several. */
  more: readonly Child[];
  postgres: EmbeddedPostgres | undefined;
  /** The environment that the processes were given, for tools that join them. */
  env: Record<string, string>;
  secret(name: string): Promise<string>;
  stop(): Promise<void>;
}

// Each process has modest data; without bounds the collector lets the heap grow to several times of it on a large machine.
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=16', '--max-old-space-size=160'];

const SECRETS = ['erp-password', 'network-secret', 'ehr-secret', 'bedside-secret', 'van-token', 'hcm-secret', 'directory-password', 'applications-token', 'badges-token', 'credentialing-secret', 'scheduling-secret'];

/** Starts the whole platform with its sandbox hospital and waits until every process is ready. */
export async function startPlatform(options: PlatformOptions): Promise<RunningPlatform> {
  const { home, seed = 1, say = () => undefined } = options;
  // Others may pass through to the database's directory, which root leaves to another user; all else inside is closed to them.
  await mkdir(home, { recursive: true });
  await chmod(home, 0o711);
  for (const directory of ['logs', 'secrets']) await mkdir(path.join(home, directory), { recursive: true, mode: 0o700 });
  const ports = options.ports === 'fixed' ? DEFAULT_PORTS : await freePorts();
  if (options.ports === 'fixed') await requireFree(ports);

  const { postgres, databaseUrl, sandboxDatabaseUrl } = await openDatabases(options, say);
  const keys = path.join(home, 'keys');
  await ensureServiceKeys(keys, ['gateway', 'experience-apis', 'process-apis', 'system-apis']);
  await ensureKeyFile(path.join(keys, 'payloads-1.key'));
  await ensureSecrets(path.join(home, 'secrets'));

  const at = (port: keyof Ports) => `http://127.0.0.1:${ports[port]}`;
  const secretFile = (name: string) => path.join(home, 'secrets', name);
  const env: Record<string, string> = {
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
    CALLOSUM_CONFIG: path.join(projectRoot, 'config', 'sandbox.yaml'), CALLOSUM_KEYS: keys, CALLOSUM_SECRETS: path.join(home, 'secrets'),
    DATABASE_URL: databaseUrl, SANDBOX_DATABASE_URL: sandboxDatabaseUrl, SANDBOX_SEED: String(seed), IDENTITY_STATE: path.join(home, 'identity'),
    GATEWAY_URL: at('GATEWAY_PORT'), IDENTITY_URL: at('IDENTITY_PORT'), ERP_URL: at('ERP_PORT'), EHR_URL: at('EHR_PORT'), NETWORK_URL: at('NETWORK_PORT'),
    ERP_PASSWORD_FILE: secretFile('erp-password'), NETWORK_SECRET_FILE: secretFile('network-secret'), EHR_SECRET_FILE: secretFile('ehr-secret'), VAN_TOKEN_FILE: secretFile('van-token'),
    HCM_URL: at('HCM_PORT'), DIRECTORY_URL: `ldap://127.0.0.1:${ports.DIRECTORY_PORT}`, SCIM_URL: at('SCIM_PORT'), CREDENTIALING_URL: at('CREDENTIALING_PORT'), NPI_REGISTRY_URL: at('NPI_REGISTRY_PORT'), SCHEDULING_URL: at('SCHEDULING_PORT'),
    HCM_SECRET_FILE: secretFile('hcm-secret'), DIRECTORY_PASSWORD_FILE: secretFile('directory-password'), APPLICATIONS_TOKEN_FILE: secretFile('applications-token'), BADGES_TOKEN_FILE: secretFile('badges-token'),
    CREDENTIALING_SECRET_FILE: secretFile('credentialing-secret'), SCHEDULING_SECRET_FILE: secretFile('scheduling-secret'),
    NODE_ENV: 'production', NODE_COMPILE_CACHE: COMPILED,
    ...options.env,
  };

  const child = (name: ProcessName, readyUrl: string, title: string = name, further: Record<string, string> = {}) => createChild({
    name: title, args: [...NODE_FLAGS, path.join(name, 'main.ts')], env: { ...env, ...further }, cwd: projectRoot, logFile: path.join(home, 'logs', `${title}.log`), readyUrl,
    ...(options.onUnexpectedEnd ? { onUnexpectedEnd: options.onUnexpectedEnd } : {}),
  });
  const processes: Record<ProcessName, Child> = {
    sandbox: child('sandbox', `${at('CONTROL_PORT')}/health`),
    'system-apis': child('system-apis', `${at('SYSTEM_APIS_PORT')}/ready`),
    'process-apis': child('process-apis', `${at('PROCESS_APIS_PORT')}/ready`),
    'experience-apis': child('experience-apis', `${at('EXPERIENCE_APIS_PORT')}/ready`),
    gateway: child('gateway', `${at('GATEWAY_ADMIN_PORT')}/ready`),
  };
  const more: Child[] = [];
  const balancers: Balancer[] = [];
  for (const [name, { count, env: further }] of Object.entries(options.several ?? {}) as [ProcessName, Several[ProcessName] & object][]) {
    const own = await Promise.all(Array.from({ length: count }, freePort));
    const port = `${name.toUpperCase().replaceAll('-', '_')}_PORT` as keyof Ports;
    const children = own.map((each, index) => child(name, `http://127.0.0.1:${each}/ready`, index === 0 ? name : `${name}-${index + 1}`, { ...further, [port]: String(each) }));
    processes[name] = children[0]!;
    more.push(...children.slice(1));
    balancers.push(await openBalancer(ports[port], own));
  }
  const all = [...PROCESSES.map((name) => processes[name]), ...more];

  async function stop(): Promise<void> {
    await Promise.all(more.map((each) => each.stop()));
    for (const name of PROCESSES.toReversed()) await processes[name].stop();
    await Promise.all(balancers.map((balancer) => balancer.close()));
    await postgres?.stop();
  }

  try {
    for (const each of all) await each.start();
    await Promise.all(all.map((each) => each.ready(90_000)));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    home, ports, databaseUrl, sandboxDatabaseUrl, processes, more, postgres, env, stop,
    urls: { gateway: at('GATEWAY_PORT'), identity: at('IDENTITY_PORT'), control: at('CONTROL_PORT'), erp: at('ERP_PORT'), ehr: at('EHR_PORT'), network: at('NETWORK_PORT') },
    secret: async (name) => (await readFile(secretFile(name), 'utf8')).trim(),
  };
}

async function openDatabases({ home, databases }: PlatformOptions, say: (line: string) => void): Promise<{ postgres: EmbeddedPostgres | undefined; databaseUrl: string; sandboxDatabaseUrl: string }> {
  if (databases) return { postgres: undefined, databaseUrl: databases.platform, sandboxDatabaseUrl: databases.sandbox };
  const given = process.env['DATABASE_URL'];
  if (given) {
    await ensureDatabase(given, 'callosum_sandbox');
    const sandbox = new URL(given);
    sandbox.pathname = '/callosum_sandbox';
    return { postgres: undefined, databaseUrl: given, sandboxDatabaseUrl: sandbox.href };
  }
  const postgres = await startEmbeddedPostgres({ directory: path.join(home, 'postgres'), log: say });
  await ensureDatabase(postgres.url(), 'callosum');
  await ensureDatabase(postgres.url(), 'callosum_sandbox');
  return { postgres, databaseUrl: postgres.url('callosum'), sandboxDatabaseUrl: postgres.url('callosum_sandbox') };
}

/** What the platform shows its vendors; made once per installation. */
async function ensureSecrets(directory: string): Promise<void> {
  for (const name of SECRETS) {
    await writeFile(path.join(directory, name), randomBytes(24).toString('base64url'), { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function freePorts(): Promise<Ports> {
  const ports = { ...DEFAULT_PORTS };
  const servers = await Promise.all(Object.keys(ports).map(() => listenOn(0)));
  Object.keys(ports).forEach((name, index) => { ports[name as keyof Ports] = servers[index]!.port; });
  await Promise.all(servers.map((server) => server.close()));
  return ports;
}

async function freePort(): Promise<number> {
  const server = await listenOn(0);
  await server.close();
  return server.port;
}

async function requireFree(ports: Ports): Promise<void> {
  const taken: string[] = [];
  for (const [name, port] of Object.entries(ports)) {
    await listenOn(port).then((server) => server.close(), () => { taken.push(`${port} (${name})`); });
  }
  if (taken.length > 0) throw new Error(`These ports are taken by other programs: ${taken.join(', ')}. Is the platform running already?`);
}

function listenOn(port: number): Promise<{ port: number; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({ port: typeof address === 'object' && address ? address.port : port, close: () => new Promise<void>((done) => server.close(() => done())) });
    });
  });
}
