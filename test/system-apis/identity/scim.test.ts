import { directoryConformance, RIGHTS, type DirectoryUnderTest } from './conformance.ts';
import { openScim, scimSandbox } from './support.ts';

const WRITES = ['POST', 'PUT', 'PATCH'];
const TENANTS = { applications: { groups: RIGHTS, sessions: true }, badges: { groups: RIGHTS, patch: false } };

for (const [tenant, what] of [['applications', 'a SCIM provider'], ['badges', 'a SCIM provider that only takes whole resources']] as const) {
  directoryConformance(what, async (): Promise<DirectoryUnderTest> => {
    const sandbox = await scimSandbox(TENANTS);
    const { books, faults } = sandbox;
    const endsSessions = tenant === 'applications';
    const settings = { ...sandbox.tenants[tenant]!, ...(endsSessions ? { sessions: { path: '/Users/{id}/sessions' } } : {}) };
    const change = async (operation: string, group: string) => (await books.rows<{ number: string }>(
      `select c.number from scim.changes c join scim.resources r on r.tenant = c.tenant and r.id = c.resource_id
       where c.tenant = $1 and c.operation = $2 and r.resource->>'displayName' = $3 order by c.number desc limit 1`, [tenant, operation, group]))[0]!.number;
    return {
      port: openScim(settings),
      misconfigured: { port: openScim({ ...settings, token: 'not-the-token' }), secret: 'not-the-token' },
      endsSessions,
      state: async () => JSON.stringify(await books.rows('select max(number) from scim.changes')),
      wasLeftFirst: async (left, entered) => Number(await change('remove member', left)) < Number(await change('add member', entered)),
      namesOf: (personId) => books.rows(
        `select resource->'name'->>'givenName' as given, resource->'name'->>'familyName' as family from scim.resources where tenant = $1 and resource->>'externalId' = $2`, [tenant, personId]),
      async plant(count) {
        const insert = `insert into scim.resources (tenant, kind, id, resource) select $1, 'User', gen_random_uuid()::text, `;
        await books.rows(`${insert} jsonb_build_object('userName', 'bulk' || number, 'externalId', 'BULK-' || number) from generate_series(1, $2) number`, [tenant, count]);
        await books.rows(`${insert} '{ "userName": "printer" }'`, [tenant]);
      },
      trouble: {
        loseNextAnswer: () => faults.set({ kind: 'answerLost', rate: 1 }, { methods: WRITES, times: 1 }),
        dropNextWrite: () => faults.set({ kind: 'down' }, { methods: WRITES, times: 1 }),
        setDown: (isDown) => faults.set({ kind: isDown ? 'down' : 'none' }),
      },
      tearDown: sandbox.stop,
    };
  });
}
