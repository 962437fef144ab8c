import path from 'node:path';
import { demoAccounts } from '../sandbox/identity/accounts.ts';
import { demoClients } from '../sandbox/identity/clients.ts';
import { machineToken, signIn } from '../sandbox/identity/sign-in.ts';
import { openIdentityState } from '../sandbox/identity/state.ts';
import { projectRoot } from './platform/places.ts';

/** `npm run -s token -- <person or client>`: signs in at the running sandbox as that one and prints an access token. */
const who = process.argv[2] ?? '';
const home = process.env['CALLOSUM_HOME'] ?? path.join(projectRoot, '.callosum');
const issuer = process.env['IDENTITY_URL'] ?? 'http://127.0.0.1:7141';
const redirectUri = `http://127.0.0.1:${process.env['CONTROL_PORT'] ?? '7140'}/signed-in`;
const state = openIdentityState(path.join(home, 'identity'));
const machine = demoClients([]).find((client) => client.kind === 'machine' && client.clientId === who);
const person = demoAccounts.find((account) => account.username === who);

if (person) {
  const tokens = await signIn({ issuer, clientId: 'portal', redirectUri, username: who, password: state.passwordOf(who), scope: person.roles.includes('integration-operations') ? 'openid portal operations' : 'openid portal' });
  console.log(tokens.accessToken);
} else if (machine?.kind === 'machine') {
  const proof = machine.authentication === 'secret' ? { secret: state.secretOf(who) } : { key: state.keyOf(who) };
  console.log((await machineToken({ issuer, clientId: who, scope: machine.scopes.join(' '), ...proof })).accessToken);
} else {
  console.error(`Nobody is called "${who}". People: ${demoAccounts.map((account) => account.username).join(', ')}. Machines: ${demoClients([]).flatMap((client) => client.kind === 'machine' ? [client.clientId] : []).join(', ')}.`);
  process.exitCode = 2;
}
