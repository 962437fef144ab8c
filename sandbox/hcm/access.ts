import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { Refusal } from './refusal.ts';

/** An integration that is registered with the tenant. */
export interface ApiClient {
  id: string;
  secret: string;
}

export interface Quota {
  perSecond: number;
  burst: number;
}

/** Not public; about so much was seen by third parties. */
export const QUOTA: Quota = { perSecond: 10, burst: 10 };

export interface Access {
  /** OAuth 2 client credentials. Tokens live in memory: a restart makes them invalid. */
  token: RequestHandler;
  /** Lets in who has a token and quota left. */
  require: RequestHandler;
  /** Makes all tokens invalid before their time. */
  forgetTokens(): void;
}

export function createAccess(clients: readonly ApiClient[], lifetimeSeconds: number, quota: Quota, now: () => number = Date.now): Access {
  const grants = new Map<string, { client: string; expiresAt: number }>();
  const buckets = new Map<string, { level: number; at: number }>();

  function clientOf(request: Request): string {
    const token = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
    const grant = grants.get(token ?? '');
    if (!grant || grant.expiresAt <= now()) throw new Refusal(401, 'invalid_token');
    return grant.client;
  }

  return {
    token(request, response) {
      const form = (request.body ?? {}) as Record<string, unknown>;
      if (form['grant_type'] !== 'client_credentials') return void response.status(400).json({ error: 'unsupported_grant_type' });
      const [, basic = ''] = /^Basic (\S+)$/i.exec(request.get('authorization') ?? '') ?? [];
      const [id, secret = ''] = Buffer.from(basic, 'base64').toString().split(':');
      const client = clients.find((each) => each.id === id);
      if (!client || !isSame(client.secret, secret)) return void response.status(401).json({ error: 'invalid_client' });
      for (const [known, grant] of grants) if (grant.expiresAt <= now()) grants.delete(known);
      const token = randomBytes(32).toString('base64url');
      grants.set(token, { client: client.id, expiresAt: now() + lifetimeSeconds * 1_000 });
      response.json({ access_token: token, token_type: 'Bearer', expires_in: lifetimeSeconds });
    },

    require(request, _response, next) {
      const client = clientOf(request);
      const at = now();
      const bucket = buckets.get(client) ?? { level: 0, at };
      const level = Math.max(0, bucket.level - ((at - bucket.at) / 1_000) * quota.perSecond);
      const isOver = level + 1 > quota.burst;
      buckets.set(client, { level: isOver ? level : level + 1, at });
      if (isOver) throw new Refusal(429, 'Too Many Requests');
      next();
    },

    forgetTokens: () => grants.clear(),
  };
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
