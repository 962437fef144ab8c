import { randomBytes } from 'node:crypto';
import type { Include } from './search-query.ts';

/** What one search found, kept so that its pages stay the same while the record changes. */
export interface PageSession {
  type: string;
  ids: readonly string[];
  count: number;
  includes: readonly Include[];
}
interface Kept extends PageSession {
  expiresAt: number;
}

export interface PageSessions {
  keep(session: PageSession): string;
  find(id: string): PageSession | undefined;
}

const MOST_SESSIONS = 500;

/**
 * Sessions behind the `next` links. They live in memory and expire, as Epic's do: a client that comes back late has to
 * search again.
 */
export function createPageSessions(lifetimeMs: number, now: () => number = Date.now): PageSessions {
  const sessions = new Map<string, Kept>();
  return {
    keep(session) {
      for (const [id, each] of sessions) {
        if (each.expiresAt <= now() || sessions.size >= MOST_SESSIONS) sessions.delete(id);
        else break;
      }
      const id = randomBytes(12).toString('base64url');
      sessions.set(id, { ...session, expiresAt: now() + lifetimeMs });
      return id;
    },
    find(id) {
      const session = sessions.get(id);
      return session && session.expiresAt > now() ? session : undefined;
    },
  };
}

export function writeLink(sessionId: string, offset: number): string {
  return Buffer.from(`${sessionId}.${offset}`).toString('base64url');
}

export function readLink(link: string): { sessionId: string; offset: number } | undefined {
  const [, sessionId, offset] = /^([\w-]+)\.(\d{1,9})$/.exec(Buffer.from(link, 'base64url').toString()) ?? [];
  return sessionId && offset ? { sessionId, offset: Number(offset) } : undefined;
}
