import express, { type Request, type Response, type Router } from 'express';
import type { Provider } from 'oidc-provider';
import type { Account } from './accounts.ts';
import { RESOURCE, type Client } from './clients.ts';
import { consentPage, errorPage, signInPage } from './pages.ts';
import type { Passwords } from './passwords.ts';
import { scopesFor } from './provider.ts';

export interface InteractionParts {
  provider: Provider;
  issuer: string;
  accounts: readonly Account[];
  clients: readonly Client[];
  passwords: Passwords;
}

const GRANTS: Readonly<Record<string, string>> = {
  openid: 'Know who you are: name, roles, facilities and cost centres',
  portal: 'Use the supply portal in your name: requisitions, approvals, receipts and stock, as far as your roles go',
  operations: 'Operate the integration platform in your name: see, retry and correct what it does',
};

/** The pages between an application's request and its answer: who are you, and do you agree. */
export function interactionRoutes(parts: InteractionParts): Router {
  const router = express.Router();
  const form = express.urlencoded({ extended: false, limit: '8kb', parameterLimit: 10 });
  router.use('/interaction', (request, response, next) => {
    response.set('Cache-Control', 'no-store');
    const origin = request.get('origin');
    if (request.method === 'POST' && origin !== undefined && origin !== new URL(parts.issuer).origin) {
      response.status(403).send(errorPage('This form was sent from another site.'));
      return;
    }
    next();
  });
  router.get('/interaction/:uid', (request, response) => show(parts, request, response));
  router.post('/interaction/:uid/sign-in', form, (request, response) => signIn(parts, request, response));
  router.post('/interaction/:uid/consent', (request, response) => consent(parts, request, response));
  router.post('/interaction/:uid/abort', (request, response) => parts.provider.interactionFinished(
    request, response, { error: 'access_denied', error_description: 'The sign-in was cancelled' }, { mergeWithLastSubmission: false },
  ));
  return router;
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>;

async function show(parts: InteractionParts, request: Request, response: Response): Promise<void> {
  const details = await parts.provider.interactionDetails(request, response);
  if (details.prompt.name === 'login') {
    response.send(signInPage(addressesOf(parts, details, 'sign-in')));
    return;
  }
  const account = accountOf(parts, details);
  response.send(consentPage({
    ...addressesOf(parts, details, 'consent'),
    personName: account.name,
    grants: grantedScopes(account, details).flatMap((each) => GRANTS[each] ?? []),
  }));
}

async function signIn(parts: InteractionParts, request: Request, response: Response): Promise<void> {
  const details = await parts.provider.interactionDetails(request, response);
  if (details.prompt.name !== 'login') {
    response.redirect(303, `/interaction/${details.uid}`);
    return;
  }
  const { username, password } = (request.body ?? {}) as Record<string, unknown>;
  const name = typeof username === 'string' ? username.trim().toLowerCase() : '';
  const result = parts.passwords.check(name, typeof password === 'string' ? password : '', request.ip ?? '');
  if (result === 'accepted') {
    await parts.provider.interactionFinished(request, response, { login: { accountId: name, amr: ['pwd'] } }, { mergeWithLastSubmission: false });
    return;
  }
  const problem = result === 'throttled'
    ? 'Too many wrong attempts. Wait five minutes and try again.'
    : 'The user name or the password is not right.';
  response.status(result === 'throttled' ? 429 : 422).send(signInPage({ ...addressesOf(parts, details, 'sign-in'), username: name.slice(0, 80), problem }));
}

async function consent(parts: InteractionParts, request: Request, response: Response): Promise<void> {
  const details = await parts.provider.interactionDetails(request, response);
  if (details.prompt.name !== 'consent') {
    response.redirect(303, `/interaction/${details.uid}`);
    return;
  }
  const account = accountOf(parts, details);
  const grant = (details.grantId ? await parts.provider.Grant.find(details.grantId) : undefined)
    ?? new parts.provider.Grant({ accountId: account.username, clientId: String(details.params.client_id) });
  // What the roles do not allow is rejected by name, or the same question would come again and again.
  const granted = grantedScopes(account, details);
  const refused = askedScopes(details).filter((each) => !granted.includes(each));
  grant.addOIDCScope(granted.join(' '));
  grant.addResourceScope(RESOURCE, granted.join(' '));
  if (refused.length > 0) {
    grant.rejectOIDCScope(refused.join(' '));
    grant.rejectResourceScope(RESOURCE, refused.join(' '));
  }
  await parts.provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

function askedScopes(details: Details): string[] {
  return String(details.params.scope ?? '').split(' ').filter((each) => each !== '');
}

/** What was asked for and the person's roles allow. */
function grantedScopes(account: Account, details: Details): string[] {
  const allowed: readonly string[] = ['openid', ...scopesFor(account)];
  return askedScopes(details).filter((each) => allowed.includes(each));
}

function accountOf(parts: InteractionParts, details: Details): Account {
  const account = parts.accounts.find((each) => each.username === details.session?.accountId);
  if (!account) throw new Error('The session names an account that does not exist');
  return account;
}

function addressesOf(parts: InteractionParts, details: Details, step: string): { action: string; abortAction: string; clientName: string } {
  const base = `/interaction/${details.uid}`;
  const client = parts.clients.find((each) => each.clientId === details.params.client_id);
  return { action: `${base}/${step}`, abortAction: `${base}/abort`, clientName: client?.name ?? 'the application' };
}
