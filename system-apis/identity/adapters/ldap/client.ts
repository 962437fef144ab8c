import { isIP, connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Client, ResultCodeError } from 'ldapts';
import type { WireDeps } from '#chassis/adapters/adapter.ts';
import { deadlinePassed, remainingMs } from '#chassis/contract/deadline.ts';
import { ApiError, asApiError } from '#chassis/errors/failures.ts';
import { createCircuit } from '#chassis/resilience/circuit.ts';
import { NotSent } from '#chassis/resilience/target-failure.ts';
import { failureOf, isLost, signOnFailed, unreachable } from './failures.ts';
import type { LdapSettings } from './settings.ts';

export interface LdapConnections {
  /**
   * Runs work on the one connection. When that is lost underway, nobody knows what became of the operation on it: the
   * work is run once more on a new connection, and has to read what is there before it writes.
   */
  run<T>(operation: string, work: (wire: Client) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const ADAPTER = 'ldap';

export function connectLdap(settings: LdapSettings, { log, metrics, dependencies, calls, tier = 'standard' }: WireDeps): LdapConnections {
  const { hostname, host, protocol } = new URL(settings.url);
  const circuit = createCircuit({ target: `${ADAPTER}@${host}`, shownAs: ADAPTER, tier, log, metrics, dependencies });
  let current: Promise<Client> | undefined;

  function connection(): Promise<Client> {
    return current ??= open();
  }

  function open(): Promise<Client> {
    // The library does not notice by itself when the server hangs up after StartTLS.
    const watched = <Socket extends { once(event: 'close', listener: () => void): unknown }>(socket: Socket): Socket => {
      socket.once('close', forget);
      return socket;
    };
    const bare = hostname.replaceAll(/^\[|\]$/g, '');
    const tls = { ca: settings.ca, host: bare, ...(isIP(bare) ? {} : { servername: bare }) };
    const client = new Client({
      url: settings.url, timeout: settings.timeoutMs, connectTimeout: settings.timeoutMs, strictDN: false,
      ...(protocol === 'ldaps:' ? { tlsOptions: tls } : {}),
      createConnection: ((...to: [number, string]) => watched(connectTcp(...to))) as typeof connectTcp,
      createSecureConnection: ((...to: [object]) => watched(connectTls(...to))) as typeof connectTls,
    });
    const opened = signOn(client, protocol === 'ldap:' && settings.startTls ? tls : undefined).then(() => client);
    opened.catch(forget);
    return opened;

    function forget(): void {
      if (current === opened) current = undefined;
    }
  }

  async function signOn(client: Client, startTls: object | undefined): Promise<void> {
    try {
      if (startTls) await inTime(client.startTLS(startTls));
      await client.bind(settings.bindDn, settings.password);
    } catch (thrown) {
      client.unbind().catch(ignored);
      throw thrown instanceof ResultCodeError ? signOnFailed(thrown) : unreachable(thrown);
    }
  }

  /** A server that agrees to StartTLS and then says nothing keeps the library waiting for ever. */
  async function inTime<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => { timer = setTimeout(() => reject(new Error('Operation timed out')), settings.timeoutMs); });
    return Promise.race([work, tooLate]).finally(() => clearTimeout(timer));
  }

  async function once<T>(operation: string, work: (wire: Client) => Promise<T>): Promise<T> {
    if (remainingMs() <= 0) throw deadlinePassed(new NotSent());
    const used = connection();
    const client = await used;
    try {
      return await work(client);
    } catch (thrown) {
      if (isLost(thrown)) {
        if (current === used) current = undefined;
        // Not waited for: on a dead connection the library waits as long as for an answer.
        client.unbind().catch(ignored);
      }
      throw failureOf(thrown, operation);
    }
  }

  async function withRepeat<T>(operation: string, work: (wire: Client) => Promise<T>): Promise<T> {
    try {
      return await once(operation, work);
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.code === 'connection-lost') return once(operation, work);
      throw thrown;
    }
  }

  return {
    async run(operation, work) {
      const startedAt = performance.now();
      const done = (outcome: string) => {
        const durationMs = performance.now() - startedAt;
        metrics.vendorCalls.observe({ adapter: ADAPTER, outcome }, durationMs / 1_000);
        calls?.note({ adapter: ADAPTER, route: operation, outcome, status: undefined, durationMs, evidence: undefined });
      };
      try {
        const result = await circuit.fire(() => withRepeat(operation, work), remainingMs());
        done('ok');
        return result;
      } catch (thrown) {
        done(asApiError(thrown).kind);
        throw thrown;
      }
    },
    async close() {
      circuit.shutdown();
      const last = current;
      current = undefined;
      await last?.then((client) => client.unbind()).catch(ignored);
    },
  };
}

/** Of a connection that is given up anyhow. */
function ignored(): void {}
