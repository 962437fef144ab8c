import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { checkSection } from '#chassis/config/config.ts';
import { brokerMistakes, brokerSettings, NatsConfig } from '#chassis/events/nats/settings.ts';

describe('the settings of the event broker', () => {
  let directory: string;
  let secret: string;
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'callosum-nats-'));
    secret = path.join(directory, 'secret');
    await writeFile(secret, 'canary');
  });
  after(() => rm(directory, { recursive: true }));

  test('are none where the address is empty, as it is when its environment variable is not set', () => {
    const unset = { url: '', user: '', passwordFile: '', tokenFile: '', caFile: '' };
    assert.equal(brokerSettings(unset), undefined);
    assert.equal(brokerSettings(undefined), undefined);
    assert.deepEqual(brokerMistakes(unset), []);
  });

  test('name one or more servers, with and without the scheme', () => {
    assert.deepEqual(brokerSettings({ url: 'nats://one:4222, two:4223' })?.servers, ['one:4222', 'two:4223']);
    assert.equal(brokerSettings({ url: 'nats://one:4222' })?.tls, undefined);
    assert.deepEqual(brokerSettings({ url: 'tls://one:4222' })?.tls, {});
    assert.deepEqual(brokerSettings({ url: 'nats://one:4222', caFile: secret })?.tls, { caFile: secret });
  });

  for (const [what, config, mistake] of [
    ['an address that is none', { url: 'nats://' }, /^\/nats\/url: is not an address/],
    ['an address of something else', { url: 'https://one' }, /^\/nats\/url: is not an address/],
    ['credentials in the address', { url: 'nats://user:canary@one:4222' }, /^\/nats\/url: credentials belong into files/],
    ['encryption to a server without a name', { url: 'tls://127.0.0.1:4222' }, /^\/nats\/url: over TLS/],
    ['a user without a password', { url: 'one', user: 'callosum' }, /belong together/],
    ['a file that is not there', { url: 'one', tokenFile: '/nowhere/canary' }, /^\/nats\/tokenFile: the file \/nowhere\/canary cannot be read \(ENOENT\)/],
    ['a certificate without its key', { url: 'one', certFile: import.meta.filename }, /certFile and keyFile/],
  ] as const) {
    test(`are refused with ${what}, without a secret in the message`, () => {
      const mistakes = brokerMistakes(config);
      assert.equal(mistakes.length, 1, mistakes.join('\n'));
      assert.match(mistakes[0]!, mistake);
      assert.ok(!mistakes[0]!.includes('user:canary'));
    });
  }

  test('with two kinds of credentials are refused', () => {
    assert.deepEqual(brokerMistakes({ url: 'one', user: 'callosum', passwordFile: secret, tokenFile: secret }), ['/nats: either user and passwordFile or tokenFile']);
  });

  test('that nobody knows are refused', () => {
    const mistakes: string[] = [];
    checkSection(NatsConfig, { url: 'one', password: 'canary' }, '/nats', mistakes);
    assert.equal(mistakes.length, 1);
    assert.ok(!mistakes[0]!.includes('canary'));
  });
});
