import { createServer, type AddressInfo, type Server } from 'node:net';
import type { AdapterDeps } from '#chassis/adapters/adapter.ts';
import type { MessageListener, TakeMessage } from '../../port.ts';
import { serveConnection, type Connection } from './connection.ts';
import type { MllpSettings } from './settings.ts';

/** Accepts connections of senders until stopped. */
export function createListener(settings: MllpSettings, take: TakeMessage, { log }: Pick<AdapterDeps, 'log'>): MessageListener {
  const connections = new Set<Connection>();
  let server: Server | undefined;
  let heldBytes = 0;
  let port = settings.port;

  function hold(bytes: number): boolean {
    heldBytes += bytes;
    return heldBytes <= settings.maxUnfinishedBytes;
  }

  return {
    get port() { return port; },
    async start() {
      // Half-open, so that a sender that has said all it has to say still gets its answers.
      const starting = createServer({ allowHalfOpen: true }, (socket) => {
        const connection = serveConnection(socket, { settings, take, log, hold });
        connections.add(connection);
        socket.on('close', () => connections.delete(connection));
      });
      starting.maxConnections = settings.maxConnections;
      starting.on('drop', () => log.warn('connection of a sender refused', { reason: 'there are too many' }));
      await new Promise<void>((resolve, reject) => starting.once('error', reject).listen(settings.port, settings.host, resolve));
      server = starting;
      ({ port } = starting.address() as AddressInfo);
      log.info('listening for messages', { port });
    },
    async stop() {
      const closed = new Promise<void>((resolve) => { if (server) server.close(() => resolve()); else resolve(); });
      await Promise.all([...connections].map((each) => each.finish()));
      await closed;
    },
  };
}
