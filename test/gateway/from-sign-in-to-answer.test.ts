import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { procurementNetwork, type DispatchedOrder } from '#contracts/generated/system/procurement-network/v1.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { checkGateway } from '../../gateway/config.ts';
import { startGateway, type Gateway } from '../../gateway/gateway.ts';
import { demoAccounts } from '../../sandbox/identity/accounts.ts';
import { demoClients, partnerClientId, RESOURCE } from '../../sandbox/identity/clients.ts';
import { machineToken, signIn, type Tokens } from '../../sandbox/identity/sign-in.ts';
import { startIdentity, type Identity } from '../../sandbox/identity/start.ts';
import { suppliers } from '../../sandbox/hospital/suppliers.ts';
import { startExperience, type ExperiencePlatform } from '../experience-apis/experience-platform.ts';
import { fakeApi } from '../experience-apis/fake-api.ts';
import { anOrder, hospitalBelow } from '../experience-apis/portal/hospital-below.ts';

const REDIRECT_URI = 'http://127.0.0.1:9/callback';
const [mine, other] = suppliers.filter((supplier) => supplier.channel === 'partner-rest').map((supplier) => supplier.number) as [string, string];

describe('from the sign-in of the sandbox hospital to an answer', () => {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'identity-'));
  const below = hospitalBelow();
  const orders = [sent('PO-1', mine), sent('PO-2', other ?? 'S-OTHER')];
  let identity: Identity;
  let platform: ExperiencePlatform;
  let gateway: Gateway;

  before(async () => {
    identity = await startIdentity({ port: 0, stateDirectory, accounts: demoAccounts, clients: demoClients([REDIRECT_URI]) });
    const network = fakeApi(procurementNetwork, {
      listOrders: async ({ supplierNumber }) => ({ items: orders.filter((order) => order.supplierNumber === supplierNumber) }),
      async getOrder({ orderNumber }) {
        const order = orders.find((each) => each.orderNumber === orderNumber);
        if (!order) throw new ApiError('not-found', 'There is no such order.');
        return order;
      },
      receiveInterchange: async () => 'ISA*ack~',
    }, below.seen);
    platform = await startExperience({ below: [...below.modules, network] });
    const config = {
      ...platform.config,
      gateway: {
        port: 0, admin: { port: 0 },
        issuers: [{ issuer: identity.issuer, audience: RESOURCE, claims: { bindings: { supplier: 'supplier', exchange: 'exchange', costCenters: 'cost_centers' } } }],
      },
    };
    gateway = await startGateway(config, checkGateway(config).settings);
  });
  after(async () => {
    await gateway.stop();
    await platform.stop();
    await identity.close();
    rmSync(stateDirectory, { recursive: true });
  });

  const person = (username: string, scope?: string) => signIn({ issuer: identity.issuer, clientId: 'portal', redirectUri: REDIRECT_URI, username, password: identity.passwordOf(username), ...(scope ? { scope } : {}) });
  const machine = (clientId: string, scope = 'partner') => machineToken({ issuer: identity.issuer, clientId, scope, secret: identity.secretOf(clientId) });

  async function call(token: string | undefined, method: string, path: string, body?: string, type = 'application/json'): Promise<{ status: number; headers: Headers; text: string }> {
    const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, {
      method, body, headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { 'content-type': type }) },
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
  const ask = (token: string | undefined, query: string) => call(token, 'POST', '/portal/v1/graphql', JSON.stringify({ query }));

  test('a nurse signs in and is known to the process, with her roles, facilities and cost centres', async () => {
    below.orders.push(anOrder());
    const { accessToken } = await person('nina.alvarez');
    const { status, text } = await ask(accessToken, '{ me { id name roles facilities } orders { items { orderNumber } } }');
    assert.equal(status, 200, text);
    assert.deepEqual(JSON.parse(text), { data: { me: { id: 'nina.alvarez', name: 'Nina Alvarez', roles: ['requester'], facilities: ['MAIN'] }, orders: { items: [{ orderNumber: 'PO-1' }] } } });
    const { principal } = below.seen.at(-1)!.call;
    assert.deepEqual({ kind: principal.kind, subject: principal.subject, bindings: principal.bindings }, { kind: 'user', subject: 'nina.alvarez', bindings: { costCenters: '7010' } });
  });

  test('her ID token opens nothing, and neither does no token', async () => {
    const { idToken } = await person('nina.alvarez') as Tokens & { idToken: string };
    const refused = await ask(idToken, '{ me { id } }');
    assert.equal(refused.status, 401);
    assert.equal(refused.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
    const anonymous = await ask(undefined, '{ me { id } }');
    assert.equal(anonymous.status, 401);
    assert.equal(anonymous.headers.get('www-authenticate'), 'Bearer');
  });

  test('a person is no partner and a partner no person', async () => {
    const { accessToken } = await person('nina.alvarez');
    const asPartner = await call(accessToken, 'GET', '/partner/v1/orders');
    assert.equal(asPartner.status, 403);
    assert.equal(asPartner.headers.get('www-authenticate'), 'Bearer error="insufficient_scope", scope="partner"');
    const asPerson = await ask((await machine(partnerClientId(mine))).accessToken, '{ me { id } }');
    assert.equal(asPerson.status, 403);
  });

  test('somebody who belongs to no facility does not see all of them', async () => {
    const { status, text } = await ask((await person('noel.gray')).accessToken, '{ orders { items { id } } }');
    assert.equal(status, 403);
    assert.equal((JSON.parse(text) as { code: string }).code, 'no-facility');
  });

  test('a supplier sees its orders and nobody else\'s', async () => {
    const { accessToken } = await machine(partnerClientId(mine));
    const { status, text } = await call(accessToken, 'GET', '/partner/v1/orders?limit=5');
    assert.equal(status, 200, text);
    assert.deepEqual((JSON.parse(text) as { items: DispatchedOrder[] }).items.map((order) => order.orderNumber), ['PO-1']);
    assert.equal((await call(accessToken, 'GET', '/partner/v1/orders/PO-1')).status, 200);
    assert.equal((await call(accessToken, 'GET', '/partner/v1/orders/PO-2')).status, 404);
  });

  test('a value-added network hands in an interchange, and sees no orders', async () => {
    const { accessToken } = await machine('value-added-network');
    const handedIn = await call(accessToken, 'POST', '/partner/v1/interchanges', 'ISA*00*~IEA*1*1~', 'application/edi-x12');
    assert.deepEqual([handedIn.status, handedIn.text, handedIn.headers.get('content-type')?.split(';')[0]], [200, 'ISA*ack~', 'application/edi-x12']);
    assert.equal((await call(accessToken, 'GET', '/partner/v1/orders')).status, 403);
  });
});

function sent(orderNumber: string, supplierNumber: string): DispatchedOrder {
  return {
    orderNumber, supplierNumber, requisitionReference: 'cath-42', facility: 'MAIN', orderedOn: '2026-11-20', currency: 'USD', revision: 0, status: 'sent', channel: 'partner-rest', sentAt: '2026-11-20T08:00:00Z',
    lines: [{ line: 1, itemNumber: 'I-1', quantity: 2, unit: 'EA', unitPrice: '30.00' }],
  };
}
