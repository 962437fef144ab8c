import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type ErrorRequestHandler } from 'express';
import helmet from 'helmet';
import { errors } from 'oidc-provider';
import type { Account } from './accounts.ts';
import type { Client } from './clients.ts';
import { interactionRoutes } from './interaction.ts';
import { errorPage } from './pages.ts';
import { createPasswords } from './passwords.ts';
import { createProvider } from './provider.ts';
import { openIdentityState } from './state.ts';
import { openIdentityStore } from './store.ts';

export interface IdentityOptions {
  /** 0 takes a free port. */
  port: number;
  /** Where keys, secrets and sessions are kept; made when it is not there. */
  stateDirectory: string;
  accounts: readonly Account[];
  clients: readonly Client[];
  host?: string;
  /** Address under which browsers and APIs know the provider, when something stands in front of it. */
  issuer?: string;
}

export interface Identity {
  issuer: string;
  /** Where it listens, whatever the issuer says. */
  port: number;
  jwksUrl: string;
  passwordOf(username: string): string;
  secretOf(clientId: string): string;
  close(): Promise<void>;
}

const STYLE = readFileSync(new URL('sign-in.css', import.meta.url));

/** Starts the identity provider of the sandbox hospital. */
export async function startIdentity(options: IdentityOptions): Promise<Identity> {
  const host = options.host ?? '127.0.0.1';
  const state = openIdentityState(options.stateDirectory);
  const store = openIdentityStore(join(options.stateDirectory, 'identity.sqlite'));
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port, host, resolve));
  const { port } = server.address() as AddressInfo;
  const issuer = options.issuer ?? `http://${host}:${port}`;
  const { accounts, clients } = options;
  const provider = createProvider({ issuer, state, accounts, clients, adapterFor: store.adapterFor });
  provider.on('server_error', (_ctx, error) => process.emitWarning(error));
  const known = new Set(accounts.map((each) => each.username));
  const passwords = createPasswords((username) => (known.has(username) ? state.passwordOf(username) : undefined));

  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', issuer.startsWith('https:') ? 1 : false);
  app.use(helmet({
    contentSecurityPolicy: { useDefaults: false, directives: contentSecurityPolicy(clients) },
    // With no-referrer, browsers send `Origin: null` with our own forms, which the check of the origin refuses.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: issuer.startsWith('https:'),
  }));
  app.get('/sign-in.css', (_request, response) => {
    response.type('css').set('Cache-Control', 'public, max-age=3600').send(STYLE);
  });
  app.use(interactionRoutes({ provider, issuer, accounts, clients, passwords }));
  app.use(provider.callback());
  app.use(showProblem);
  server.on('request', app);

  return {
    issuer,
    port,
    jwksUrl: `${issuer}/jwks`,
    passwordOf: state.passwordOf,
    secretOf: state.secretOf,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      store.close();
    },
  };
}

/**
 * Forms may lead to the applications' addresses, since browsers hold the redirect after a form against `form-action` too.
 * `script-src` is empty, not absent: the provider adds the hash of the one script it has, for a sign-out without session.
 */
function contentSecurityPolicy(clients: readonly Client[]): Record<string, string[]> {
  const applications = clients.flatMap((each) => (each.kind === 'public' ? each.redirectUris : [])).map((each) => new URL(each).origin);
  return {
    'default-src': ["'none'"],
    'script-src': [],
    'style-src': ["'self'"],
    'form-action': ["'self'", ...new Set(applications)],
    'frame-ancestors': ["'none'"],
    'base-uri': ["'none'"],
  };
}

const showProblem: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  if (error instanceof errors.SessionNotFound) {
    response.status(400).send(errorPage('This sign-in has expired or was already finished.'));
    return;
  }
  const status = typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number' ? error.status : 500;
  if (status >= 500) process.emitWarning(error instanceof Error ? error : String(error));
  response.status(status).send(errorPage(status >= 500 ? 'The sign-in service failed.' : 'The request could not be understood.'));
};
