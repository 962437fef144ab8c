import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { forgetExpired } from '#chassis/payloads/upkeep.ts';
import { openStore, type Store } from './store.ts';

describe('the store of bodies', () => {
  let store: Store;
  before(async () => { store = await openStore(); });
  after(() => store.leave());

  const message = { mediaType: 'x-application/hl7-v2+er7', purpose: 'clinical-message' };
  const put = (body: string | Buffer, more: { keepDays?: number } = {}) => store.payloads.put(store.database, { body, ...message, ...more });
  const get = (reference: string) => store.payloads.get(store.database, reference);

  for (const [size, body] of [['nothing', Buffer.alloc(0)], ['a line', Buffer.from('MSH|^~\\&|')], ['much that is alike', Buffer.from('PID|1||'.repeat(5_000))], ['much of all kinds', randomBytes(300_000)]] as const) {
    test(`gives back ${size} as it was put`, async () => {
      const kept = await get(await put(body));
      assert.deepEqual(kept, { body, ...message });
    });
  }

  test('shows nothing of a body in any column', async () => {
    const reference = await put(`NK1|1|Quillfeather|${'|'.repeat(500)}`);
    const [row] = await store.database.query<{ text: string }>(`select p::text || encode(p.content, 'escape') as text from chassis.payloads p where reference = $1`, [reference]);
    assert.doesNotMatch(row!.text, /Quillfeather|5175696c6c66656174686572/);
  });

  test('keeps a body together with the row that refers to it, or not at all', async () => {
    let reference = '';
    await assert.rejects(store.database.transaction(async (tx) => {
      reference = await store.payloads.put(tx, { body: 'gone', ...message });
      throw new Error('rolled back');
    }), /rolled back/);
    await assert.rejects(get(reference), { kind: 'not-found', code: 'payload-gone' });
  });

  test('never uses a nonce twice with a key, and a key in one process only', async () => {
    const other = await store.openWith(await store.keys('first'));
    await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? store.payloads : other).put(store.database, { body: 'same', ...message })));
    const [counted] = await store.database.query<{ bodies: number; nonces: number; keys: number }>(
      'select count(*) as bodies, count(distinct (data_key, nonce)) as nonces, count(distinct data_key) as keys from chassis.payloads');
    assert.equal(counted!.nonces, counted!.bodies);
    assert.equal(counted!.keys, 2);
  });

  const ALTERATIONS = [
    ['a bit of the content flipped', `content = set_byte(content, 3, get_byte(content, 3) # 1)`],
    ['a bit of the tag flipped', `content = set_byte(content, octet_length(content) - 1, get_byte(content, octet_length(content) - 1) # 128)`],
    ['the end cut off', 'content = substring(content from 1 for octet_length(content) - 1)'],
    ['nothing left of it', `content = ''`],
    ['the body of another in its place', `(content, nonce, encoding, data_key) = (select content, nonce, encoding, data_key from chassis.payloads where reference = $2)`],
    ['another purpose', `purpose = 'something-else'`],
    ['another media type', `media_type = 'text/html'`],
    ['another nonce', `nonce = set_byte(nonce, 0, 1)`],
    ['another data key', 'data_key = (select id from chassis.data_keys d where d.id <> data_key limit 1)'],
    ['a data key that is gone', `data_key = '00000000-0000-0000-0000-000000000000'`],
  ] as const;
  for (const [what, change] of ALTERATIONS) {
    test(`does not serve a body with ${what}`, async () => {
      await store.openWith(await store.keys('first'));
      const [reference, other] = [await put('the first patient '.repeat(40)), await put('the second patient '.repeat(40))];
      await store.database.query(`update chassis.payloads set ${change} where reference = $1 and $2::uuid is not null`, [reference, other]);
      await assert.rejects(get(reference), (error: Error & { kind?: string; code?: string }) => error.kind === 'internal' && /^(payload-altered|data-key-gone)$/.test(error.code ?? '') && !error.message.includes('patient'));
      assert.equal((await get(other)).body.toString(), 'the second patient '.repeat(40));
    });
  }

  test('does not serve bodies whose wrapped key was altered or exchanged', async () => {
    const other = await store.openWith(await store.keys('first'));
    const reference = await other.put(store.database, { body: 'kept', ...message });
    await store.database.query(`update chassis.data_keys set wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) where id = (select data_key from chassis.payloads where reference = $1)`, [reference]);
    // The process that made the key still has it in memory; another has to unwrap it.
    await assert.rejects((await store.openWith(await store.keys('first'))).get(store.database, reference), { kind: 'internal', code: 'data-key-altered' });
    await store.database.query('update chassis.data_keys set wrapped = (select wrapped from chassis.data_keys order by made_at limit 1) where id = (select data_key from chassis.payloads where reference = $1)', [reference]);
    await assert.rejects((await store.openWith(await store.keys('first'))).get(store.database, reference), { kind: 'internal', code: 'data-key-altered' });
  });

  test('keeps nothing under a key that is lost, and goes on with another', async () => {
    const own = await store.openWith(await store.keys('first'));
    const keep = (body: string) => own.put(store.database, { body, ...message });
    await store.database.query('delete from chassis.data_keys where id = (select data_key from chassis.payloads where reference = $1)', [await keep('before')]);
    await assert.rejects(keep('lost'), { kind: 'unavailable', code: 'data-key-lost' });
    assert.equal((await own.get(store.database, await keep('after'))).body.toString(), 'after');
  });

  test('forgets what its time is over for, and not what its owner removes', async () => {
    const [old, young, owned] = [await put('old', { keepDays: 1 }), await put('young', { keepDays: 3 }), await put('owned', { keepDays: Infinity })];
    await store.database.query(`update chassis.payloads set expires_at = expires_at - interval '2 days' where expires_at < 'infinity'`);
    await forgetExpired(store.database);
    assert.deepEqual([...(await store.payloads.getAll(store.database, [old, young, owned])).keys()].sort(), [young, owned].sort());
    await store.payloads.remove(store.database, [owned]);
    await assert.rejects(get(owned), { code: 'payload-gone' });
  });

  test('refuses a body that is larger than what can be kept', async () => {
    await assert.rejects(put(Buffer.alloc(64 * 1024 * 1024 + 1)), { kind: 'too-large' });
  });
});
