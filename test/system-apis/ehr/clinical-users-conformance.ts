import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ClinicalUserToHold, EhrOperations } from '#contracts/generated/system/ehr/v1.ts';

export interface UsersUnderTest {
  /** Input and answer are checked against the contract. */
  call<Name extends 'listClinicalUsers' | 'getClinicalUser' | 'holdClinicalUser'>(name: Name, input: EhrOperations[Name]['input']): Promise<EhrOperations[Name]['output']>;
  leave(): Promise<void>;
}

const name = { given: 'Rosalind', family: 'Achterberg' };
const [nurse, nurseInEmergency, midwife, elsewhere] = ['MAIN/CATHLAB/nurse', 'MAIN/ED/nurse', 'MAIN/CATHLAB/midwife', 'EAST/CLINIC/nurse'] as const;

/** What every record system does with clinical users. It knows the departments of the sandbox hospital and none called NOWHERE. */
export function clinicalUsersConformance(title: string, setUp: () => Promise<UsersUnderTest>): void {
  describe(`clinical users in ${title}`, () => {
    let users: UsersUnderTest;
    let people = 0;
    before(async () => { users = await setUp(); });
    after(() => users.leave());

    const somebody = () => `P-9${String(people += 1).padStart(3, '0')}`;
    async function hold(personId: string, body: ClinicalUserToHold) {
      const { confirmedAt, ...held } = await users.call('holdClinicalUser', { personId, body });
      assert.ok(!Number.isNaN(Date.parse(confirmedAt)));
      return held;
    }
    const get = (personId: string) => users.call('getClinicalUser', { personId });

    test('are made with a name, a provider number and roles', async () => {
      const personId = somebody();
      assert.deepEqual(await hold(personId, { name, npi: '1234567893', roles: [nurse, elsewhere] }), { active: true, roles: [elsewhere, nurse] });
      assert.deepEqual(await get(personId), { personId, active: true, npi: '1234567893', roles: [elsewhere, nurse] });
    });

    test('move to another department, and back again', async () => {
      const personId = somebody();
      await hold(personId, { name, roles: [nurse] });
      assert.deepEqual(await hold(personId, { roles: [nurseInEmergency, midwife] }), { active: true, roles: [midwife, nurseInEmergency] });
      assert.deepEqual(await hold(personId, { roles: [nurse] }), { active: true, roles: [nurse] });
      assert.deepEqual((await get(personId)).roles, [nurse]);
    });

    test('are not active without any role, and are again with one', async () => {
      const personId = somebody();
      await hold(personId, { name, roles: [nurse, elsewhere] });
      assert.deepEqual(await hold(personId, { roles: [] }), { active: false, roles: [] });
      assert.deepEqual(await get(personId), { personId, active: false, roles: [] });
      assert.deepEqual(await hold(personId, { roles: [nurse] }), { active: true, roles: [nurse] });
    });

    test('keep what is asked for again', async () => {
      const personId = somebody();
      const first = await hold(personId, { name, npi: '1234567893', roles: [nurse] });
      assert.deepEqual(await hold(personId, { name, npi: '1234567893', roles: [nurse] }), first);
      assert.equal((await get(personId)).npi, '1234567893', 'which nobody has to say again');
    });

    test('are not made without a name, and not without a role', async () => {
      for (const body of [{ roles: [nurse] }, { name, roles: [] }]) {
        const personId = somebody();
        assert.deepEqual(await hold(personId, body), { active: false, roles: [] });
        await assert.rejects(get(personId), { kind: 'not-found', code: 'unknown-clinical-user' });
      }
    });

    test('lose what is taken from them even if the department of a new role is unknown', async () => {
      const personId = somebody();
      await hold(personId, { name, roles: [nurse, midwife] });
      const refusal = await users.call('holdClinicalUser', { personId, body: { roles: [nurse, 'MAIN/NOWHERE/nurse'] } }).catch((error: unknown) => error);
      const { kind, code, errors } = refusal as { kind: string; code: string; errors: { pointer: string }[] };
      assert.deepEqual([kind, code, errors.map((each) => each.pointer)], ['refused', 'unknown-department', ['/roles/1']]);
      assert.deepEqual((await get(personId)).roles, [nurse]);
    });

    test('are not made for an unknown department', async () => {
      const personId = somebody();
      await assert.rejects(users.call('holdClinicalUser', { personId, body: { name, roles: ['MAIN/NOWHERE/nurse'] } }), { kind: 'refused', code: 'unknown-department' });
      await assert.rejects(get(personId), { kind: 'not-found' });
    });

    test('are listed page by page, each once', async () => {
      const added = [somebody(), somebody(), somebody()];
      for (const personId of added) await hold(personId, { name, roles: [nurse] });
      const { items: all } = await users.call('listClinicalUsers', {});
      const seen: unknown[] = [];
      for (let cursor: string | undefined; ;) {
        const { items, next } = await users.call('listClinicalUsers', { limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        assert.ok(items.length <= 2);
        seen.push(...items);
        if (next === undefined) break;
        cursor = next;
      }
      assert.deepEqual(seen, all);
      assert.deepEqual(all.filter((each) => added.includes(each.personId)).map((each) => each.roles), [[nurse], [nurse], [nurse]]);
    });
  });
}
