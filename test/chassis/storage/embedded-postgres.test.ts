import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import pg from 'pg';

import { ensureDatabase, startEmbeddedPostgres } from '../../../chassis/storage/embedded-postgres.ts';
import type { EmbeddedPostgres } from '../../../chassis/storage/embedded-postgres.ts';
import { locateHome } from '../../../chassis/storage/postgres-account.ts';
import { restoreSymlinks } from '../../../chassis/storage/postgres-binaries.ts';
import { findPostmaster } from '../../../chassis/storage/postmaster.ts';
import { makeTemporaryHome, removeAbandonedServers } from '../../support/private-server.ts';

const MODULE = import.meta.resolve('../../../chassis/storage/embedded-postgres.ts');
const homes: ReturnType<typeof makeTemporaryHome>[] = [];
const servers: EmbeddedPostgres[] = [];

before(removeAbandonedServers);

after(async () => {
  for (const server of servers) await server.stop();
  for (const home of homes) home.remove();
});

describe('the embedded PostgreSQL keeps its rows', () => {
  const { directory } = newHome();
  let server: EmbeddedPostgres;
  let port: number;

  before(async () => {
    server = await start(directory);
    port = server.port;
    await query(server, 'create table kept (what text)');
  });

  test('a committed row is on the disk before anyone hears of it', async () => {
    const settings = ['fsync', 'synchronous_commit', 'full_page_writes'];
    for (const setting of settings) assert.equal((await query(server, `show ${setting}`))[0]?.[setting], 'on');
  });

  test('when the postmaster is killed and started again', async () => {
    await query(server, `insert into kept values ('before the kill')`);
    const postmaster = postmasterOf(server);
    process.kill(postmaster, 'SIGKILL');
    server = await start(directory);
    assert.equal(server.adopted, false);
    assert.notEqual(postmasterOf(server), postmaster);
    assert.deepEqual(await query(server, 'select what from kept'), [{ what: 'before the kill' }]);
  });

  test('on the same port after an orderly stop', async () => {
    await server.stop();
    assert.equal(findPostmaster(join(server.directory, 'data')), undefined);
    server = await start(directory);
    assert.equal(server.port, port);
    assert.equal((await query(server, 'select from kept')).length, 1);
  });

  test('when the process that started it is killed, and the next one adopts the server', async () => {
    await server.stop();
    const killed = spawnSync(process.execPath, [
      '--input-type=module',
      '-e',
      `const { startEmbeddedPostgres } = await import(${JSON.stringify(MODULE)});
       await startEmbeddedPostgres({ directory: ${JSON.stringify(directory)} });
       process.kill(process.pid, 'SIGKILL');`,
    ]);
    assert.equal(killed.signal, 'SIGKILL', killed.stderr.toString());
    const orphan = findPostmaster(join(server.directory, 'data'));

    const told: string[] = [];
    server = await start(directory, (line) => told.push(line));
    assert.equal(server.adopted, true);
    assert.equal(postmasterOf(server), orphan?.pid);
    assert.match(told.join('\n'), /adopted/);
    assert.equal((await query(server, 'select from kept')).length, 1);

    await server.stop();
    assert.equal(findPostmaster(join(server.directory, 'data')), undefined);
  });

  test('on another port when somebody else has taken its own', async () => {
    const stranger = createServer();
    await new Promise<void>((done) => stranger.listen(port, '127.0.0.1', done));
    try {
      server = await start(directory);
      assert.notEqual(server.port, port);
      assert.equal((await query(server, 'select from kept')).length, 1);
    } finally {
      await new Promise((done) => stranger.close(done));
    }
  });

  test('when its lock file names a process id that another program has by now', async () => {
    await server.stop();
    writeFileSync(join(server.directory, 'data', 'postmaster.pid'), `${process.pid}\n\n\n${port}\n\n\n\nready\n`);
    server = await start(directory);
    assert.equal(server.adopted, false);
    assert.equal((await query(server, 'select from kept')).length, 1);
  });

  test('behind a password that only its owner can read', async () => {
    const stranger = new URL(server.url());
    stranger.password = 'guessed';
    await assert.rejects(connect(stranger.href), { code: '28P01' });
    assert.equal(statSync(join(server.directory, 'password')).mode & 0o777, 0o600);
    assert.equal(statSync(join(server.directory, 'data')).mode & 0o777, 0o700);
    assert.deepEqual(await query(server, 'show listen_addresses'), [{ listen_addresses: '127.0.0.1' }]);
    assert.deepEqual(await query(server, 'show unix_socket_directories'), [{ unix_socket_directories: '' }]);
  });

  test('in databases that several processes may ask for at once', async () => {
    await Promise.all([1, 2, 3, 4].map(() => ensureDatabase(server.url(), 'odd "name"')));
    const rows = await query(server, `select datname from pg_database where datname like 'odd%'`);
    assert.deepEqual(rows, [{ datname: 'odd "name"' }]);
    const client = await connect(server.url('odd "name"'));
    await client.end();
  });
});

