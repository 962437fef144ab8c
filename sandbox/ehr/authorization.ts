import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import type { Pool } from 'pg';
import { FhirError, issue } from './operation-outcome.ts';

/** An application registered with the EHR. It signs in with its key (SMART backend services) or a shared secret. */
export interface EhrClient {
  clientId: string;
  /** Public keys for private_key_jwt. */
  jwks?: JSONWebKeySet;
  secret?: string;
  /** SMART scopes, version 1 or 2: `system/*.read`, `system/Communication.cu`. */
  scopes: readonly string[];
}
export interface Grant {
  clientId: string;
  scopes: readonly string[];
}
export type Permission = 'c' | 'r' | 'u' | 'd' | 's';

export interface Authorization {
  /** Answers the token endpoint. */
  issueToken(form: URLSearchParams, basic: string | undefined): Promise<{ status: number; body: object }>;
  /** @throws FhirError 401 */
  requireGrant(header: string | undefined): Grant;
}

const TOKEN_LIFETIME_SECONDS = 300;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

class TokenRefusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, description: string) {
    super(description);
    this.code = code;
    this.status = status;
  }
}

/** @source https://hl7.org/fhir/smart-app-launch/backend-services.html */
export function createAuthorization(pool: Pool, clients: readonly EhrClient[], tokenUrl: string): Authorization {
  const grants = new Map<string, Grant & { expiresAt: number }>();

  const authenticate = async (form: URLSearchParams, basic: string | undefined): Promise<EhrClient> => {
    const assertion = form.get('client_assertion');
    if (assertion !== null) return verifyAssertion(pool, clients, tokenUrl, form.get('client_assertion_type'), assertion);
    const [id, secret] = basic ? readBasic(basic) : [form.get('client_id'), form.get('client_secret')];
    const client = clients.find((each) => each.clientId === id);
    if (!client?.secret || !secret || !isSame(client.secret, secret)) throw new TokenRefusal('invalid_client', 401, 'Unknown client or wrong secret');
    return client;
  };

  return {
    async issueToken(form, basic) {
      try {
        if (form.get('grant_type') !== 'client_credentials') throw new TokenRefusal('unsupported_grant_type', 400, 'Only client_credentials is supported');
        const client = await authenticate(form, basic);
        const scopes = grantedScopes(client, form.get('scope'));
        const token = randomBytes(32).toString('base64url');
        for (const [known, grant] of grants) if (grant.expiresAt <= Date.now()) grants.delete(known);
        grants.set(digest(token), { clientId: client.clientId, scopes, expiresAt: Date.now() + TOKEN_LIFETIME_SECONDS * 1000 });
        return { status: 200, body: { access_token: token, token_type: 'bearer', expires_in: TOKEN_LIFETIME_SECONDS, scope: scopes.join(' ') } };
      } catch (error) {
        if (!(error instanceof TokenRefusal)) throw error;
        return { status: error.status, body: { error: error.code, error_description: error.message } };
      }
    },
    requireGrant(header) {
      const [, token] = /^Bearer ([\w~+/.-]+=*)$/i.exec(header ?? '') ?? [];
      const grant = token ? grants.get(digest(token)) : undefined;
      if (grant && grant.expiresAt > Date.now()) return grant;
      throw new FhirError(401, issue('login', 'A valid access token is required'), { 'WWW-Authenticate': header ? 'Bearer error="invalid_token"' : 'Bearer' });
    },
  };
}

/** @throws FhirError 403 */
export function requirePermission(grant: Grant, type: string, permission: Permission): void {
  if (grant.scopes.some((scope) => allows(scope, type, permission))) return;
  throw new FhirError(403, issue('forbidden', `The token does not allow '${permission}' on ${type}`));
}

function allows(scope: string, type: string, permission: Permission): boolean {
  const [, scopeType, actions = ''] = /^system\/(\*|[A-Za-z]+)\.(read|write|\*|c?r?u?d?s?)$/.exec(scope) ?? [];
  if (scopeType !== '*' && scopeType !== type) return false;
  const letters = { read: 'rs', write: 'cud', '*': 'cruds' }[actions] ?? actions;
  return letters.includes(permission);
}

/** Whole scopes only: what was asked for and is registered; all that is registered when nothing was asked for. */
function grantedScopes(client: EhrClient, asked: string | null): readonly string[] {
  if (asked === null || asked === '') return client.scopes;
  const granted = asked.split(' ').filter((each) => client.scopes.includes(each));
  if (granted.length === 0) throw new TokenRefusal('invalid_scope', 400, 'None of the scopes is registered for this client');
  return granted;
}

async function verifyAssertion(pool: Pool, clients: readonly EhrClient[], tokenUrl: string, type: string | null, assertion: string): Promise<EhrClient> {
  const refuse = (why: string) => new TokenRefusal('invalid_client', 401, why);
  if (type !== ASSERTION_TYPE) throw refuse('Unknown client_assertion_type');
  try {
    const client = clients.find((each) => each.clientId === decodeJwt(assertion).iss);
    if (!client?.jwks) throw refuse('Unknown client');
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(client.jwks), {
      // SMART App Launch 2.1, section 5.1.3.1: servers support RS384 and ES384.
      algorithms: ['RS384', 'ES384'], issuer: client.clientId, subject: client.clientId, audience: tokenUrl, requiredClaims: ['exp', 'jti'],
    });
    const { jti, exp } = payload;
    if (typeof jti !== 'string' || exp === undefined || exp > Date.now() / 1000 + 305) throw refuse('The assertion needs a jti and at most five minutes of life');
    if (!(await useOnce(pool, client.clientId, jti, exp))) throw refuse('The assertion was used before');
    return client;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw refuse('The assertion is not valid');
    throw error;
  }
}

async function useOnce(pool: Pool, clientId: string, jti: string, exp: number): Promise<boolean> {
  await pool.query('delete from ehr.assertion_used where expires_at < now()');
  const { rowCount } = await pool.query(
    'insert into ehr.assertion_used (client_id, jti, expires_at) values ($1, $2, to_timestamp($3)) on conflict do nothing',
    [clientId, digest(jti), exp],
  );
  return rowCount === 1;
}

function readBasic(header: string): [string | null, string | null] {
  const [, encoded = ''] = /^Basic (.+)$/i.exec(header) ?? [];
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
  return [decodeForm(id), decodeForm(secret.join(':'))];
}

/** RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined. */
function decodeForm(text: string): string | null {
  return new URLSearchParams(`value=${text}`).get('value');
}

function isSame(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(digest(one)), Buffer.from(digest(other)));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
