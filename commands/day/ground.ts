import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#chassis/storage/embedded-postgres.ts';
import { dataDirectoryOf, locateHome } from '#chassis/storage/postgres-account.ts';
import { isGone, readLockFile } from '#chassis/storage/postmaster.ts';
import type { Target } from '../../sandbox/day/faults.ts';
import type { Doors } from '../../sandbox/day/live.ts';
import { atErp } from '../../sandbox/day/erp-screens.ts';
import { partnerClientId } from '../../sandbox/identity/clients.ts';
import { createPartnerPortal } from '../../sandbox/partner-portal-client.ts';
import { openIdentityState } from '../../sandbox/identity/state.ts';
import type { Child } from '../platform/child.ts';
import { PROCESSES, startPlatform, type RunningPlatform, type Several } from '../platform/platform.ts';
import { memoryMbOf } from './memory.ts';

/** The platform that a day is lived on. */
export interface Ground {
  doors: Doors;
  /** Missing where nothing may be broken, as on a platform that others use. */
  target: Target | undefined;
  isFresh: boolean;
  memoryMb(): Promise<Record<string, number>>;
  /** Gives back what this command has started, and only that. */
  leave(): Promise<void>;
}

export interface OwnGround {
  seed: number;
  env: Record<string, string>;
  several?: Several;
  /** Leaves the folder where it is. */
  keep: boolean;
  say(line: string): void;
}

/** Between choosing a free port and listening on it anybody's outgoing connection may be given that port. */
const STARTS = 3;

/** A platform of its own in a folder that goes away with it. */
export async function ownGround(options: OwnGround): Promise<Ground> {
  for (let start = 1; ; start += 1) {
    const home = await makeHome();
    try {
      const platform = await startPlatform({ home, ports: 'free', seed: options.seed, env: options.env, say: options.say, ...(options.several ? { several: options.several } : {}) });
      return await groundOf(platform, options);
    } catch (error) {
      const logs = await endsOfLogs(home);
      const isPortTaken = logs.includes('EADDRINUSE');
      if (!isPortTaken || start === STARTS) options.say(logs);
      await cleanUp(home, options);
      if (!isPortTaken || start === STARTS) throw error;
      options.say('Another program was given one of the ports; starting once more.');
    }
  }
}

/** The account that PostgreSQL runs as must get through; what is private has folders of its own. */
export async function makeHome(): Promise<string> {
  const home = await mkdtemp(path.join(tmpdir(), 'callosum-day-'));
  await chmod(home, 0o711);
  return home;
}

export async function cleanUp(home: string, { keep, say }: Pick<OwnGround, 'keep' | 'say'>): Promise<void> {
  if (keep) {
    say(`Kept: ${home}`);
    return;
  }
  // The database may live elsewhere, when its account could not get through to the folder.
  for (const directory of [locateHome(path.join(home, 'postgres')), home]) await rm(directory, { recursive: true, force: true });
}

/** What a day needs of a platform that was started for it, and gives back with it. */
export async function groundOf(platform: RunningPlatform, options: Pick<OwnGround, 'keep' | 'say'>): Promise<Ground> {
  const { home, processes, more, urls, ports } = platform;
  const breakable = [...PROCESSES.filter((name) => name !== 'sandbox').map((name) => processes[name]), ...more];
  let database: EmbeddedPostgres | undefined;
  return {
    doors: {
      ...doorsOf(home, { gateway: urls.gateway, identity: urls.identity, control: urls.control, ehr: urls.ehr, network: urls.network, mllpPort: ports.MLLP_PORT }),
      atErp: atErp(urls.erp, await platform.secret('erp-password')), bedsideSecret: await platform.secret('bedside-secret'), databaseUrl: platform.sandboxDatabaseUrl,
    },
    isFresh: true,
    target: {
      processes: breakable.map(({ name }) => name),
      killProcess: (name) => killAndWait(breakable.find((each) => each.name === name)!),
      ...(platform.postgres ? { killDatabase: async () => { database = await killDatabase(platform.postgres!); } } : {}),
      controlUrl: urls.control, platformDatabaseUrl: platform.databaseUrl,
    },
    memoryMb: () => memoryMbOf(Object.fromEntries(PROCESSES.map((name) => [name, processes[name].pid]))),
    async leave() {
      await platform.stop();
      await database?.stop();
      await cleanUp(home, options);
    },
  };
}

