import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { EmployeeToHold } from '#contracts/generated/system/erp/v1.ts';
import { NOWHERE } from './fixture.ts';
import { allPages, fails, failsAsUnsupported, fresh, type ErpSession } from './harness.ts';

const name = { given: 'Rosalind', family: 'Achterberg' };

export function employeeSuite(session: () => ErpSession): void {
  describe('employees', () => {
    const somebody = () => fresh('P');
    async function hold(personId: string, body: EmployeeToHold) {
      const { confirmedAt, ...held } = await session().call('holdEmployee', { personId, body });
      assert.ok(!Number.isNaN(Date.parse(confirmedAt)));
      return held;
    }
    const get = (personId: string) => session().call('getEmployee', { personId });
    const charged = () => ({ active: true, facility: session().fixture.facility, costCenter: session().fixture.openCostCenter });

    /** As a test where the vendor keeps employees; elsewhere all that is asked is that it says so. */
    function keeps(title: string, check: () => Promise<void>): void {
      it(title, async () => {
        const { call, capability } = session();
        if (capability('employees').supported) return check();
        await failsAsUnsupported(call('holdEmployee', { personId: somebody(), body: { ...charged(), name } }), capability('employees'));
        await failsAsUnsupported(call('getEmployee', { personId: somebody() }), capability('employees'));
        await failsAsUnsupported(call('listEmployees', {}), capability('employees'));
      });
    }

    keeps('are made with the cost centre that bears their costs', async () => {
      const personId = somebody();
      assert.deepEqual(await hold(personId, { ...charged(), name }), charged());
      assert.deepEqual(await get(personId), { personId, ...charged() });
    });

    keeps('move to another cost centre, and back on the same day', async () => {
      const personId = somebody();
      await hold(personId, { ...charged(), name });
      const moved = { ...charged(), costCenter: session().fixture.otherCostCenter };
      assert.deepEqual(await hold(personId, moved), moved);
      assert.deepEqual(await get(personId), { personId, ...moved });
      assert.deepEqual(await hold(personId, charged()), charged());
    });

    keeps('are charged to nobody once they are inactive, and to somebody again when they come back', async () => {
      const personId = somebody();
      await hold(personId, { ...charged(), name });
      assert.deepEqual(await hold(personId, { active: false }), { active: false });
      assert.deepEqual(await get(personId), { personId, active: false });
      assert.deepEqual(await hold(personId, charged()), charged());
    });

    keeps('keep what is asked for again', async () => {
      const personId = somebody();
      for (const body of [{ ...charged(), name }, charged(), { ...charged(), name }]) assert.deepEqual(await hold(personId, body), charged());
    });

    keeps('are not made without a name, and not to be inactive', async () => {
      for (const body of [charged(), { active: false, name }]) {
        const personId = somebody();
        assert.deepEqual(await hold(personId, body), { active: false });
        await fails(get(personId), 'not-found', 'unknown-employee');
      }
    });

    keeps('are not charged to a cost centre that cannot bear them', async () => {
      const { fixture } = session();
      const personId = somebody();
      await hold(personId, { ...charged(), name });
      const refusals: [change: Partial<EmployeeToHold>, code: string, pointer: string][] = [
        [{ costCenter: fixture.closedCostCenter }, 'cost-center-closed', '/costCenter'],
        [{ facility: fixture.otherFacility }, 'cost-center-not-in-facility', '/costCenter'],
        [{ costCenter: NOWHERE }, 'unknown-cost-center', '/costCenter'],
      ];
      for (const [change, code, pointer] of refusals) {
        const failure = await fails(session().call('holdEmployee', { personId, body: { ...charged(), ...change } }), 'refused', code);
        assert.deepEqual(failure.errors?.map((each) => each.pointer), [pointer]);
        await fails(session().call('holdEmployee', { personId: somebody(), body: { ...charged(), ...change, name } }), 'refused', code);
      }
      assert.deepEqual(await get(personId), { personId, ...charged() });
    });

    keeps('are there once and as they should be although the answer was lost', async () => {
      const { faults } = session();
      if (!faults) return;
      const personId = somebody();
      for (const body of [{ ...charged(), name }, { ...charged(), costCenter: session().fixture.otherCostCenter }, { active: false }]) {
        faults.loseNextWriteAnswer();
        await assert.rejects(hold(personId, body));
        faults.setDown(false);
        const { name: _name, ...held } = { name, ...body };
        assert.deepEqual(await hold(personId, body), held);
      }
    });

    keeps('are listed page by page, each once', async () => {
      const added = [somebody(), somebody(), somebody()];
      for (const personId of added) await hold(personId, { ...charged(), name });
      const pages = await allPages((cursor) => session().call('listEmployees', { limit: 2, ...(cursor === undefined ? {} : { cursor }) }));
      assert.ok(pages.every((page) => page.length <= 2));
      const listed = pages.flat().map((each) => each.personId);
      assert.equal(new Set(listed).size, listed.length);
      assert.deepEqual(listed.filter((each) => added.includes(each)).toSorted(), added.toSorted());
    });
  });
}
