import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';

import pg from 'pg';

import { isAlive } from '../../chassis/storage/postmaster.ts';
import { createTestDatabase } from './database.ts';
import { removeAbandonedServers } from './private-server.ts';

test('the server of a test run that was killed is stopped and deleted by the next run', async () => {
  const module = import.meta.resolve('./private-server.ts');
  const killed = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { writeSync } from 'node:fs';
       const { startPrivateServer } = await import(${JSON.stringify(module)});
       const { postmaster, directory } = await startPrivateServer();
       writeSync(1, JSON.stringify({ postmaster, directory }));
       process.kill(process.pid, 'SIGKILL');`,
    ],
    { encoding: 'utf8' },
  );
  assert.equal(killed.signal, 'SIGKILL', killed.stderr);
  const { postmaster, directory } = JSON.parse(killed.stdout) as { postmaster: number; directory: string };

  await removeAbandonedServers();
  assert.equal(isAlive(postmaster), false);
  assert.equal(existsSync(dirname(directory)), false);
});

test('every test database is a new one, and dropping it ends the sessions that are still open', async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  assert.notEqual(one.url, other.url);
  const session = new pg.Client({ connectionString: one.url });
  const ended = new Promise((done) => session.on('error', done));
  await session.connect();
  await one.drop();
  assert.match(String(await ended), /terminat/);
  await assert.rejects(new pg.Client({ connectionString: one.url }).connect(), { code: '3D000' });
  await other.drop();
});
