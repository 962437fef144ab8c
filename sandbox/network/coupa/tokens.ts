import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import express from 'express';
import type { Request, RequestHandler, Router } from 'express';
import { CoupaError } from './errors.ts';

export interface CoupaClient {
  id: string;
  secret: string;
  scopes: readonly string[];
}

/** Scope names as in Coupa's OpenID Connect client set-up. */
export const COUPA_SCOPES = [
  'core.supplier.read',
  'core.item.read',
  'core.contract.read',
  'core.purchase_order.read',
  'core.purchase_order.write',
  'core.order_header_confirmations.read',
  'core.order_header_confirmations.write',
  'core.inventory.asn.read',
  'core.inventory.asn.write',
  'core.invoice.read',
  'core.invoice.write',
] as const;

export type CoupaScope = (typeof COUPA_SCOPES)[number];

interface Grant {
  client: string;
  scopes: ReadonlySet<string>;
  expiresAt: number;
}

export interface Tokens {
  endpoint: Router;
  require(scope: CoupaScope): RequestHandler;
  /** The client behind the request's token; the quota counts by it. */
  clientOf(request: Request): string;
}

/** Tokens live in memory: a restart of the vendor makes every token invalid, as it may in the cloud. */
export function createTokens(clients: readonly CoupaClient[], lifetimeSeconds: number): Tokens {
  const grants = new Map<string, Grant>();

  const grantOf = (request: Request): Grant => {
    const token = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
    const grant = token === undefined ? undefined : grants.get(token);
    if (!grant || grant.expiresAt <= Date.now()) {
      throw new CoupaError(401, { base: ['The access token is missing, invalid or expired'] }, {
        'WWW-Authenticate': 'Bearer realm="Coupa", error="invalid_token"',
      });
    }
    return grant;
  };

  const endpoint = express.Router();
  endpoint.post('/oauth2/token', express.urlencoded({ extended: false }), (request, response) => {
    response.set('Cache-Control', 'no-store');
    const form: Record<string, unknown> = request.body ?? {};
    if (form['grant_type'] !== 'client_credentials') {
      response.status(400).json({ error: 'unsupported_grant_type', error_description: 'Only client_credentials is allowed' });
      return;
    }
    const [id, secret] = credentialsOf(request, form);
    const client = clients.find((each) => each.id === id);
    if (!client || !sameSecret(client.secret, secret)) {
      response.status(401).set('WWW-Authenticate', 'Basic realm="Coupa"').json({ error: 'invalid_client', error_description: 'Client authentication failed' });
      return;
    }
    const asked = typeof form['scope'] === 'string' && form['scope'] !== '' ? form['scope'].split(' ') : [...client.scopes];
    if (asked.some((scope) => !client.scopes.includes(scope))) {
      response.status(400).json({ error: 'invalid_scope', error_description: 'The requested scope is invalid, unknown, or malformed' });
      return;
    }
    for (const [token, grant] of grants) if (grant.expiresAt <= Date.now()) grants.delete(token);
    const token = randomBytes(32).toString('hex');
    grants.set(token, { client: client.id, scopes: new Set(asked), expiresAt: Date.now() + lifetimeSeconds * 1000 });
    response.json({ access_token: token, token_type: 'bearer', expires_in: lifetimeSeconds, scope: asked.join(' ') });
  });

  return {
    endpoint,
    require: (scope) => (request, _response, next) => {
      if (!grantOf(request).scopes.has(scope)) {
        throw new CoupaError(403, { base: [`The access token does not carry the scope ${scope}`] });
      }
      next();
    },
    clientOf: (request) => grantOf(request).client,
  };
}

function credentialsOf(request: Request, form: Record<string, unknown>): [string, string] {
  const basic = /^Basic (\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
  if (basic === undefined) return [String(form['client_id'] ?? ''), String(form['client_secret'] ?? '')];
  const text = Buffer.from(basic, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

function sameSecret(known: string, given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(known), digest(given));
}
