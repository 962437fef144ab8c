import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createFaults } from '../faults.ts';
import type { Faults } from '../faults.ts';
import { controlRoutes, createControl } from './control.ts';
import type { Control } from './control.ts';
import { coupaApi } from './coupa/api.ts';
import { loadCatalogue } from './coupa/load-catalogue.ts';
import { COUPA_QUOTA } from './coupa/quota.ts';
import type { Quota } from './coupa/quota.ts';
import { COUPA_SCOPES } from './coupa/tokens.ts';
import type { CoupaClient } from './coupa/tokens.ts';
import { openDatabase } from './database.ts';
import { dockRoutes } from './dock.ts';
import { loadSettings } from './settings.ts';
import { startAgent } from './suppliers/agent.ts';
import { startCourier } from './suppliers/courier.ts';
import type { Desk } from './suppliers/desk.ts';
import type { PartnerPortal } from './suppliers/partner-portal.ts';
import { portalCarrier } from './suppliers/portal-carrier.ts';
import { startPortalReader } from './suppliers/portal-reader.ts';
import type { Worker } from './suppliers/worker.ts';
import { vanCarrier } from './van/carrier.ts';
import type { VanConnection } from './van/carrier.ts';
import { mailboxRoutes } from './van/mailboxes.ts';

export interface NetworkOptions {
  databaseUrl: string;
  /** 0 takes a free one. */
  port: number;
  seed: number;
  /** Switch of the simulated Coupa; one of its own when absent. */
  faults?: Faults;
  /** Switch of the value-added network. */
  vanFaults?: Faults;
  /** Integrations that may sign on to Coupa; one with all scopes and a random secret when absent. */
  clients?: readonly CoupaClient[];
  quota?: Partial<Quota>;
  tokenLifetimeSeconds?: number;
  /** Milliseconds that an hour of supplier time takes, until the operator sets another. */
  msPerHour?: number;
  /** The platform's partner API; can be connected later as well. */
  portal?: PartnerPortal;
  /** Where X12 suppliers send to; can be connected later as well. */
  van?: VanConnection;
  /** What the platform has to show as bearer token at the mailboxes of X12 suppliers. */
  vanToken?: string;
  /** Milliseconds between two readings of partner orders. */
  portalPollMs?: number;
  /** Pause before a document that was not acknowledged is sent again, doubled each time. */
  retryBaseMs?: number;
  connections?: number;
  now?: () => Date;
}

export interface Network {
  url: string;
  port: number;
  clients: readonly CoupaClient[];
  faults: Faults;
  vanFaults: Faults;
  control: Control;
  connectPortal(portal: PartnerPortal): void;
  connectVan(connection: VanConnection): void;
  close(): Promise<void>;
}

const DAY_S = 86_400;

/** Starts the procurement network: Coupa, value-added network, suppliers and the hospital's dock, on one port. */
export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const now = options.now ?? (() => new Date());
  const clients = options.clients ?? [{ id: 'callosum', secret: randomBytes(24).toString('base64url'), scopes: COUPA_SCOPES }];
  const faults = options.faults ?? createFaults(options.seed);
  const vanFaults = options.vanFaults ?? createFaults(options.seed + 1);
  const database = await openDatabase(options.databaseUrl, options.connections ?? 10);
  await loadCatalogue(database, now());
  const settings = await loadSettings(database, options.msPerHour ?? 50);
  const desk: Desk = { seed: options.seed, settings, now, today: () => now().toISOString().slice(0, 10) };

  const courier = startCourier(database, desk, options.retryBaseMs ?? 250);
  const agent = startAgent(database, desk, () => courier.wake());
  const readers: Worker[] = [];
  const connectPortal = (portal: PartnerPortal) => {
    courier.connect('partner', portalCarrier(portal));
    readers.push(startPortalReader(database, desk, portal, options.portalPollMs ?? 500, () => agent.wake()));
  };
  if (options.portal) connectPortal(options.portal);
  const connectVan = (connection: VanConnection) => courier.connect('x12', vanCarrier(connection));
  if (options.van) connectVan(options.van);

  const wake = () => {
    agent.wake();
    courier.wake();
  };
  const control = createControl({ database, desk, faults: { coupa: faults, van: vanFaults }, wake });
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(controlRoutes(database, control, settings, { coupa: faults, van: vanFaults }));
  app.use(dockRoutes(database));
  // Not mounted on the paths: express would cut them off before the switches see them.
  app.use((request, response, next) => (/^\/(api|oauth2)\//.test(request.path) ? faults.middleware(request, response, next) : next()));
  app.use((request, response, next) => (request.path.startsWith('/edi/') ? vanFaults.middleware(request, response, next) : next()));
  app.use(mailboxRoutes(database, desk, options.vanToken, () => agent.wake()));
  app.use(coupaApi(database, desk, {
    clients,
    quota: { ...COUPA_QUOTA, ...options.quota },
    tokenLifetimeSeconds: options.tokenLifetimeSeconds ?? DAY_S,
  }, () => agent.wake()));

  const server = app.listen(options.port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    clients,
    faults,
    vanFaults,
    control,
    connectPortal,
    connectVan,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await Promise.all([agent, courier, ...readers].map((worker) => worker.stop()));
      await database.end();
    },
  };
}
