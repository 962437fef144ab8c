import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { ApiError } from '../errors/failures.ts';
import { publicKeys, readPrivateKey, SERVICE_ALG } from './service-keys.ts';
import type { Principal } from './principal.ts';

const LIFETIME_S = 300;
const RENEW_BEFORE_S = 60;
const CACHE_SIZE = 5_000;

export interface ServiceTokens {
  /** A token for the next hop: for this service itself, or carrying the person or client it acts for. */
  sign(audience: string, onBehalfOf?: Principal): Promise<string>;
  /** Whom a token speaks for, when this service may accept it. */
  verify(token: string): Promise<Principal>;
}

export interface ServiceTokensOptions {
  service: string;
  keyDirectory: string;
  /** What each calling service may do here, and whether it may speak for others. */
  grants: Record<string, Grant>;
}

export interface Grant {
  scopes: readonly string[];
  /** May carry a person or client in its tokens. */
  actsForOthers?: boolean | undefined;
}

interface Claims {
  sub?: string;
  iss?: string;
  kind?: string;
  scope?: string;
  roles?: string[];
  facilities?: string[];
  name?: string;
  bindings?: Record<string, string>;
}

/** Each deployable signs its own short-lived tokens, so that no token server stands in the path between layers. */
export async function createServiceTokens({ service, keyDirectory, grants }: ServiceTokensOptions): Promise<ServiceTokens> {
  const signing = await readPrivateKey(keyDirectory, service);
  const keyOf = publicKeys(keyDirectory);
  const signed = new Map<string, { token: Promise<string>; renewAt: number }>();
  const verified = new Map<string, { principal: Principal; expiresAt: number }>();

  async function sign(audience: string, person: Principal | undefined): Promise<string> {
    const claims: Record<string, unknown> = person
      ? { kind: person.kind, scope: person.scopes.join(' '), roles: person.roles, facilities: person.facilities, name: person.name, bindings: person.bindings }
      : { kind: 'service' };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: SERVICE_ALG, kid: signing.kid, typ: 'at+jwt' })
      .setIssuer(service).setSubject(person?.subject ?? service).setAudience(audience).setIssuedAt().setExpirationTime(`${LIFETIME_S}s`)
      .sign(signing.key);
  }

  async function check(token: string): Promise<{ principal: Principal; expiresAt: number }> {
    try {
      const issuer = String(decodeJwt(token).iss);
      const grant = Object.hasOwn(grants, issuer) ? grants[issuer] : undefined;
      if (!grant) throw new Error('this issuer has no business here');
      const { payload } = await jwtVerify<Claims>(token, await keyOf(issuer, decodeProtectedHeader(token).kid), {
        algorithms: [SERVICE_ALG], audience: service, issuer, typ: 'at+jwt', requiredClaims: ['sub', 'exp', 'iat'], clockTolerance: 5, maxTokenAge: LIFETIME_S + 60,
      });
      return { principal: principalOf(payload, issuer, grant), expiresAt: Number(payload.exp) * 1_000 };
    } catch (cause) {
      throw new ApiError('unauthenticated', 'The token is missing, not valid or expired.', { code: 'invalid-token', cause });
    }
  }

  return {
    sign(audience, person) {
      const key = JSON.stringify([audience, person?.kind, person?.subject, person?.name, person?.scopes, person?.roles, person?.facilities, person?.bindings]);
      const now = Date.now();
      const held = signed.get(key);
      if (held && held.renewAt > now) return held.token;
      if (signed.size >= CACHE_SIZE) signed.clear();
      const token = sign(audience, person);
      signed.set(key, { token, renewAt: now + (LIFETIME_S - RENEW_BEFORE_S) * 1_000 });
      token.catch(() => signed.delete(key));
      return token;
    },
    async verify(token) {
      if (token.length > 8_192) throw new ApiError('unauthenticated', 'The token is too long.', { code: 'invalid-token' });
      const key = createHash('sha256').update(token).digest('base64');
      const held = verified.get(key);
      if (held && held.expiresAt > Date.now()) return held.principal;
      const fresh = await check(token);
      if (verified.size >= CACHE_SIZE) verified.clear();
      verified.set(key, fresh);
      return fresh.principal;
    },
  };
}

/**
 * A service that speaks for somebody passes on who that is, with roles and facilities; what it may do here is what it
 * was granted itself, because scopes belong to one API and mean nothing a layer further down.
 */
function principalOf(claims: Claims, issuer: string, grant: Grant): Principal {
  const forOther = claims.kind === 'user' || claims.kind === 'client';
  if (forOther && !grant.actsForOthers) throw new Error('this issuer may not speak for others');
  if (!forOther && (claims.kind !== 'service' || claims.sub !== issuer)) throw new Error('a service speaks for itself only');
  return {
    kind: forOther ? claims.kind as 'user' | 'client' : 'service',
    subject: String(claims.sub),
    service: issuer,
    scopes: grant.scopes,
    roles: forOther ? claims.roles ?? [] : [],
    facilities: forOther ? claims.facilities ?? [] : [],
    ...(claims.name ? { name: claims.name } : {}),
    bindings: forOther ? claims.bindings ?? {} : {},
  };
}
