import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ConfigError } from '#chassis/config/config.ts';
import { createDataKeys } from '#chassis/payloads/data-keys.ts';
import { keysFromFiles } from '#chassis/payloads/key-files.ts';
import type { KeyManagement } from '#chassis/payloads/key-management.ts';
import { wrapAnew } from '#chassis/payloads/master-keys.ts';
import { forgetUnusedKeys } from '#chassis/payloads/upkeep.ts';
import { startChild } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe } from '../../support/probe.ts';
import { openStore, type Store } from './store.ts';

const refusal = (sentence: RegExp) => (error: Error) => error instanceof ConfigError && error.mistakes.some((mistake) => sentence.test(mistake));

describe('master keys', () => {
  let store: Store;
  before(async () => { store = await openStore(); });
  after(() => store.leave());

  const keep = (body: string, payloads = store.payloads) => payloads.put(store.database, { body, mediaType: 'text/plain', purpose: 'test' });
  const needing = (id: string) => store.database.query<{ count: number }>('select count(*) as count from chassis.data_keys where master_key = $1', [id]).then(([row]) => row!.count);
  async function wrapAllAnew(keys: KeyManagement): Promise<void> {
    while (await wrapAnew({ ...store, keys }) > 0);
  }

  test('are taken as they are and in base64, from files that nobody else can read or change', async () => {
    const file = path.join(store.directory, 'raw.key');
    for (const content of [randomBytes(32), `${randomBytes(32).toString('base64')}\n`]) {
      await writeFile(file, content, { mode: 0o600 });
      assert.deepEqual((await keysFromFiles([{ id: 'raw', file }])).ids, ['raw']);
    }
    for (const mode of [0o604, 0o620]) {
      await chmod(file, mode);
      await assert.rejects(keysFromFiles([{ id: 'raw', file }]), refusal(new RegExp(`the key raw stands in .*raw.key, which others may read or the group may change \\(mode ${mode.toString(8)}\\)`)));
    }
    await chmod(file, 0o600);
    await writeFile(file, randomBytes(31));
    await assert.rejects(keysFromFiles([{ id: 'raw', file }, { id: 'none', file: `${file}.not` }]), (error: ConfigError) => {
      assert.equal(error.mistakes.length, 2);
      return refusal(/the key raw in .* is not 32 bytes/)(error) && refusal(/the key none cannot be read from .* \(ENOENT\)/)(error);
    });
  });

  test('that are others than before under the same id are refused by name', async () => {
    const [wrong] = (await store.keys('wrong')).masterKeys;
    await assert.rejects(store.openWith({ masterKeys: [{ id: 'first', file: wrong!.file }] }), refusal(/the key first is not the key that was used under this id before/));
  });

  test('that data keys need and nobody gives are refused, with how many need them', async () => {
    const count = await needing('first');
    await assert.rejects(store.openWith(await store.keys('another')), refusal(new RegExp(`the key first is missing, and ${count} data keys? needs? it`)));
  });

  test('are exchanged while bodies come and go; then the old one is needed by nothing', async () => {
    const before = await keep('before');
    const both = await store.keys('second', 'first');
    const rotated = await store.openWith(both);
    const during = await keep('during, by a process that does not know yet');
    const keys = await keysFromFiles(both.masterKeys);
    let isRunning = true;
    const traffic = (async () => {
      const references: string[] = [];
      while (isRunning) references.push(await keep('traffic', references.length % 2 === 0 ? rotated : store.payloads));
      return references;
    })();
    await wrapAllAnew(keys);
    isRunning = false;
    const references = [before, during, ...await traffic];
    assert.equal(await needing('first'), 0);

    const alone = await store.openWith(await store.keys('second'));
    assert.equal((await alone.getAll(store.database, references)).size, references.length);
    assert.equal((await alone.get(store.database, before)).body.toString(), 'before');
    await assert.rejects(store.openWith(await store.keys('first')), refusal(/the key second is missing/));
  });

  test('are not exchanged back by a process that was not told of the newer one yet', async () => {
    const older = await keysFromFiles((await store.keys('first', 'second')).masterKeys);
    await wrapAllAnew(older);
    assert.equal(await needing('first'), 0);
  });

  test('exchanged by a process that is killed in the middle leave every body readable, and the next process goes on', async () => {
    const second = await keysFromFiles((await store.keys('second')).masterKeys);
    const data = createDataKeys({ ...store, keys: second, limits: { bodies: 1, bytes: Infinity, hours: Infinity } });
    for (let made = 0; made < 150; made += 1) await data.start();
    const reference = await keep('through all of it', await store.openWith(await store.keys('second')));
    const all = await needing('second');

    const settings = await store.keys('third', 'second');
    const child = startChild('../chassis/payloads/rewrapping-process.ts', { url: store.url, settings });
    try {
      await child.message();
    } finally {
      await child.end();
    }
    const [left, done] = [await needing('second'), await needing('third')];
    assert.ok(left > 0 && done > 1 && left < all, `killed in the middle: ${left} left, ${done} done`);
    await assert.rejects(store.openWith(await store.keys('third')), refusal(new RegExp(`the key second is missing, and ${left} data keys need it`)));
    const next = await store.openWith(settings);
    assert.equal((await next.get(store.database, reference)).body.toString(), 'through all of it');

    await wrapAllAnew(await keysFromFiles(settings.masterKeys));
    assert.equal(await needing('second'), 0);
    assert.equal((await (await store.openWith(await store.keys('third'))).get(store.database, reference)).body.toString(), 'through all of it');
  });

  test('are exchanged by every process that is started with a new one', async () => {
    const payloads = await store.keys('fourth', 'third');
    const probe = await startProbe(store.url, () => undefined, { payloads });
    try {
      await eventually(async () => (await needing('third')) === 0);
      const reference = await probe.tx((tx) => probe.platform.payloads.put(tx, { body: 'kept', mediaType: 'text/plain', purpose: 'test' }));
      assert.equal((await probe.platform.payloads.get(store.database, reference)).body.toString(), 'kept');
    } finally {
      await probe.stop();
    }
    await assert.rejects(startProbe(store.url, () => undefined, { payloads: await store.keys('third') }), refusal(/the key fourth is missing, and \d+ data keys? needs? it/));
  });

  test('have a data key in every process that takes turns well before its limit', async () => {
    const third = await keysFromFiles((await store.keys('fourth')).masterKeys);
    const data = createDataKeys({ ...store, keys: third, limits: { bodies: 10, bytes: Infinity, hours: Infinity } });
    const used: string[] = [];
    for (let body = 0; body < 60; body += 1) used.push((await data.next(1)).id);
    const counts = new Map<string, number>();
    for (const id of used) counts.set(id, (counts.get(id) ?? 0) + 1);
    assert.ok(counts.size >= 3);
    assert.ok([...counts.values()].every((count) => count <= 20), [...counts.values()].join());
  });

  test('are asked for nothing by data keys that no body needs any more', async () => {
    const reference = await keep('needs its key', await store.openWith(await store.keys('fourth')));
    await store.database.query(`update chassis.data_keys set made_at = now() - interval '8 days'`);
    assert.ok(await forgetUnusedKeys(store.database) > 100);
    assert.equal((await (await store.openWith(await store.keys('fourth'))).get(store.database, reference)).body.toString(), 'needs its key');
  });
});
