import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ConfigError, loadConfig } from '#chassis/config/config.ts';

const GOOD = `
environment: test
log: { level: info }
database: { url: "\${DATABASE_URL}" }
keys: { directory: "\${KEYS:-/var/lib/keys}" }
deployables:
  upper: { port: "\${PORT:-8080}", apis: [shop] }
apis:
  shop: { limitMs: 5 }
  erp: { password: "\${file:ERP_PASSWORD_FILE}" }
`;

let directory: string;
before(async () => { directory = await mkdtemp(path.join(tmpdir(), 'callosum-config-')); });
after(() => rm(directory, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const place = path.join(directory, name);
  await writeFile(place, text);
  return place;
}

async function mistakesOf(text: string, env: Record<string, string> = {}): Promise<string[]> {
  const error = await loadConfig(await file('config.yaml', text), env).then(() => undefined, (thrown: unknown) => thrown);
  assert.ok(error instanceof ConfigError, String(error));
  return error.mistakes;
}

test('variables, defaults and secret files are filled in', async () => {
  const secret = await file('password', 'pa$$word$&${DATABASE_URL}\n');
  const config = await loadConfig(await file('config.yaml', GOOD), { DATABASE_URL: 'postgres://somewhere', ERP_PASSWORD_FILE: secret });
  assert.equal(config.database.url, 'postgres://somewhere');
  assert.equal(config.keys.directory, '/var/lib/keys');
  assert.equal(config.deployables['upper']?.port, 8080);
  assert.deepEqual(config.apis['erp'], { password: 'pa$$word$&${DATABASE_URL}' });
});

test('all mistakes are reported at once, each with its place', async () => {
  const mistakes = await mistakesOf(GOOD.replace('environment: test', 'environment: moon').replace('level: info', 'level: loud').concat('colour: red\n'), { ERP_PASSWORD_FILE: '/no/such/file', PORT: '70000' });
  for (const place of ['/environment', '/log/level', '/database/url', '/deployables/upper/port', '/apis/erp/password', '/colour']) {
    assert.ok(mistakes.some((mistake) => mistake.startsWith(`${place}:`)), `${place} is missing in ${mistakes.join(' | ')}`);
  }
});

test('a file that cannot be read and one that is no YAML are mistakes like others', async () => {
  assert.match((await loadConfig(path.join(directory, 'absent.yaml'), {}).catch((error: ConfigError) => error.mistakes) as string[]).join(), /cannot be read \(ENOENT\)/);
  assert.match((await mistakesOf('database: { password: "hunter2\n')).join(), /is not YAML/);
});

test('a mistake does not quote what stands in the file', async () => {
  const mistakes = await mistakesOf(`${GOOD}\nsecret: "hunter2"\n`.replace('environment: test', 'environment: hunter2'), { DATABASE_URL: 'x', ERP_PASSWORD_FILE: await file('password', 'hunter2') });
  assert.ok(!mistakes.join().includes('hunter2'), mistakes.join());
  assert.ok(!(await mistakesOf('password: hunter2: [\n')).join().includes('hunter2'));
});

const ENTRY = `
import { runDeployable } from '${path.resolve('chassis/deployable/run.ts')}';
import { depotApi, newShelves, sampleEventSchemas, shopApi } from '${path.resolve('test/support/sample-apis.ts')}';
await runDeployable('upper', [shopApi, depotApi(newShelves())], sampleEventSchemas);
`;

function checkConfig(place: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: 'postgres://127.0.0.1:1/none' };
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '--eval', ENTRY, '--', '--config', place, '--check-config'], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test('--check-config says that a configuration is valid, without a database at hand', async () => {
  const { code, stdout } = await checkConfig(await file('config.yaml', GOOD.replace(/  erp:.*\n/, '')));
  assert.equal(code, 0);
  assert.match(stdout, /valid/);
});

test('--check-config reports mistakes of outline, hosted APIs and settings together and exits with 2', async () => {
  const { code, stderr } = await checkConfig(await file('config.yaml', GOOD.replace(/  erp:.*\n/, '').replace('environment: test', 'environment: moon').replace('[shop]', '[shop, shpo]').replace('limitMs: 5', 'limitMs: soon')));
  assert.equal(code, 2);
  assert.match(stderr, /3 mistakes/);
  for (const place of ['/environment', 'shpo is not an API', '/apis/shop/limitMs']) assert.ok(stderr.includes(place), stderr);
});

test('a deployable that the configuration does not know is a mistake', async () => {
  const { code, stderr } = await checkConfig(await file('config.yaml', GOOD.replace(/  erp:.*\n/, '').replace('upper:', 'other:')));
  assert.equal(code, 2);
  assert.match(stderr, /\/deployables\/upper: is required/);
});