/** A platform that runs already, as `npm start` starts it. */
export async function givenGround(home: string): Promise<Ground> {
  const address = (name: string, port: number) => process.env[name] ?? `http://127.0.0.1:${port}`;
  // Adopted, not started: it goes on when this command ends.
  const given = process.env['SANDBOX_DATABASE_URL'];
  const postgres = given ? undefined : await startEmbeddedPostgres({ directory: path.join(home, 'postgres') });
  if (postgres && !postgres.adopted) {
    await postgres.stop();
    throw new Error(`No platform runs on ${home}`);
  }
  return {
    doors: {
      ...doorsOf(home, {
        gateway: address('GATEWAY_URL', 7100), control: address('CONTROL_URL', 7140), identity: address('IDENTITY_URL', 7141), ehr: address('EHR_URL', 7143), network: address('NETWORK_URL', 7144),
        mllpPort: Number(process.env['MLLP_PORT'] ?? 7131),
      }),
      atErp: atErp(address('ERP_URL', 7142), (await readFile(path.join(home, 'secrets', 'erp-password'), 'utf8')).trim()),
      bedsideSecret: (await readFile(path.join(home, 'secrets', 'bedside-secret'), 'utf8')).trim(), databaseUrl: given ?? postgres!.url('callosum_sandbox'),
    },
    target: undefined,
    isFresh: false,
    memoryMb: () => Promise.resolve({}),
    leave: () => Promise.resolve(),
  };
}

function doorsOf(home: string, at: { gateway: string; identity: string; control: string; ehr: string; network: string; mllpPort: number }): Omit<Doors, 'atErp' | 'bedsideSecret' | 'databaseUrl'> {
  const state = openIdentityState(path.join(home, 'identity'));
  const partnerPortal = (supplierNumber: string) => {
    const clientId = partnerClientId(supplierNumber);
    return createPartnerPortal({ baseUrl: at.gateway, issuer: at.identity, clientId, secret: state.secretOf(clientId) });
  };
  return {
    partnerPortal,
    graphUrl: `${at.gateway}/portal/v1/graphql`, issuer: at.identity, redirectUri: `${at.control}/signed-in`, passwordOf: (username) => state.passwordOf(username),
    fhirUrl: `${at.ehr}/api/FHIR/R4`, tokenUrl: `${at.ehr}/oauth2/token`, networkUrl: at.network, mllp: { host: '127.0.0.1', port: at.mllpPort },
  };
}

/** Others may be killed meanwhile that it needs to become ready. */
const AGAIN_WITHIN_MS = 300_000;

async function killAndWait(child: Child): Promise<void> {
  const before = child.pid;
  child.kill();
  while (child.pid === before || child.pid === undefined) await wait(20);
  await child.ready(AGAIN_WITHIN_MS);
}

async function killDatabase(postgres: EmbeddedPostgres): Promise<EmbeddedPostgres> {
  const data = dataDirectoryOf(postgres.directory);
  const running = readLockFile(data);
  if (!running) throw new Error('The database server is not running');
  process.kill(running.pid, 'SIGKILL');
  await isGone(running.pid, data, AGAIN_WITHIN_MS);
  return startEmbeddedPostgres({ directory: postgres.directory });
}

async function endsOfLogs(home: string): Promise<string> {
  const ends = await Promise.all(PROCESSES.map(async (name) => {
    // A process that never began has no log, and what is being told here is another failure.
    const log = await readFile(path.join(home, 'logs', `${name}.log`), 'utf8').catch(() => '');
    return log === '' ? '' : `--- end of ${name}.log\n${log.trimEnd().split('\n').slice(-12).join('\n')}\n`;
  }));
  return ends.join('');
}
