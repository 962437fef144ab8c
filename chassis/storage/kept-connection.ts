import pg from 'pg';
import { describeError, type Log } from '../telemetry/logger.ts';

const BEAT_MS = 5_000;
const RETRY_MS = 250;

export interface KeptConnectionOptions {
  url: string;
  /** For the log. */
  name: string;
  log: Log;
  /** What has to be said on every new connection before it is of use. */
  prepare: (client: pg.Client) => Promise<void>;
  onNotification?: (payload: string) => void;
  /** After the first connection and after every later one. */
  onConnected?: () => void;
  /** Milliseconds between signs of life. */
  beatMs?: number;
}

export interface KeptConnection {
  close(): Promise<void>;
}

/**
 * One connection of its own that is opened again whenever it is lost. It is asked for a sign of life now and then,
 * because a connection that is cut in the middle of the network looks open for hours.
 */
export async function keepConnection({ url, name, log, prepare, onNotification, onConnected, beatMs = BEAT_MS }: KeptConnectionOptions): Promise<KeptConnection> {
  let closed = false;
  let current: pg.Client | undefined;
  let connecting: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const client = new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 5_000, query_timeout: 10_000 });
    client.on('error', (error) => { lose(client, error); });
    client.on('notification', (message) => { if (message.payload) onNotification?.(message.payload); });
    try {
      await client.connect();
      await prepare(client);
    } catch (error) {
      await end(client);
      throw error;
    }
    if (closed) return end(client);
    current = client;
    timer = setTimeout(beat, beatMs, client);
    onConnected?.();
  }

  function beat(client: pg.Client): void {
    client.query('select 1').then(() => {
      if (client === current) timer = setTimeout(beat, beatMs, client);
    }, (error: unknown) => { lose(client, error); });
  }

  function lose(client: pg.Client, error: unknown): void {
    if (closed || client !== current) return;
    current = undefined;
    clearTimeout(timer);
    log.warn('connection lost, will be opened again', { name, ...describeError(error) });
    void end(client);
    reconnect();
  }

  function reconnect(): void {
    connecting = connect().catch((error: unknown) => {
      log.warn('connection could not be opened', { name, ...describeError(error) });
      if (!closed) timer = setTimeout(reconnect, RETRY_MS);
    });
  }

  function end(client: pg.Client): Promise<void> {
    return client.end().catch((error: unknown) => { log.debug('connection was gone before it was closed', { name, ...describeError(error) }); });
  }

  await connect();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await connecting;
      if (current) await end(current);
    },
  };
}
