import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, test } from 'node:test';

const SCRIPT = resolve(import.meta.dirname, '../../commands/ensure-installed.mjs');

type LockedPackage = { version: string; dev?: true; optional?: true };
type Outcome = { status: number | null; said: string };

const projects: string[] = [];

after(() => {
  for (const project of projects) rmSync(project, { recursive: true, force: true });
});

describe('before a script runs', () => {
  test('a fresh clone is installed once, with a line that says so, and then left in silence', () => {
    const project = newProject({ dependency: { version: '1.0.0' } });
    assert.deepEqual(ensureInstalled(project), {
      status: 0,
      said: 'callosum: first start, installing packages (npm ci)\n',
    });
    assert.deepEqual(ensureInstalled(project), { status: 0, said: '' });
    assert.equal(installations(project), 1);
  });

  test('a lock file that changed is installed again', () => {
    const project = newProject({ dependency: { version: '1.0.0' } });
    ensureInstalled(project);
    lock(project, { dependency: { version: '1.0.1' } });
    assert.deepEqual(ensureInstalled(project), {
      status: 0,
      said: 'callosum: packages changed, installing them (npm ci)\n',
    });
    assert.equal(installations(project), 2);
  });

  test('what was installed by hand is not installed again', () => {
    const packages = { dependency: { version: '1.0.0' }, 'for-another-platform': { version: '1.0.0', optional: true } } as const;
    const project = newProject(packages);
    installedByHand(project, { dependency: packages.dependency });
    assert.deepEqual(ensureInstalled(project), { status: 0, said: '' });
    assert.equal(installations(project), 0);
  });

  test('development packages are installed only for the scripts that need them', () => {
    const packages = { dependency: { version: '1.0.0' }, checker: { version: '1.0.0', dev: true } } as const;
    const project = newProject(packages);
    installedByHand(project, { dependency: packages.dependency });
    assert.deepEqual(ensureInstalled(project, { npm_lifecycle_event: 'prestart' }), { status: 0, said: '' });
    assert.equal(installations(project), 0);
    assert.equal(ensureInstalled(project, { npm_lifecycle_event: 'pretest' }).status, 0);
    assert.equal(installations(project), 1);
  });

  test('two scripts that start at once install once', async () => {
    const project = newProject({ dependency: { version: '1.0.0' } });
    const outcomes = await Promise.all([1, 2, 3].map(() => ensureInstalledMeanwhile(project)));
    assert.deepEqual(outcomes.map(({ status }) => status), [0, 0, 0]);
    assert.equal(installations(project), 1);
    assert.equal(outcomes.filter(({ said }) => said.includes('installing packages (npm ci)')).length, 1);
    assert.deepEqual(readdirSync(join(project, '.callosum')), []);
  });

  test('an installation that was killed does not stand in the way of the next', () => {
    const project = newProject({ dependency: { version: '1.0.0' } });
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    mkdirSync(join(project, '.callosum', 'installing'), { recursive: true });
    writeFileSync(join(project, '.callosum', 'installing', String(dead)), '');
    assert.equal(ensureInstalled(project).status, 0);
    assert.equal(installations(project), 1);
    assert.deepEqual(readdirSync(join(project, '.callosum')), []);
  });

  test('an installation that fails stops the script, and the next one tries again', () => {
    const project = newProject({ dependency: { version: '1.0.0' } });
    const failed = ensureInstalled(project, { FAKE_NPM_FAILS: 'yes' });
    assert.equal(failed.status, 1);
    assert.match(failed.said, /^callosum: npm ci failed \(status 7\)/m);
    assert.equal(existsSync(join(project, 'node_modules', '.callosum-lock')), false);
    assert.equal(ensureInstalled(project).status, 0);
    assert.equal(installations(project), 1);
  });

  test('a machine with an old Node, for which npm has no newer one, is told what to do', () => {
    const project = newProject({ dependency: { version: '1.0.0' } });
    const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;
    const refused = ensureInstalled(project, { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(old)}` });
    assert.equal(refused.status, 1);
    assert.match(refused.said, /^callosum: Callosum needs Node 24 or newer\. .*install Node 24/m);
  });

  test('npm itself installs from the lock file', () => {
    const project = newProject({});
    mkdirSync(join(project, 'neighbour'));
    writeFileSync(join(project, 'neighbour', 'package.json'), JSON.stringify({ name: 'neighbour', version: '1.0.0' }));
    const dependencies = { neighbour: 'file:neighbour' };
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'made-up', version: '1.0.0', dependencies }));
    const packages = {
      '': { name: 'made-up', version: '1.0.0', dependencies },
      neighbour: { version: '1.0.0' },
      'node_modules/neighbour': { resolved: 'neighbour', link: true },
    };
    writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ name: 'made-up', version: '1.0.0', lockfileVersion: 3, packages }));
    const { npm_execpath: npm } = process.env;
    const outcome = ensureInstalled(project, { npm_execpath: npm });
    assert.equal(outcome.status, 0, outcome.said);
    assert.match(outcome.said, /^callosum: first start, installing packages/m);
    assert.ok(existsSync(join(project, 'node_modules', 'neighbour', 'package.json')));
    assert.deepEqual(ensureInstalled(project, { npm_execpath: npm }), { status: 0, said: '' });
  });
});

function newProject(packages: Record<string, LockedPackage>): string {
  const project = mkdtempSync(join(tmpdir(), 'callosum-install-'));
  projects.push(project);
  mkdirSync(join(project, 'commands'));
  copyFileSync(SCRIPT, join(project, 'commands', 'ensure-installed.mjs'));
  lock(project, packages);
  writeFileSync(
    join(project, 'npm.mjs'),
    `import { appendFileSync, cpSync, mkdirSync, rmSync } from 'node:fs';
     if (process.argv[2] !== 'ci' || process.env.FAKE_NPM_FAILS) process.exit(7);
     rmSync('node_modules', { recursive: true, force: true });
     Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
     mkdirSync('node_modules');
     cpSync('package-lock.json', 'node_modules/.package-lock.json');
     appendFileSync('installations', 'once\\n');`,
  );
  return project;
}

function lock(project: string, packages: Record<string, LockedPackage>): void {
  writeFileSync(join(project, 'package-lock.json'), lockText(packages));
}

function installedByHand(project: string, packages: Record<string, LockedPackage>): void {
  mkdirSync(join(project, 'node_modules'));
  writeFileSync(join(project, 'node_modules', '.package-lock.json'), lockText(packages));
}

function lockText(packages: Record<string, LockedPackage>): string {
  const entries = Object.entries(packages).map(([name, entry]) => [`node_modules/${name}`, entry]);
  return JSON.stringify({ lockfileVersion: 3, packages: Object.fromEntries(entries) });
}

function installations(project: string): number {
  const file = join(project, 'installations');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
}

function environment(project: string, more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: process.env['HOME'], npm_execpath: join(project, 'npm.mjs'), ...more };
}

function ensureInstalled(project: string, more: NodeJS.ProcessEnv = {}): Outcome {
  const script = join(project, 'commands', 'ensure-installed.mjs');
  const done = spawnSync(process.execPath, [script], { encoding: 'utf8', env: environment(project, more) });
  assert.equal(done.stdout, '', 'standard output belongs to the script that follows');
  return { status: done.status, said: done.stderr };
}

function ensureInstalledMeanwhile(project: string): Promise<Outcome> {
  const script = join(project, 'commands', 'ensure-installed.mjs');
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'], env: environment(project, {}) });
  return new Promise((done, fail) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.once('error', fail);
    child.once('close', (status) => done({ status, said }));
  });
}
