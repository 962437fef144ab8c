import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { compileContract, type Contract } from '#chassis/contract/contract.ts';
import type { Call } from '#chassis/contract/serve.ts';
import { ApiError, type FailureKind } from '#chassis/errors/failures.ts';
import { credentialing, type CredentialingOperations } from '#contracts/generated/system/credentialing/v1.ts';
import { demonstrationNpi } from '../../../sandbox/hospital/workforce.ts';
import type { Credentialing } from '../../../sandbox/credentialing/start.ts';
import type { CredentialingPort, FoundStanding } from '../../../system-apis/credentialing/port.ts';
import { forgedCursors } from '../forged-cursors.ts';

/** Whoever verifies credentials, as far as the suite has them do something. */
export type Staff = Pick<Credentialing, 'register' | 'grant' | 'verify' | 'renew' | 'suspend' | 'reinstate' | 'revoke' | 'sanction' | 'liftSanction' | 'enumerate' | 'deactivate'>;

export interface UnderTest {
  port: CredentialingPort;
  staff: Staff;
  tearDown(): Promise<void>;
}

export const CAPABILITIES = ['credentials', 'deleted-credentials', 'providers', 'sanctions'];

type Name = keyof CredentialingOperations;
const operations = compileContract(credentialing as Contract).operations;

/** As the edge of the API calls: input and answer are checked against the contract. */
export function callerOf(port: CredentialingPort) {
  return async <N extends Name>(name: N, input: CredentialingOperations[N]['input']): Promise<CredentialingOperations[N]['output']> => {
    assert.deepEqual(operations.get(name)!.checkParameters({ ...input }), [], `what is asked of ${name} keeps the contract`);
    const answer = await (port[name] as (input: unknown, call: Call) => Promise<never>)(input, { repeated: false, idempotencyKey: undefined, signal: AbortSignal.timeout(30_000) } as Call);
    assert.deepEqual(operations.get(name)!.checkAnswer?.(answer) ?? [], [], `the answer of ${name} keeps the contract`);
    return answer;
  };
}

export async function fails(call: Promise<unknown>, kind: FailureKind, code?: string): Promise<ApiError> {
  const failure = await call.then((answer) => assert.fail(`did not fail but answered ${JSON.stringify(answer)}`), (thrown: unknown) => thrown);
  assert.ok(failure instanceof ApiError, String(failure));
  assert.deepEqual([failure.kind, code && failure.code], [kind, code], failure.message);
  return failure;
}

