import { errors, Provider, type Configuration, type ClientMetadata, type Adapter } from 'oidc-provider';
import type { Account } from './accounts.ts';
import { RESOURCE, type Client, type Scope } from './clients.ts';
import { errorPage, signedOutPage, signOutPage } from './pages.ts';
import { publicKeyOf, type IdentityState } from './state.ts';

const ACCESS_TOKEN_SECONDS = 600;
const CLOCK_TOLERANCE_SECONDS = 15;
const LONGEST_ASSERTION_SECONDS = 300;
const SCOPES: readonly Scope[] = ['portal', 'partner', 'operations'];

export interface ProviderParts {
  issuer: string;
  state: IdentityState;
  accounts: readonly Account[];
  clients: readonly Client[];
  adapterFor: (model: string) => Adapter;
}

/** An authorization server that does the few things the hospital needs and refuses the rest. */
export function createProvider({ issuer, state, accounts, clients, adapterFor }: ProviderParts): Provider {
  const isSecure = issuer.startsWith('https:');
  const configuration: Configuration = {
    adapter: adapterFor,
    clients: clients.map((each) => metadataOf(each, state)),
    jwks: { keys: [...state.signingKeys] },
    findAccount: (_ctx, id) => {
      const account = accounts.find((each) => each.username === id);
      return account && { accountId: id, claims: () => ({ sub: id, ...claimsOf(account) }) };
    },
    extraTokenClaims: (_ctx, token) => {
      if (token.kind === 'AccessToken') {
        const account = accounts.find((each) => each.username === token.accountId);
        return account && claimsOf(account);
      }
      const client = clients.find((each) => each.clientId === token.clientId);
      return client?.kind === 'machine' ? { ...(client.supplier ? { supplier: client.supplier } : {}), ...(client.exchange ? { exchange: client.exchange } : {}) } : undefined;
    },
    scopes: ['openid', ...SCOPES],
    claims: { openid: ['sub', 'name', 'roles', 'facilities', 'cost_centers', 'person'] },
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    pkce: { required: () => true },
    clientAuthMethods: ['client_secret_basic', 'private_key_jwt', 'none'],
    enabledJWA: { clientAuthSigningAlgValues: ['ES256'], idTokenSigningAlgValues: ['ES256'], userinfoSigningAlgValues: ['ES256'], authorizationSigningAlgValues: ['ES256'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256', authorization_signed_response_alg: 'ES256' },
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    assertJwtClientAuthClaimsAndHeader: (_ctx, claims, header) => {
      // One audience, a short life and no key of its own: RFC 7523 section 3, RFC 8725 section 3.10.
      const now = Math.floor(Date.now() / 1000);
      const isTooLong = typeof claims.exp !== 'number' || claims.exp > now + LONGEST_ASSERTION_SECONDS + CLOCK_TOLERANCE_SECONDS;
      if (typeof claims.aud !== 'string' || isTooLong || ['jku', 'x5u', 'jwk', 'x5c'].some((each) => each in header)) {
        throw new errors.InvalidClientAuth('the assertion must have one audience, at most five minutes of life and no key reference');
      }
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      pushedAuthorizationRequests: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.body = signOutPage(form);
        },
        postLogoutSuccessSource: (ctx) => {
          ctx.body = signedOutPage();
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource, client) => {
          if (resource !== RESOURCE) throw new errors.InvalidTarget();
          return {
            audience: RESOURCE,
            scope: scopesOf(clients, client.clientId).join(' '),
            accessTokenFormat: 'jwt',
            accessTokenTTL: ACCESS_TOKEN_SECONDS,
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
    clientBasedCORS: (_ctx, origin, client) => (client.redirectUris ?? []).some((each) => new URL(each).origin === origin),
    cookies: {
      keys: [...state.cookieKeys],
      names: isSecure
        ? { session: '__Host-session', interaction: '__Secure-interaction', resume: '__Secure-resume' }
        : { session: 'session', interaction: 'interaction', resume: 'resume' },
      long: { httpOnly: true, sameSite: 'lax', signed: true, secure: isSecure },
      short: { httpOnly: true, sameSite: 'lax', signed: true, secure: isSecure },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = errorPage(out.error_description ?? out.error);
    },
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      ClientCredentials: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: 60,
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: 600,
      Grant: 8 * 3600,
      Session: 8 * 3600,
    },
  };
  const provider = new Provider(issuer, configuration);
  // Behind the gateway TLS ends before this process; its forwarded headers are what tells https.
  provider.proxy = isSecure;
  return provider;
}

/** Scopes that a person can be granted: the portal for everybody, operations for those who run the platform. */
export function scopesFor(account: Account): readonly Scope[] {
  return account.roles.includes('integration-operations') ? ['portal', 'operations'] : ['portal'];
}

function claimsOf(account: Account): Record<string, unknown> {
  return { name: account.name, roles: account.roles, facilities: account.facilities, cost_centers: account.costCenters, person: account.personId };
}

function scopesOf(clients: readonly Client[], clientId: string): readonly Scope[] {
  return SCOPES.filter((each) => clients.find((client) => client.clientId === clientId)?.scopes.includes(each));
}

function metadataOf(client: Client, state: IdentityState): ClientMetadata {
  const common = { client_id: client.clientId, client_name: client.name };
  if (client.kind === 'public') {
    return {
      ...common,
      application_type: 'web',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      response_modes: ['query'],
      redirect_uris: [...client.redirectUris],
      post_logout_redirect_uris: client.redirectUris.map((each) => new URL('/', each).href),
      token_endpoint_auth_method: 'none',
      scope: ['openid', ...client.scopes].join(' '),
    };
  }
  return {
    ...common,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: client.scopes.join(' '),
    ...(client.authentication === 'key'
      ? { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicKeyOf(state.keyOf(client.clientId))] } }
      : { token_endpoint_auth_method: 'client_secret_basic', client_secret: state.secretOf(client.clientId) }),
  } as ClientMetadata;
}
