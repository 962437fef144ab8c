import type { JWTPayload } from 'jose';
import { ApiError } from '#chassis/errors/failures.ts';
import type { Principal } from '#chassis/security/principal.ts';
import type { IssuerSettings } from '../config.ts';

/** Who is at the door, as a verified access token says. */
export interface Caller {
  clientId: string;
  scopes: readonly string[];
  /** As the layers inside will know them. */
  principal: Principal;
  /** What requests are counted by: a person in an application, or a client with all its tokens. */
  rateKey: string;
  expiresAtMs: number;
}

/** The claims of RFC 9068 beside those that jose checks. */
export interface AccessTokenClaims extends JWTPayload {
  client_id?: string;
  scope?: string;
}

const SUBJECT = /^[\x21-\x7e]{1,80}$/;

/** @throws Error when the claims do not describe anybody, ApiError 'forbidden' when a person belongs nowhere */
export function callerOf(claims: AccessTokenClaims, settings: IssuerSettings): Caller {
  const { sub, client_id: clientId, scope } = claims;
  const subject = `${settings.subjectPrefix}${sub}`;
  if (typeof sub !== 'string' || typeof clientId !== 'string' || !SUBJECT.test(subject) || !SUBJECT.test(clientId)) throw new Error('the token names nobody');
  // A client that acts for itself is its own subject: RFC 9068 section 2.2.
  const kind = sub === clientId ? 'client' : 'user';
  const facilities = textsAt(claims, settings.claims.facilities);
  if (kind === 'user' && facilities.length === 0 && settings.withoutFacilities === 'refuse') {
    throw new ApiError('forbidden', 'Your account belongs to no facility.', { code: 'no-facility' });
  }
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((each) => each !== '') : [];
  const name = valueAt(claims, settings.claims.name);
  return {
    clientId, scopes,
    principal: {
      kind, subject, service: 'gateway', scopes, roles: textsAt(claims, settings.claims.roles), facilities,
      ...(typeof name === 'string' ? { name } : {}),
      bindings: bindingsOf(claims, settings.claims.bindings),
    },
    rateKey: kind === 'client' ? clientId : `${clientId} ${subject}`,
    expiresAtMs: Number(claims.exp) * 1_000,
  };
}

function bindingsOf(claims: AccessTokenClaims, names: Record<string, string>): Record<string, string> {
  const bindings: Record<string, string> = {};
  for (const [name, claim] of Object.entries(names)) {
    // A comma inside an entry would make two of it.
    const value = textsAt(claims, claim).filter((each) => !each.includes(',')).join(',');
    if (value !== '') bindings[name] = value;
  }
  return bindings;
}

function textsAt(claims: AccessTokenClaims, path: string): string[] {
  const value = valueAt(claims, path);
  if (typeof value === 'string') return value === '' ? [] : [value];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string' && each !== '') : [];
}

function valueAt(claims: AccessTokenClaims, path: string): unknown {
  let value: unknown = claims;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
