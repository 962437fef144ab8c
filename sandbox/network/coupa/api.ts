import express from 'express';
import type { Router } from 'express';
import type { Database } from '../database.ts';
import type { Desk } from '../suppliers/desk.ts';
import { catalogueRoutes } from './catalogue.ts';
import { confirmationRoutes } from './confirmations.ts';
import { CoupaError, answerError, badRequest } from './errors.ts';
import { invoiceRoutes } from './invoices.ts';
import { purchaseOrderRoutes } from './purchase-orders.ts';
import { createLimiter } from './quota.ts';
import type { Quota } from './quota.ts';
import { shipNoticeRoutes } from './ship-notices.ts';
import { createTokens } from './tokens.ts';
import type { CoupaClient } from './tokens.ts';

export interface CoupaOptions {
  clients: readonly CoupaClient[];
  quota: Quota;
  tokenLifetimeSeconds: number;
}

/** The simulated Coupa: sign-on under /oauth2 and the resources under /api. */
export function coupaApi(database: Database, desk: Desk, options: CoupaOptions, afterwards: () => void): Router {
  const tokens = createTokens(options.clients, options.tokenLifetimeSeconds);
  const limit = createLimiter(options.quota);
  const api = express.Router();
  api.use((request, _response, next) => {
    limit(tokens.clientOf(request));
    // The real one answers in XML unless JSON is asked for.
    if (!request.accepts('json')) throw new CoupaError(406, { base: ['Only application/json is served here'] });
    next();
  });
  api.use(express.json({ limit: '1mb' }));
  api.use((request, _response, next) => {
    // PostgreSQL has no NUL in its texts, so nothing that holds one can be stored.
    if (JSON.stringify(request.body ?? null).includes('\\u0000')) throw badRequest('base', 'The request body holds a NUL character');
    next();
  });
  api.use(catalogueRoutes(database, tokens));
  api.use(purchaseOrderRoutes(database, tokens, desk, afterwards));
  api.use(confirmationRoutes(database, tokens, desk, afterwards));
  api.use(shipNoticeRoutes(database, tokens));
  api.use(invoiceRoutes(database, tokens));
  api.use((request) => {
    throw new CoupaError(404, { base: [`No route matches ${request.method} ${request.path}`] });
  });

  const router = express.Router();
  router.use(tokens.endpoint);
  router.use('/api', api);
  router.use(answerError);
  return router;
}
