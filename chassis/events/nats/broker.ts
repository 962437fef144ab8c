import { readFileSync } from 'node:fs';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { AuthorizationError, connect, tokenAuthenticator, usernamePasswordAuthenticator, type Authenticator, type NatsConnection } from '@nats-io/transport-node';
import { describeError, type Log } from '../../telemetry/logger.ts';
import { loop, type Background } from '../../deployable/background.ts';
import { backoffMs } from '../../resilience/backoff.ts';
import type { BrokerSettings } from './settings.ts';

/** A connection that stands at the moment. */
export interface BrokerConnection {
  js: JetStreamClient;
  jsm: JetStreamManager;
  /** The largest message that the server takes, in bytes. */
  maxPayload: number;
}

export interface Broker extends Background {
  /** Undefined while the broker is away. */
  connection(): BrokerConnection | undefined;
  /** Calls `told` whenever the connection has come or gone. */
  onChange(told: () => void): void;
}

// A connection that is cut in the middle of the network says nothing: two signs of life that fail to come end it.
const PING_MS = 5_000;
const PINGS_MISSED = 2;
const CONNECT_WITHIN_MS = 5_000;
const LOOK_MS = 60_000;
const RETRY = { firstMs: 250, maxMs: 5_000 };

/** Keeps one connection to the broker, and says plainly when and why there is none. */
export function createBroker(settings: BrokerSettings, { log, service }: { log: Log; service: string }): Broker {
  const listeners: (() => void)[] = [];
  const target = settings.servers.join(',');
  let nc: NatsConnection | undefined;
  let current: BrokerConnection | undefined;
  let lastReason: string | undefined;
  let failures = 0;
  let again: NodeJS.Timeout | undefined;
  const keeper = loop({ name: 'event broker', pollMs: LOOK_MS, log, turn: keep });

  async function keep(): Promise<boolean> {
    clearTimeout(again);
    if (current) return false;
    try {
      await open();
      failures = 0;
    } catch (error) {
      failures += 1;
      tellWhyNot(error);
      again = setTimeout(keeper.wake, backoffMs(failures, RETRY));
    }
    return false;
  }

  async function open(): Promise<void> {
    const opened = await connect({
      servers: settings.servers, name: `callosum ${service}`, authenticator: authenticatorOf(settings), timeout: CONNECT_WITHIN_MS,
      // Reconnecting is ours: then a lost connection fails at once what waits for it, and one place says why there is none.
      reconnect: false, pingInterval: PING_MS, maxPingOut: PINGS_MISSED, ignoreClusterUpdates: false,
      ...(settings.tls ? { tls: settings.tls } : {}),
    });
    try {
      const jsm = await jetstreamManager(opened);
      current = { js: jetstream(opened), jsm, maxPayload: opened.info?.max_payload ?? 1_048_576 };
    } catch (error) {
      await opened.close();
      throw error;
    }
    nc = opened;
    lastReason = undefined;
    log.info('connected to the event broker', { target });
    void opened.closed().then((error) => lost(opened, error ?? undefined));
    tell();
  }

  function lost(closed: NatsConnection, error: Error | undefined): void {
    if (nc !== closed) return;
    nc = undefined;
    current = undefined;
    log.warn('connection to the event broker lost, events are read from the log until it is back', { target, ...(error ? describeError(error) : {}) });
    tell();
    keeper.wake();
  }

  function tell(): void {
    for (const told of listeners) told();
  }

  /** Once for each reason, not for each attempt. */
  function tellWhyNot(error: unknown): void {
    const reason = reasonOf(error);
    if (reason !== lastReason) log[reason === UNREACHABLE ? 'warn' : 'error'](reason, { target, ...describeError(error) });
    lastReason = reason;
  }

  return {
    connection: () => current,
    onChange: (told) => { listeners.push(told); },
    start: keeper.start,
    async stop() {
      clearTimeout(again);
      await keeper.stop();
      clearTimeout(again);
      const last = nc;
      nc = undefined;
      current = undefined;
      await last?.close();
    },
  };
}

const UNREACHABLE = 'the event broker cannot be reached, events are read from the log until it can';

function reasonOf(error: unknown): string {
  if (error instanceof AuthorizationError) return 'the event broker refuses our credentials, events are read from the log until it takes them';
  if (error instanceof Error && error.name === 'JetStreamNotEnabled') return 'the event broker offers no JetStream, events are read from the log until it does';
  if (error instanceof Error && 'code' in error && /^(ENOENT|EACCES|EISDIR)$/.test(String(error.code))) return 'a file with credentials for the event broker cannot be read';
  if (error instanceof Error && (/TLS|CERT|SELF_SIGNED|UNABLE_TO/.test('code' in error ? String(error.code) : '') || error.message.includes("does not support 'tls'"))) return 'the event broker cannot be trusted or does not encrypt, events are read from the log until that is mended';
  return UNREACHABLE;
}

function authenticatorOf({ user, passwordFile, tokenFile }: BrokerSettings): Authenticator[] {
  if (user !== undefined && passwordFile !== undefined) {
    const password = secretIn(passwordFile);
    return [usernamePasswordAuthenticator(user, password)];
  }
  return tokenFile === undefined ? [] : [tokenAuthenticator(secretIn(tokenFile))];
}

/** Read for each connection, so that what was exchanged in the file is taken up without a restart. */
function secretIn(file: string): string {
  return readFileSync(file, 'utf8').trim();
}
