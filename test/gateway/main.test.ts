import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startIssuer, type TestIssuer } from './issuer-of-tests.ts';

const MAIN = resolve(import.meta.dirname, '../../gateway/main.ts');

describe('the gateway as a process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'callosum-gateway-'));
  let issuer: TestIssuer;
  before(async () => {
    issuer = await startIssuer();
    await ensureServiceKeys(directory, ['gateway']);
  });
  after(async () => {
    await issuer.close();
    rmSync(directory, { recursive: true });
  });

  function configFile(name: string, gateway: object): string {
    const file = join(directory, name);
    writeFileSync(file, JSON.stringify({
      environment: 'test', log: { level: 'info' }, database: { url: '${NOT_FOR_THE_DOOR}' }, keys: { directory },
      deployables: { 'experience-apis': { port: 1, apis: ['portal', 'partner'] } },
      apis: { erp: { adapter: 'some', settings: { password: '${file:NOR_THIS_SECRET}' } } },
      gateway,
    }));
    return file;
  }

  test('checks its configuration without needing what is not for the door', () => {
    const good = spawnSync(process.execPath, [MAIN, '--config', configFile('good.yaml', { issuers: [{ issuer: issuer.issuer, audience: 'a' }] }), '--check-config'], { encoding: 'utf8' });
    assert.equal(good.status, 0, good.stderr);
    const bad = spawnSync(process.execPath, [MAIN, '--config', configFile('bad.yaml', { issuers: [], port: '${NO_SUCH_PORT}' }), '--check-config'], { encoding: 'utf8' });
    assert.equal(bad.status, 2);
    assert.match(bad.stderr, /\/gateway\/port: the environment variable NO_SUCH_PORT is not set/);
    assert.match(bad.stderr, /\/gateway\/issuers/);
  });

  test('starts, is ready when it can verify tokens, and ends in order', async () => {
    const [port, adminPort] = [await freePort(), await freePort()];
    const child = spawn(process.execPath, [MAIN, '--config', configFile('run.yaml', { port, admin: { port: adminPort }, issuers: [{ issuer: issuer.issuer, audience: 'a' }] })], { stdio: ['ignore', 'ignore', 'pipe'] }) as ChildProcess & { stderr: NodeJS.ReadableStream };
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString(); });
    await eventually(async () => (await fetch(`http://127.0.0.1:${adminPort}/ready`)).ok);
    const answer = await fetch(`http://127.0.0.1:${port}/partner/v1/orders/JANE-DOE?since=JANE-DOE`, { headers: { 'correlation-id': 'seen-from-outside' } });
    assert.equal(answer.status, 401);
    child.kill('SIGTERM');
    const [status] = await once(child, 'exit') as [number];
    assert.equal(status, 0);
    const line = said.split('\n').filter((each) => each.includes('"request"')).map((each) => JSON.parse(each) as Record<string, unknown>)[0]!;
    const { api, operation, route, method, status: answered, kind, code, correlationId } = line;
    assert.deepEqual({ api, operation, route, method, answered, kind, code, correlationId }, {
      api: 'partner', operation: 'getOrder', route: '/partner/v1/orders/{orderNumber}', method: 'GET', answered: 401, kind: 'unauthenticated', code: 'no-token', correlationId: 'seen-from-outside',
    });
    assert.ok(!said.includes('JANE-DOE'), said);
  });
});
