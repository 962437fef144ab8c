import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureContextOptions } from 'node:tls';
import { Pool } from 'pg';
import { createFaults, type Faults } from '../faults.ts';
import { serveConnection, type Site } from './connection.ts';
import { keyOf } from './dn.ts';
import { openEntries, SCHEMA, type Entries } from './entries.ts';
import { sealed } from './passwords.ts';

export interface DirectoryOptions {
  databaseUrl: string;
  /** 0 takes a free one. */
  port: number;
  seed: number;
  faults?: Faults;
  /** Groups that are there from the start. */
  groups?: readonly string[];
  /** Of the integration account; a random one when absent. */
  password?: string;
  baseDn?: string;
  /** Key and certificate: StartTLS is offered then, and LDAPS on a port of its own. */
  tls?: SecureContextOptions & { port: number };
}

export interface RunningDirectory {
  url: string;
  /** Empty without TLS. */
  secureUrl: string;
  baseDn: string;
  people: string;
  groups: string;
  serviceDn: string;
  password: string;
  faults: Faults;
  /** Ends all connections, as a restart of the server does to its clients. */
  hangUp(): void;
  close(): Promise<void>;
}

/** A directory server that speaks LDAP v3, for machines without one. */
export async function startDirectory({ databaseUrl, port, seed, groups = [], baseDn = 'dc=lakeside,dc=example', tls, ...options }: DirectoryOptions): Promise<RunningDirectory> {
  const pool = new Pool({ connectionString: databaseUrl, max: 4 });
  pool.on('error', (error) => process.emitWarning(`directory lost a database connection: ${error.message}`));
  // One that is lost between two queries would end the process; the next query fails then.
  pool.on('connect', (client) => client.on('error', () => undefined));
  await pool.query(SCHEMA);
  const [people, groupsDn, serviceDn] = [`ou=people,${baseDn}`, `ou=groups,${baseDn}`, `cn=callosum,${baseDn}`];
  const password = options.password ?? randomBytes(18).toString('base64url');
  const faults = options.faults ?? createFaults(seed);
  const entries = await openEntries(pool, serviceDn);
  await plant(entries, baseDn, { serviceDn, password, groups });

  const site: Site = { entries, baseDn, serviceDn, offersTls: tls !== undefined, faults, tls };
  const sockets = new Set<Socket>();
  const serve = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serveConnection(site, socket);
  };
  const plain = await listening(createServer(serve), port);
  const secure = tls && await listening(createTlsServer(tls, serve).on('tlsClientError', (_error, socket) => socket.destroy()), tls.port);
  const hangUp = () => { for (const socket of sockets) socket.destroy(); };

  return {
    url: `ldap://127.0.0.1:${portOf(plain)}`, secureUrl: secure ? `ldaps://localhost:${portOf(secure)}` : '',
    baseDn, people, groups: groupsDn, serviceDn, password, faults, hangUp,
    async close() {
      const closed = [plain, secure].map((server) => server && new Promise((resolve) => server.close(resolve)));
      hangUp();
      await Promise.all(closed);
      await pool.end();
    },
  };
}

/** What is there before anybody has an account. The password of the integration account is the one of this start. */
async function plant(entries: Entries, baseDn: string, { serviceDn, password, groups }: { serviceDn: string; password: string; groups: readonly string[] }): Promise<void> {
  const [, dc = ''] = /^dc=([^,]+)/i.exec(baseDn) ?? [];
  const wanted: [string, Record<string, string[]>][] = [
    [baseDn, { objectClass: ['top', 'dcObject', 'organization'], dc: [dc], o: ['Lakeside Health'] }],
    [`ou=people,${baseDn}`, { objectClass: ['organizationalUnit'], ou: ['people'] }],
    [`ou=groups,${baseDn}`, { objectClass: ['organizationalUnit'], ou: ['groups'] }],
    [serviceDn, { objectClass: ['organizationalRole', 'simpleSecurityObject'], cn: ['callosum'], userPassword: [sealed(password)] }],
    ...groups.map((name): [string, Record<string, string[]>] => [`cn=${name},ou=groups,${baseDn}`, { objectClass: ['groupOfNames'], cn: [name], member: [serviceDn] }]),
  ];
  for (const [dn, attributes] of wanted) if (!entries.get(keyOf(dn))) await entries.add('sandbox', dn, attributes);
  await entries.modify('sandbox', serviceDn, [{ operation: 'replace', attribute: 'userPassword', values: [sealed(password)] }]);
}

function listening(server: Server, port: number): Promise<Server> {
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server)));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
