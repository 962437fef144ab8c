// Runs before every npm script, on whatever Node the machine has: plain JavaScript, and nothing that is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 24;
const LOCK_LIMIT_MS = 15 * 60_000;
const LOCK_POLL_MS = 200;

/** Scripts that use development packages; everything else runs after `npm ci --omit=dev` too. */
const DEVELOPMENT_SCRIPTS = ['pretest', 'pretest:live', 'precheck', 'prebench', 'prechaos', 'precontracts'];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const marker = join(modules, '.callosum-lock');
const state = join(root, '.callosum');
const installing = join(state, 'installing');

const lockText = readFileSync(join(root, 'package-lock.json'));
const lockHash = createHash('sha256').update(lockText).digest('hex');

class Refusal extends Error {}

try {
  if (!isInstalled()) installInTurn();
  requireNode();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  say(error.message);
  process.exitCode = 1;
}

function installInTurn() {
  takeTurn();
  try {
    // Whoever held the turn before has probably done it.
    if (!isInstalled()) install();
  } finally {
    giveTurnBack();
  }
}

function isInstalled() {
  if (readIfPresent(marker) === lockHash) return true;
  const found = compareWithNpm();
  if (found === 'complete') remember();
  return found !== 'different';
}

/**
 * npm's own account of what it put into node_modules: after somebody ran `npm ci` or `npm install` by hand there is
 * nothing to do, although our marker is missing or old.
 */
function compareWithNpm() {
  const text = readIfPresent(join(modules, '.package-lock.json'));
  if (text === undefined) return 'different';
  const installed = JSON.parse(text).packages;
  let withoutDevelopment = false;
  for (const [path, wanted] of Object.entries(JSON.parse(lockText.toString()).packages)) {
    if (path === '') continue;
    const there = installed[path];
    if (there) {
      if (there.version !== wanted.version || there.integrity !== wanted.integrity) return 'different';
    } else if (wanted.optional || wanted.devOptional) {
      continue;
    } else if (wanted.dev && !DEVELOPMENT_SCRIPTS.includes(process.env.npm_lifecycle_event ?? '')) {
      withoutDevelopment = true;
    } else {
      return 'different';
    }
  }
  return withoutDevelopment ? 'without development packages' : 'complete';
}

function install() {
  say(existsSync(modules) ? 'packages changed, installing them (npm ci)' : 'first start, installing packages (npm ci)');
  rmSync(marker, { force: true });
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  // Not this process's own program: it may be the one in node_modules, which npm is about to replace.
  const node = process.env.npm_node_execpath ?? process.execPath;
  // Standard output belongs to the command that follows, which may print JSON there.
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const done = npm
    ? spawnSync(node, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  if (done.status !== 0) refuse(`npm ci failed (${done.error?.message ?? `status ${done.status ?? done.signal}`}), see above`);
  remember();
}

function remember() {
  try {
    const unfinished = `${marker}.${process.pid}`;
    writeFileSync(unfinished, lockHash);
    renameSync(unfinished, marker);
  } catch (error) {
    // Installed by another user, for all to read: comparing again next time does no harm.
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
  }
}

/** npm puts a Node of the right version first in PATH, where there is one for the platform. */
function requireNode() {
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return;
  const platform = `${process.platform}-${process.arch}`;
  const suffix = process.platform === 'win32' ? 'node.cmd' : 'node';
  const own = join(modules, '.bin', suffix);
  if (!existsSync(own)) {
    refuse(
      `Callosum needs Node ${NODE_MAJOR} or newer. npm has no Node ${NODE_MAJOR} for ${platform}, and this machine's is ` +
        `${process.version}: install Node ${NODE_MAJOR} (https://nodejs.org) and try again`,
    );
  }
  const attempt = spawnSync(own, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
  if (attempt.status !== 0) {
    refuse(
      `The Node ${NODE_MAJOR} that npm installed for ${platform} does not run on this machine ` +
        `(${attempt.error?.message ?? attempt.stderr.trim()}); on Linux it needs glibc`,
    );
  }
}

/**
 * One installation at a time. The turn is a directory that holds one file named after the process whose turn it is.
 * A full directory cannot be replaced by a rename, and the turn of a dead process is taken over by renaming its file,
 * which only one process can do.
 */
function takeTurn() {
  mkdirSync(state, { recursive: true });
  const proposed = `${installing}.${process.pid}`;
  rmSync(proposed, { recursive: true, force: true });
  mkdirSync(proposed);
  writeFileSync(join(proposed, String(process.pid)), '');
  const deadline = Date.now() + LOCK_LIMIT_MS;
  let told = false;
  for (;;) {
    if (tryRename(proposed, installing)) return;
    const holder = holderOf(installing);
    if (holder !== undefined && !isAlive(holder)) {
      if (tryRename(join(installing, String(holder)), join(installing, String(process.pid)))) {
        rmSync(proposed, { recursive: true, force: true });
        return;
      }
    } else if (holder !== undefined) {
      if (!told) say(`waiting for another process (${holder}) that is installing packages`);
      told = true;
    }
    if (Date.now() > deadline) {
      rmSync(proposed, { recursive: true, force: true });
      refuse(`process ${holder} seems to be installing packages for too long; if it is not, delete ${installing}`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
}

function giveTurnBack() {
  rmSync(join(installing, String(process.pid)), { force: true });
  try {
    rmdirSync(installing);
  } catch (error) {
    // Already taken by the next process, which may replace an empty directory.
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(error.code)) throw error;
  }
}

function holderOf(directory) {
  try {
    const [name] = readdirSync(directory);
    return name === undefined ? undefined : Number(name);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function tryRename(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    // Windows answers EPERM where the directory exists.
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EPERM'].includes(error.code)) return false;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readIfPresent(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function say(line) {
  process.stderr.write(`callosum: ${line}\n`);
}

/** Ends the command with a line instead of a stack trace. */
function refuse(line) {
  throw new Refusal(line);
}