test('a first start that was killed half-way is done again, and two processes that do it share one server', async () => {
  const { directory } = newHome();
  const halfway = spawn(
    process.execPath,
    ['--input-type=module', '-e', `(await import(${JSON.stringify(MODULE)})).startEmbeddedPostgres({ directory: ${JSON.stringify(directory)} })`],
    { stdio: 'ignore' },
  );
  const ended = new Promise((done) => halfway.once('exit', done));
  while (!leftovers(directory).some((name) => name.startsWith('data.tmp'))) {
    assert.equal(halfway.exitCode, null, 'the first start ended before it could be killed');
    await sleep(2);
  }
  halfway.kill('SIGKILL');
  await ended;

  const [one, other] = await Promise.all([start(directory), start(directory)]);
  assert.equal(one.url(), other.url());
  assert.equal((await query(other, 'select 1 as here')).length, 1);
  assert.deepEqual(leftovers(directory), []);
});

test('root lends the server another user even under a directory that only root can enter, and finds it again', async () => {
  const { directory, parent } = newHome();
  chmodSync(parent, 0o700);
  const told: string[] = [];
  const first = await start(directory, (line) => told.push(line));
  await query(first, 'create table found_again ()');
  const owner = statSync(join(first.directory, 'data')).uid;
  await first.stop();

  if (process.getuid?.() === 0) {
    assert.notEqual(owner, 0);
    assert.notEqual(first.directory, directory);
    assert.match(told.join('\n'), new RegExp(`keeps its data in ${first.directory}`));
  } else {
    assert.equal(owner, statSync(parent).uid);
    assert.equal(first.directory, directory);
    assert.deepEqual(told, []);
  }
  const second = await start(directory);
  assert.equal(second.directory, first.directory);
  assert.deepEqual(await query(second, 'select from found_again'), []);
});

test('the links between libraries that an install without scripts leaves out are made', () => {
  const { parent } = newHome();
  const libraries = join(parent, 'native', 'lib');
  mkdirSync(libraries, { recursive: true });
  writeFileSync(join(libraries, 'libone.so.1.2'), 'library');
  writeFileSync(
    join(parent, 'native', 'pg-symlinks.json'),
    JSON.stringify([{ source: 'native/lib/libone.so.1.2', target: 'native/lib/libone.so.1' }]),
  );
  assert.equal(restoreSymlinks(parent), true);
  assert.equal(restoreSymlinks(parent), true);
  assert.equal(readlinkSync(join(libraries, 'libone.so.1')), 'libone.so.1.2');
});

function newHome(): ReturnType<typeof makeTemporaryHome> {
  const home = makeTemporaryHome();
  homes.push(home);
  return home;
}

async function start(directory: string, log?: (line: string) => void): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ directory, log });
  servers.push(server);
  return server;
}

function postmasterOf(server: EmbeddedPostgres): number {
  const found = findPostmaster(join(server.directory, 'data'));
  assert.ok(found, 'the server runs');
  return found.pid;
}

function leftovers(directory: string): string[] {
  const home = locateHome(directory);
  return existsSync(home) ? readdirSync(home).filter((name) => name.includes('.tmp-')) : [];
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

async function query(server: EmbeddedPostgres, statement: string): Promise<Record<string, unknown>[]> {
  const client = await connect(server.url());
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
