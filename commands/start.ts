import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openIdentityState } from '../sandbox/identity/state.ts';
import { demoAccounts } from '../sandbox/identity/accounts.ts';
import { onEnd } from './on-end.ts';
import { projectRoot } from './platform/places.ts';
import { startPlatform, type RunningPlatform } from './platform/platform.ts';

/** `npm start`: the whole platform with its sandbox hospital, until Ctrl-C. */
const started = Date.now();
const say = (line: string) => console.log(line);
const home = process.env['CALLOSUM_HOME'] ?? path.join(projectRoot, '.callosum');
let platform: RunningPlatform | undefined;
let ending = false;

onEnd((signal) => {
  ending = true;
  if (!platform) return;
  say(`\n${signal}: stopping`);
  platform.stop().then(() => { say('Stopped.'); process.exit(0); }, (error: unknown) => { console.error(error); process.exit(1); });
});

say('Starting the platform and its sandbox hospital ...');
try {
  platform = await startPlatform({
    home, ports: 'fixed', say,
    onUnexpectedEnd: (name, code) => { if (!ending) say(`${name} ended unexpectedly (${code ?? 'killed'}) and is started again; its log is ${path.join(home, 'logs', `${name}.log`)}`); },
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
if (ending) {
  await platform.stop();
  process.exit(0);
}

const { urls, ports } = platform;
const state = openIdentityState(path.join(platform.home, 'identity'));
const people = ['nina.alvarez', 'maya.cohen', 'helen.brandt', 'ben.turner', 'dora.ivanova', 'carla.mendes', 'arthur.bell', 'sofia.weber', 'ivan.petrov', 'olga.marin', 'hana.sato', 'sam.oduya', 'ruth.klein'];
const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { version: string };
say(`
Callosum ${version} is ready after ${((Date.now() - started) / 1000).toFixed(1)} s.

  The door (gateway)      ${urls.gateway}
    GraphQL for portals   POST ${urls.gateway}/portal/v1/graphql
    REST for partners     ${urls.gateway}/partner/v1/orders
    REST for operators    ${urls.gateway}/operations/v1/dependencies
  HL7 v2 over MLLP        127.0.0.1:${ports.MLLP_PORT}
  Sign-in (OIDC issuer)   ${urls.identity}
  Sandbox hospital        ERP ${urls.erp} · EHR ${urls.ehr} · network ${urls.network} · control ${urls.control}
                          HR ${platform.env['HCM_URL']} · directory ${platform.env['DIRECTORY_URL']} · SCIM ${platform.env['SCIM_URL']} · credentialing ${platform.env['CREDENTIALING_URL']} · shifts ${platform.env['SCHEDULING_URL']}
  Logs                    ${path.join(home, 'logs')}

Demo people (password of this installation):
${people.map((name) => `  ${name.padEnd(14)} ${state.passwordOf(name)}   ${demoAccounts.find((account) => account.username === name)?.position ?? ''}`).join('\n')}

Try it:
  TOKEN=$(npm run -s token -- nina.alvarez)
  curl -s ${urls.gateway}/portal/v1/graphql -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
    -d '{"query":"{ me { id name roles } stock(facility: \\"MAIN\\", location: \\"CATHLAB\\", first: 3) { items { item { number description } quantity unit } } }"}'

Ctrl-C stops everything.`);
