import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import { RESOURCE } from './clients.ts';
import type { SigningKey } from './state.ts';

export interface SignInOptions {
  issuer: string;
  clientId: string;
  redirectUri: string;
  username: string;
  password: string;
  scope?: string;
}

export interface Tokens {
  accessToken: string;
  idToken?: string;
  scope: string;
  expiresInSeconds: number;
}

export interface MachineOptions {
  issuer: string;
  clientId: string;
  scope: string;
  /** client_secret_basic. */
  secret?: string;
  /** private_key_jwt. */
  key?: SigningKey;
}

const MOST_STEPS = 12;

/**
 * Signs a person in as a browser would: authorization code with PKCE, cookies, the sign-in and consent forms.
 *
 * @throws Error with the words on the page when the provider does not let the person in
 */
export async function signIn(options: SignInOptions): Promise<Tokens> {
  const { issuer, clientId, redirectUri, scope = 'openid portal' } = options;
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const browser = createBrowser();
  const authorize = new URL(`${issuer}/auth`);
  authorize.search = new URLSearchParams({
    response_type: 'code', client_id: clientId, redirect_uri: redirectUri, scope, state, resource: RESOURCE,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
  }).toString();
  let response = await browser.open(authorize);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const location = response.headers.get('location');
    if (location !== null) {
      const target = new URL(location, response.url);
      if (target.href.startsWith(`${redirectUri}?`)) return redeem(options, verifier, readCallback(target, issuer, state));
      response = await browser.open(target);
      continue;
    }
    const form = readForm(await response.text(), response.status);
    const fields: Record<string, string> = form.asksPassword ? { username: options.username, password: options.password } : {};
    response = await browser.open(new URL(form.action, response.url), new URLSearchParams(fields));
  }
  throw new Error('The sign-in did not come to an end');
}

/** A token for a machine by client credentials. */
export async function machineToken({ issuer, clientId, scope, secret, key }: MachineOptions): Promise<Tokens> {
  const headers = secret === undefined ? undefined : { Authorization: `Basic ${Buffer.from(`${encodeForm(clientId)}:${encodeForm(secret)}`).toString('base64')}` };
  const assertion = key && {
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await clientAssertion(issuer, clientId, key),
  };
  return askTokens(issuer, { grant_type: 'client_credentials', resource: RESOURCE, scope, ...assertion }, headers);
}

/** @source RFC 7523 section 3; the audience is the issuer, as FAPI 2.0 asks */
export async function clientAssertion(issuer: string, clientId: string, key: SigningKey): Promise<string> {
  return new SignJWT({ jti: randomUUID() }).setProtectedHeader({ alg: 'ES256', kid: key.kid }).setIssuer(clientId).setSubject(clientId)
    .setAudience(issuer).setIssuedAt().setExpirationTime('1 minute').sign(await importJWK(key, 'ES256'));
}

function redeem({ issuer, clientId, redirectUri }: SignInOptions, verifier: string, code: string): Promise<Tokens> {
  return askTokens(issuer, { grant_type: 'authorization_code', client_id: clientId, redirect_uri: redirectUri, code, code_verifier: verifier, resource: RESOURCE });
}

async function askTokens(issuer: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Tokens> {
  const response = await fetch(`${issuer}/token`, { method: 'POST', headers, body: new URLSearchParams(fields) });
  const body = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`The token was refused: ${String(body.error)} (${String(body.error_description)})`);
  return {
    accessToken: String(body.access_token),
    ...(typeof body.id_token === 'string' ? { idToken: body.id_token } : {}),
    scope: String(body.scope ?? ''),
    expiresInSeconds: Number(body.expires_in),
  };
}

/** A wrong `iss` or `state` is somebody else's answer: RFC 9207 section 2.4, RFC 9700 section 2.1. */
function readCallback(callback: URL, issuer: string, state: string): string {
  const answer = callback.searchParams;
  if (answer.get('iss') !== issuer || answer.get('state') !== state) throw new Error('The answer is not to this request');
  const code = answer.get('code');
  if (code === null) throw new Error(`The sign-in was refused: ${answer.get('error')} (${answer.get('error_description')})`);
  return code;
}

function readForm(html: string, status: number): { action: string; asksPassword: boolean } {
  const [, problem] = /role="alert">([^<]*)</.exec(html) ?? [];
  if (problem !== undefined) throw new Error(decodeEntities(problem));
  const [, action] = /<form method="post" action="([^"]*)"/.exec(html) ?? [];
  if (action === undefined) throw new Error(`The page of the identity provider (status ${status}) has no form`);
  return { action: decodeEntities(action), asksPassword: html.includes('type="password"') };
}

function decodeEntities(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}

function encodeForm(text: string): string {
  return new URLSearchParams({ value: text }).toString().slice('value='.length);
}

/** Keeps cookies by name and path, follows nothing by itself. */
function createBrowser() {
  const cookies = new Map<string, { value: string; path: string }>();
  return {
    async open(url: URL, form?: URLSearchParams): Promise<Response> {
      const cookie = [...cookies].filter(([, each]) => url.pathname.startsWith(each.path)).map(([name, each]) => `${name.split(' ')[0]}=${each.value}`).join('; ');
      const response = await fetch(url, { method: form ? 'POST' : 'GET', body: form, redirect: 'manual', headers: cookie ? { Cookie: cookie } : {} });
      for (const line of response.headers.getSetCookie()) {
        const [pair = '', ...attributes] = line.split(/;\s*/);
        const name = pair.slice(0, pair.indexOf('='));
        const path = attributes.find((each) => each.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
        cookies.set(`${name} ${path}`, { value: pair.slice(name.length + 1), path });
      }
      return response;
    },
  };
}
