import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { after, before, describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { createBroker, type Broker } from '#chassis/events/nats/broker.ts';
import { brokerSettings, type NatsConfig } from '#chassis/events/nats/settings.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { startNatsServer, type NatsServer } from './nats-server.ts';

const PASSWORD = 'canary-4711-password';
const TOKEN = 'canary-4711-token';

interface Watched {
  broker: Broker;
  lines(): { level: string; message: string }[];
  /** Waits for a line with the text. */
  says(text: string): Promise<{ level: string; message: string }>;
}

describe('the connection to the event broker', () => {
  let directory: string;
  before(async () => { directory = await mkdtemp(path.join(tmpdir(), 'callosum-nats-')); });
  after(() => rm(directory, { recursive: true }));

  const file = async (name: string, content: string) => {
    const at = path.join(directory, name);
    await writeFile(at, content);
    return at;
  };

  async function serve(t: TestContext, args: string[]): Promise<NatsServer> {
    const server = await startNatsServer(args);
    t.after(() => server.dispose());
    return server;
  }

  async function watch(t: TestContext, config: NatsConfig): Promise<Watched> {
    let said = '';
    const log = createLog('watched', 'info', new Writable({ write(chunk, _encoding, done) { said += String(chunk); done(); } }));
    const broker = createBroker(brokerSettings(config)!, { log, service: 'watched' });
    t.after(async () => {
      await broker.stop();
      assert.ok(!said.includes('canary-4711'), said);
    });
    await broker.start();
    const lines = () => said.split('\n').filter(Boolean).map((line) => JSON.parse(line) as { level: string; message: string });
    return { broker, lines, says: (text) => eventually(() => lines().find(({ message }) => message.includes(text))) };
  }

  test('is made with a user and a password, and again with another when both sides have exchanged it', async (t) => {
    const server = await serve(t, ['-js', '--user', 'callosum', '--pass', PASSWORD]);
    const passwordFile = await file('password', `${PASSWORD}\n`);
    const { broker, says } = await watch(t, { url: server.url, user: 'callosum', passwordFile });
    await says('connected to the event broker');
    await server.kill();
    assert.equal((await says('connection to the event broker lost')).level, 'warn');
    assert.equal(broker.connection(), undefined);
    await server.start(['-js', '--user', 'callosum', '--pass', `${PASSWORD}-new`]);
    const refusal = await says('refuses our credentials');
    assert.equal(refusal.level, 'error');
    await file('password', `${PASSWORD}-new`);
    await eventually(() => broker.connection());
  });

  test('is made with a token', async (t) => {
    const server = await serve(t, ['-js', '--auth', TOKEN]);
    const { says } = await watch(t, { url: server.url, tokenFile: await file('token', TOKEN) });
    await says('connected to the event broker');
  });

  test('with wrong credentials is refused, which is said once and plainly and without them', async (t) => {
    const server = await serve(t, ['-js', '--user', 'callosum', '--pass', PASSWORD]);
    const { broker, lines, says } = await watch(t, { url: server.url, user: 'callosum', passwordFile: await file('wrong', `${PASSWORD}-wrong`) });
    assert.equal((await says('refuses our credentials')).level, 'error');
    // Later attempts are told apart by another reason in between.
    await server.kill();
    await says('cannot be reached');
    assert.equal(lines().filter(({ message }) => message.includes('refuses our credentials')).length, 1);
    assert.equal(broker.connection(), undefined);
  });

  test('to an address where nobody listens is tried again until somebody does', async (t) => {
    const server = await serve(t, ['-js']);
    await server.kill();
    const { broker, says } = await watch(t, { url: server.url });
    assert.equal((await says('cannot be reached')).level, 'warn');
    assert.equal(broker.connection(), undefined);
    await server.start();
    await eventually(() => broker.connection());
  });

  test('to a server without JetStream is of no use, which is said', async (t) => {
    const server = await serve(t, []);
    const { broker, says } = await watch(t, { url: server.url });
    assert.equal((await says('offers no JetStream')).level, 'error');
    await server.kill();
    await server.start(['-js']);
    await eventually(() => broker.connection());
  });

  test('is encrypted where the address says so, with a server that our authority vouches for and no other', async (t) => {
    const openssl = (...args: string[]) => promisify(execFile)('openssl', args, { cwd: directory });
    for (const name of ['authority', 'stranger']) await openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2', '-subj', `/CN=${name}`);
    await openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
    await file('server.ext', 'subjectAltName=DNS:localhost');
    await openssl('x509', '-req', '-in', 'server.csr', '-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial', '-out', 'server.pem', '-days', '2', '-extfile', 'server.ext');
    const at = (name: string) => path.join(directory, name);
    const server = await serve(t, ['-js', '--tls', '--tlscert', at('server.pem'), '--tlskey', at('server.key')]);
    const url = `tls://localhost:${server.port}`;
    const trusting = await watch(t, { url, caFile: at('authority.pem') });
    await trusting.says('connected to the event broker');
    const wary = await watch(t, { url, caFile: at('stranger.pem') });
    await wary.says('cannot be trusted or does not encrypt');
    assert.equal(wary.broker.connection(), undefined);
    // Nor does it speak in the clear to a server that does not encrypt.
    const plain = await serve(t, ['-js']);
    const strict = await watch(t, { url: `tls://localhost:${plain.port}` });
    await strict.says('cannot be trusted or does not encrypt');
    assert.equal(strict.broker.connection(), undefined);
  });
});
