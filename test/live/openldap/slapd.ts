import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../support/free-port.ts';

/** A real OpenLDAP with a tree of its own, for one file of tests. */
export interface Slapd {
  port: number;
  /** Signs on as who may do everything. */
  adminDn: string;
  serviceDn: string;
  password: string;
  people: string;
  groups: string;
  stop(): Promise<void>;
}

const SLAPD = '/usr/sbin/slapd';
const SLAPADD = '/usr/sbin/slapadd';
const SUFFIX = 'dc=hospital,dc=test';
const PASSWORD = 'ldap-password-of-this-test';
const START_WITHIN_MS = 20_000;

/** @throws Error naming the package when OpenLDAP is not installed */
export async function startSlapd(rights: readonly string[]): Promise<Slapd> {
  if (![SLAPD, SLAPADD].every((file) => existsSync(file))) throw new Error('OpenLDAP is not installed. On Debian 12: apt-get install --no-install-recommends slapd');
  const directory = await mkdtemp(path.join(tmpdir(), 'callosum-slapd-'));
  const adminDn = `cn=admin,${SUFFIX}`;
  const serviceDn = `cn=svc-integration,${SUFFIX}`;
  const port = await freePort();
  let server: ChildProcess | undefined;
  const stop = async () => {
    if (server && server.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
    }
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await mkdir(path.join(directory, 'db'));
    const config = path.join(directory, 'slapd.conf');
    await writeFile(config, configuration(directory, adminDn, serviceDn), { mode: 0o600 });
    await writeFile(path.join(directory, 'seed.ldif'), seed(serviceDn, rights));
    await promisify(execFile)(SLAPADD, ['-q', '-f', config, '-l', path.join(directory, 'seed.ldif')]);
    // With -d it stays in the foreground, as our child.
    server = spawn(SLAPD, ['-d', '0', '-f', config, '-h', `ldap://127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'pipe'] });
    await listening(server, port);
    return { port, adminDn, serviceDn, password: PASSWORD, people: `ou=people,${SUFFIX}`, groups: `ou=groups,${SUFFIX}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The integration account may write people and groups and nothing else; it is no administrator. */
function configuration(directory: string, adminDn: string, serviceDn: string): string {
  return `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload refint
moduleload ppolicy
pidfile ${directory}/slapd.pid
database mdb
maxsize 104857600
suffix "${SUFFIX}"
rootdn "${adminDn}"
rootpw ${PASSWORD}
directory ${directory}/db
dbnosync
index objectClass,uid,employeeNumber,member,entryUUID eq
overlay memberof
overlay refint
refint_attributes member manager
refint_nothing "${serviceDn}"
overlay ppolicy
ppolicy_default "cn=default,ou=policies,${SUFFIX}"
access to dn.one="ou=groups,${SUFFIX}" by dn.exact="${serviceDn}" write by users read by * none
access to dn.subtree="ou=people,${SUFFIX}" attrs=userPassword by anonymous auth by self write by * none
access to dn.subtree="ou=people,${SUFFIX}" by dn.exact="${serviceDn}" write by users read by * none
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
`;
}

function seed(serviceDn: string, rights: readonly string[]): string {
  const entries = [
    [SUFFIX, 'objectClass: top', 'objectClass: dcObject', 'objectClass: organization', 'o: Example Health', 'dc: hospital'],
    ...['people', 'groups', 'policies'].map((ou) => [`ou=${ou},${SUFFIX}`, 'objectClass: organizationalUnit', `ou: ${ou}`]),
    [`cn=default,ou=policies,${SUFFIX}`, 'objectClass: pwdPolicy', 'objectClass: person', 'cn: default', 'sn: default', 'pwdAttribute: userPassword', 'pwdLockout: TRUE'],
    [serviceDn, 'objectClass: organizationalRole', 'objectClass: simpleSecurityObject', 'cn: svc-integration', `userPassword: ${PASSWORD}`],
    ...rights.map((cn) => [`cn=${cn},ou=groups,${SUFFIX}`, 'objectClass: groupOfNames', `cn: ${cn}`, `member: ${serviceDn}`]),
  ];
  return entries.map(([dn, ...attributes]) => `dn: ${dn}\n${attributes.join('\n')}\n`).join('\n');
}

async function listening(server: ChildProcess, port: number): Promise<void> {
  let said = '';
  server.stderr!.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-4_000); });
  const end = performance.now() + START_WITHIN_MS;
  while (!await accepts(port)) {
    if (server.exitCode !== null || performance.now() > end) throw new Error(`slapd does not get ready: ${said}`);
    await sleep(20);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}
