import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync, chmodSync, chownSync, constants, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Whom PostgreSQL runs as. Without ids it is the user who runs this process. */
export type Account = { name: string; uid?: number; gid?: number };

/** Where one server keeps its state, and whom it runs as. */
export type Home = { directory: string; account: Account };

type Log = (line: string) => void;

const DATA = 'data';
const POINTER = 'location';

/** The cluster itself, inside a home. */
export function dataDirectoryOf(home: string): string {
  return join(home, DATA);
}

/**
 * PostgreSQL refuses to run as root, so root lends it another user. The order, which never creates a user:
 *
 * 1. not root: the own user
 * 2. data exists already: the user who owns it
 * 3. the user `postgres`, if the machine has one
 * 4. the user `nobody`
 */
function chooseAccount(home: string): Account {
  if (!isRoot()) return { name: 'this user' };
  const data = statSync(dataDirectoryOf(home), { throwIfNoEntry: false });
  if (data && data.uid !== 0) return { name: `uid ${data.uid}`, uid: data.uid, gid: data.gid };
  const account = lookUp('postgres') ?? lookUp('nobody');
  if (account) return account;
  throw new Error(
    'PostgreSQL refuses to run as root, and this machine has neither a user "postgres" nor "nobody". ' +
      'Run as an ordinary user, or set DATABASE_URL to a PostgreSQL server.',
  );
}

/**
 * Find or make the directory for a server's state.
 *
 * Root may have the project under a home that only root can enter. The state then goes to a system directory, whose
 * name is derived from the requested one, and a pointer file in the requested directory says where it is.
 *
 * @param requested absolute path
 */
export function prepareHome(requested: string, log: Log): Home {
  const pointed = readPointer(requested);
  if (pointed) {
    assertUsable(pointed);
    return { directory: pointed, account: chooseAccount(pointed) };
  }

  makePrivateDirectory(requested);
  assertUsable(requested);
  const account = chooseAccount(requested);
  if (canEnter(requested, account)) return { directory: requested, account };
  if (!canEnter('/', account)) {
    throw new Error(
      `PostgreSQL refuses to run as root, and this root may not run programs as ${account.name}. ` +
        'Run as an ordinary user, or set DATABASE_URL to a PostgreSQL server.',
    );
  }
  if (statSync(dataDirectoryOf(requested), { throwIfNoEntry: false })) {
    throw new Error(
      `The data in ${requested} cannot be reached by ${account.name}, whom PostgreSQL runs as. ` +
        'Let that user enter the directories above it (chmod o+x), or set DATABASE_URL to a PostgreSQL server.',
    );
  }

  const key = createHash('sha256').update(requested).digest('hex').slice(0, 12);
  const directory = systemDirectory(`callosum-${key}`, account);
  writeFileSync(join(requested, POINTER), `${directory}\n`);
  log(`PostgreSQL keeps its data in ${directory}: running as root, and ${account.name} cannot enter ${requested}`);
  return { directory, account: chooseAccount(directory) };
}

/** Where the state of a requested directory is, now or after it has been prepared. */
export function locateHome(requested: string): string {
  return readPointer(requested) ?? requested;
}

/**
 * A directory outside every private home, owned by root, that the account can enter.
 *
 * @throws Error when neither /var/lib nor a temporary directory will do
 */
export function systemDirectory(name: string, account: Account): string {
  const refused: string[] = [];
  for (const parent of new Set(['/var/lib', tmpdir(), '/tmp'])) {
    const directory = join(parent, name);
    try {
      makePrivateDirectory(directory);
      assertOwn(directory);
      if (canEnter(directory, account)) return directory;
      refused.push(`${account.name} cannot enter ${directory}`);
    } catch (cause) {
      refused.push(cause instanceof Error ? cause.message : String(cause));
    }
  }
  throw new Error(
    `No place for PostgreSQL outside of private directories (${refused.join('; ')}). ` +
      'Run as an ordinary user, or set DATABASE_URL to a PostgreSQL server.',
  );
}

/** The spawn options that make a child run as the account. */
export function runAs(account: Account): { uid?: number; gid?: number; cwd: string; env: NodeJS.ProcessEnv } {
  const { PATH, LD_LIBRARY_PATH, SystemRoot } = process.env;
  return {
    uid: account.uid,
    gid: account.gid,
    // The account may be unable to read the directory that this process stands in.
    cwd: SystemRoot ?? '/',
    // Nothing else: this process may hold secrets in its environment, and the server can outlive it.
    env: {
      PATH,
      LC_ALL: 'C',
      TZ: 'UTC',
      ...(LD_LIBRARY_PATH === undefined ? {} : { LD_LIBRARY_PATH }),
      ...(SystemRoot === undefined ? {} : { SystemRoot }),
    },
  };
}

/** What root writes into the state of an ordinary user must stay readable for that user. */
export function giveToOwnerOf(directory: string, path: string): void {
  if (!isRoot()) return;
  const { uid, gid } = statSync(directory);
  chownSync(path, uid, gid);
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function lookUp(name: string): Account | undefined {
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim());
    return { name, uid: id('-u'), gid: id('-g') };
  } catch {
    // `id` fails for a name that no account has.
    return undefined;
  }
}

// Asked of the kernel rather than worked out from mode bits, which know nothing of ACLs and mount options.
function canEnter(directory: string, account: Account): boolean {
  if (account.uid === undefined) return true;
  return spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], { ...runAs(account), stdio: 'ignore' }).status === 0;
}

function makePrivateDirectory(directory: string): void {
  mkdirSync(dirname(directory), { recursive: true });
  const exists = lstatSync(directory, { throwIfNoEntry: false }) !== undefined;
  if (exists) return;
  mkdirSync(directory, { recursive: true });
  // As root the account must get through to its data, but need not see what else is there.
  chmodSync(directory, isRoot() ? 0o711 : 0o700);
}

// A predictable name in a directory where everyone may write could have been taken by somebody else.
function assertOwn(directory: string): void {
  const found = lstatSync(directory);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) {
    throw new Error(`${directory} exists and does not belong to this user alone`);
  }
}

function assertUsable(directory: string): void {
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new Error(
      `The PostgreSQL state in ${directory} belongs to another user (uid ${statSync(directory).uid}). ` +
        'Run as that user or as root, choose another directory, or set DATABASE_URL to a PostgreSQL server.',
      { cause },
    );
  }
}

function readPointer(requested: string): string | undefined {
  const pointer = join(requested, POINTER);
  if (!statSync(pointer, { throwIfNoEntry: false })) return undefined;
  const directory = readFileSync(pointer, 'utf8').trim();
  if (!statSync(directory, { throwIfNoEntry: false })) return undefined;
  if (isRoot()) assertOwn(directory);
  return directory;
}