/** What every adapter of a credentialing system does. */
export function credentialingConformance(name: string, setUp: () => Promise<UnderTest>): void {
  describe(`${name} keeps the contract of credentialing`, () => {
    let underTest: UnderTest;
    let call: ReturnType<typeof callerOf>;
    before(async () => {
      underTest = await setUp();
      call = callerOf(underTest.port);
      await underTest.staff.register({ personId: 'P-1', given: 'Ana', family: 'Lee', npi: demonstrationNpi(1) });
      await underTest.staff.grant('P-1', { code: 'RN', number: 'RN-77', issuedOn: '2024-01-05', expiresOn: '2027-06-30' });
      await underTest.staff.grant('P-1', { code: 'BLS', issuedOn: '2025-03-01', expiresOn: '2027-02-28' });
    });
    after(() => underTest?.tearDown());

    const statusOf = async (personId: string, code: string) => (await call('getStanding', { personId })).credentials.filter((each) => each.code === code).map((each) => each.status);

    test('declares each capability once, and why one is lacking', async () => {
      const { capabilities } = await call('getCapabilities', {});
      assert.deepEqual(capabilities.map((each) => each.name).toSorted(), CAPABILITIES);
      for (const { name: lacking, supported, reason } of capabilities) assert.ok(supported || reason, lacking);
    });

    test('tells the credentials of somebody, with their kind, issuer, number and last day', async () => {
      const { credentials, npi, sanctions } = await call('getStanding', { personId: 'P-1' });
      const { credentialId, ...licence } = credentials.find((each) => each.code === 'RN')!;
      assert.ok(credentialId);
      assert.deepEqual(licence, {
        personId: 'P-1', kind: 'licence', code: 'RN', issuer: 'Massachusetts Board of Registration in Nursing', number: 'RN-77', status: 'valid', issuedOn: '2024-01-05', expiresOn: '2027-06-30',
      });
      assert.deepEqual([npi, sanctions], [demonstrationNpi(1), []]);
    });

    test('tells of somebody whom it does not know that there is nothing', async () => {
      assert.deepEqual(await call('getStanding', { personId: 'P-404' }), { personId: 'P-404', credentials: [], sanctions: [] });
    });

    test('tells what boards do: suspend, reinstate, renew and revoke', async () => {
      const { staff } = underTest;
      await staff.register({ personId: 'P-2', given: 'Ben', family: 'Ito' });
      const first = await staff.grant('P-2', { code: 'MD', issuedOn: '2024-01-05', expiresOn: '2026-12-31' });
      await staff.suspend('P-2', { code: 'MD' });
      assert.deepEqual(await statusOf('P-2', 'MD'), ['suspended']);
      await staff.reinstate('P-2', { code: 'MD' });
      await staff.renew('P-2', { code: 'MD', expiresOn: '2028-12-31' });
      const [renewed] = (await call('getStanding', { personId: 'P-2' })).credentials;
      assert.deepEqual([renewed?.credentialId, renewed?.status, renewed?.expiresOn], [first, 'valid', '2028-12-31']);
      await staff.revoke('P-2', { code: 'MD' });
      await staff.grant('P-2', { code: 'MD', issuedOn: '2026-11-01' });
      assert.deepEqual((await statusOf('P-2', 'MD')).toSorted(), ['revoked', 'valid']);
    });

    test('tells what is applied for as pending until it is verified', async () => {
      await underTest.staff.grant('P-1', { code: 'ACLS', issuedOn: '2026-11-01', isPending: true });
      assert.deepEqual(await statusOf('P-1', 'ACLS'), ['pending']);
      await underTest.staff.verify('P-1', { code: 'ACLS' });
      assert.deepEqual(await statusOf('P-1', 'ACLS'), ['valid']);
    });

    test('tells of which facility a privilege is', async () => {
      await underTest.staff.grant('P-1', { code: 'PCI', facility: 'MAIN', issuedOn: '2026-01-01' });
      await underTest.staff.grant('P-1', { code: 'PCI', facility: 'EAST', issuedOn: '2026-01-01' });
      await underTest.staff.suspend('P-1', { code: 'PCI', facility: 'EAST' });
      const privileges = (await call('getStanding', { personId: 'P-1' })).credentials.filter((each) => each.code === 'PCI');
      assert.deepEqual(privileges.map((each) => [each.kind, each.facility, each.status]).toSorted(), [['privilege', 'EAST', 'suspended'], ['privilege', 'MAIN', 'valid']]);
    });

    test('tells of a sanction from when it holds, and until when once it is lifted', async () => {
      const sanctions = async () => (await call('getStanding', { personId: 'P-2' })).sanctions;
      await underTest.staff.sanction('P-2', { source: 'OIG-LEIE', from: '2026-10-20' });
      assert.deepEqual(await sanctions(), [{ source: 'OIG-LEIE', from: '2026-10-20' }]);
      await underTest.staff.liftSanction('P-2', { source: 'OIG-LEIE', to: '2026-11-15' });
      assert.deepEqual(await sanctions(), [{ source: 'OIG-LEIE', from: '2026-10-20', to: '2026-11-15' }]);
    });

    describe('provider numbers', () => {
      test('are refused by their check digit', async () => {
        const failure = await fails(call('getProvider', { npi: '1234567890' }), 'refused', 'invalid-npi');
        assert.deepEqual(failure.errors?.map((each) => each.pointer), ['parameter:npi']);
      });

      test('are found with name, taxonomy and whether they are in use', async () => {
        const npi = demonstrationNpi(7);
        await underTest.staff.enumerate({ npi, given: 'Mei', family: 'Chan', taxonomy: '163W00000X' });
        assert.deepEqual(await call('getProvider', { npi }), { npi, status: 'active', name: { given: 'MEI', family: 'CHAN' }, taxonomy: '163W00000X' });
        await underTest.staff.deactivate(npi);
        assert.deepEqual(await call('getProvider', { npi }), { npi, status: 'deactivated' });
      });

      test('that nobody was given are not found', async () => {
        await fails(call('getProvider', { npi: demonstrationNpi(404) }), 'not-found', 'unknown-provider');
      });
    });

    describe('what changed', () => {
      const personIds = (found: readonly FoundStanding[]) => new Set(found.map((each) => each.standing.personId));

      test('is found after a position, and again when it is asked again', async () => {
        const { port, staff } = underTest;
        const { position } = await port.pollStandings(null);
        await staff.grant('P-2', { code: 'BLS', issuedOn: '2026-11-01' });
        for (let time = 1; time <= 2; time += 1) {
          const { standings } = await port.pollStandings(JSON.parse(JSON.stringify(position)));
          assert.ok(standings.find((each) => each.standing.personId === 'P-2')?.standing.credentials.some((each) => each.code === 'BLS'));
        }
      });

      test('is also a sanction of somebody whose credentials stay as they are', async () => {
        const { port, staff } = underTest;
        const { position } = await port.pollStandings(null);
        await staff.sanction('P-1', { source: 'OIG-LEIE', from: '2026-11-01' });
        assert.ok(personIds((await port.pollStandings(position)).standings).has('P-1'));
        await staff.liftSanction('P-1', { source: 'OIG-LEIE', to: '2026-11-02' });
      });

      test('is refused after a position of something else', async () => {
        await fails(underTest.port.pollStandings({ at: 3 }), 'internal', 'position-unknown');
      });
    });

    describe('credentials of 600 people', () => {
      const count = 600;
      before(async () => {
        for (let each = 0; each < count; each += 1) {
          const personId = `Q-${String(each).padStart(3, '0')}`;
          await underTest.staff.register({ personId, given: 'Q', family: 'Q' });
          await underTest.staff.grant(personId, { code: 'CST', issuedOn: '2026-01-01', expiresOn: `2031-0${(each % 9) + 1}-15` });
        }
      });

      test('come page by page, by the day of their expiry and each once', async () => {
        const seen: string[] = [];
        const days: string[] = [];
        let cursor: string | undefined;
        do {
          const { items, next } = await call('listCredentials', { code: 'CST', limit: 200, ...(cursor === undefined ? {} : { cursor }) });
          seen.push(...items.map((each) => each.personId));
          days.push(...items.map((each) => each.expiresOn!));
          cursor = next;
        } while (cursor !== undefined);
        assert.equal(seen.length, count);
        assert.equal(new Set(seen).size, count);
        assert.deepEqual(days, days.toSorted());
      });

      test('are found by the days between which they expire', async () => {
        const { items } = await call('listCredentials', { expiringFrom: '2031-02-15', expiringTo: '2031-03-14', limit: 200 });
        assert.deepEqual(new Set(items.map((each) => each.expiresOn)), new Set(['2031-02-15']));
        assert.equal(items.length, 67);
      });

      test('are all found to have changed when nobody looked before', async () => {
        const { standings } = await underTest.port.pollStandings(null);
        assert.ok(standings.length >= count);
      });
    });

    test('refuses cursors that it never gave', async () => {
      for (const cursor of Object.values(forgedCursors).filter((each) => each.length <= 512)) await fails(call('listCredentials', { cursor }), 'invalid-request');
    });
  });
}
