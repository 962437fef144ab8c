import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Closable } from '#chassis/adapters/adapter.ts';
import { compileContract, type Contract } from '#chassis/contract/contract.ts';
import type { Call } from '#chassis/contract/serve.ts';
import { hcm, type Assignment, type NewWorker, type Worker, type WorkerChange } from '#contracts/generated/system/hcm/v1.ts';
import { demonstrationNpi } from '../../../sandbox/hospital/workforce.ts';
import { checkingInput } from '../../../system-apis/hcm/input-rules.ts';
import type { HcmPort, HrOperations } from '../../../system-apis/hcm/port.ts';
import { callOf, fresh, problemOf } from './support.ts';

export interface HcmUnderTest {
  port: HcmPort & Closable;
  fixture: {
    /** Two departments of one facility and jobs that both have; another facility that neither has, and a department with both. */
    facility: string; department: string; otherDepartment: string; job: string; otherFacility: string; sharedDepartment: string;
    departmentWithoutCostCenter: { code: string; job: string };
    closedPosition: string;
    openPosition: string;
  };
  faults: {
    /** The next write reaches the vendor, which carries it out; its answer is lost. */
    loseNextWriteAnswer(): void;
    setDown(down: boolean): void;
  };
  tearDown(): Promise<void>;
}

type Name = keyof HrOperations;
const operations = compileContract(hcm as Contract).operations;
const NAMES = ['workers', 'hires', 'worker-changes', 'organisation', 'time-entries', 'payroll-inputs'];

/** What every HCM adapter does that can do everything, over books that hold the fixture's jobs and departments. */
export function hcmConformance(name: string, setUp: () => Promise<HcmUnderTest>): void {
  describe(`${name} keeps the contract of an HR system`, () => {
    let underTest: HcmUnderTest;
    before(async () => { underTest = await setUp(); });
    after(async () => {
      await underTest.port.close();
      await underTest.tearDown();
    });

    /** As the contract's edge calls it: input and answer are checked against the contract. */
    async function call<N extends Name>(operation: N, input: HrOperations[N]['input'], repeated = false): Promise<HrOperations[N]['output']> {
      const { body, ...parameters } = input as { body?: unknown };
      const { checkParameters, checkBody, checkAnswer } = operations.get(operation)!;
      assert.deepEqual([...checkParameters({ ...parameters }), ...(checkBody?.(body) ?? [])], [], `what is asked of ${operation} keeps the contract`);
      const port = { ...underTest.port, ...checkingInput(underTest.port) };
      const serve = port[operation] as unknown as (input: unknown, call: Call) => Promise<HrOperations[N]['output']>;
      const answer = await serve(input, callOf(repeated));
      assert.deepEqual(checkAnswer?.(answer) ?? [], [], `the answer of ${operation} keeps the contract`);
      return answer;
    }

    const someone = (changes: Partial<NewWorker> = {}): NewWorker => ({
      reference: fresh('hire'), name: { given: 'Ida', family: 'Brook' }, hiredOn: '2026-01-05', jobCode: underTest.fixture.job,
      departmentCode: underTest.fixture.department, facility: underTest.fixture.facility, fullTimeEquivalent: 1, ...changes,
    });
    const hire = (changes: Partial<NewWorker> = {}) => call('hireWorker', { body: someone(changes) });
    const change = ({ workerId }: Pick<Worker, 'workerId'>, body: Omit<WorkerChange, 'reference'>) => call('changeWorker', { workerId, body: { reference: fresh('change'), ...body } });
    const told = (assignments: readonly Assignment[]) => assignments.map(({ from, to, status, departmentCode }) => `${from}..${to ?? ''} ${status} ${departmentCode}`);
    async function everyone(filter: { personId?: string; facility?: string } = {}, limit = 7): Promise<string[]> {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await call('listWorkers', { ...filter, limit, ...(cursor === undefined ? {} : { cursor }) });
        assert.ok(page.items.length <= limit);
        found.push(...page.items.map((each) => each.workerId));
        cursor = page.next;
      } while (cursor !== undefined);
      return found;
    }

    it('declares each capability once', async () => {
      const { capabilities } = await call('getCapabilities', {});
      assert.deepEqual(capabilities.map((each) => [each.name, each.supported]).toSorted(), NAMES.map((each) => [each, true]).toSorted());
    });

    describe('a worker', () => {
      it('is hired and read back as hired', async () => {
        const body = someone({ email: 'ida.brook@example.org', npi: demonstrationNpi(41), positionId: underTest.fixture.openPosition, fullTimeEquivalent: 0.8 });
        const hired = await call('hireWorker', { body });
        assert.deepEqual(hired.assignments, [{
          employmentId: hired.employments[0]!.employmentId, from: body.hiredOn, status: 'active', positionId: body.positionId,
          jobCode: body.jobCode, departmentCode: body.departmentCode, facility: body.facility, fullTimeEquivalent: 0.8,
        }]);
        assert.deepEqual([hired.name, hired.email, hired.npi, hired.employments.length], [body.name, body.email, body.npi, 1]);
        assert.deepEqual(await call('getWorker', { workerId: hired.workerId }), hired);
      });

      it('is what it is from day to day, in order and without overlap', async () => {
        const { department, otherDepartment } = underTest.fixture;
        const hired = await hire();
        await change(hired, { kind: 'transfer', effectiveOn: '2026-09-01', departmentCode: otherDepartment, facility: underTest.fixture.facility });
        await change(hired, { kind: 'leave', effectiveOn: '2026-08-15' });
        await change(hired, { kind: 'return', effectiveOn: '2026-09-15' });
        const now = await change(hired, { kind: 'termination', effectiveOn: '2026-12-31', category: 'retirement' });
        assert.deepEqual(told(now.assignments), [
          `2026-01-05..2026-08-14 active ${department}`, `2026-08-15..2026-08-31 on-leave ${department}`,
          `2026-09-01..2026-09-14 on-leave ${otherDepartment}`, `2026-09-15..2026-12-31 active ${otherDepartment}`,
        ]);
        assert.deepEqual(now.employments[0]!.termination, { lastDay: '2026-12-31', category: 'retirement', immediate: false });
      });

      it('is told from before whenever anything changed, and only then', async () => {
        const hired = await hire();
        assert.equal((await call('getWorker', { workerId: hired.workerId })).version, hired.version);
        const versions = [hired.version];
        versions.push((await change(hired, { kind: 'transfer', effectiveOn: '2026-02-01', fullTimeEquivalent: 0.5 })).version);
        versions.push((await change(hired, { kind: 'transfer', effectiveOn: '2026-03-01', managerPersonId: hired.personId })).version);
        versions.push((await change(hired, { kind: 'termination', effectiveOn: '2026-03-31', category: 'voluntary' })).version);
        assert.equal(new Set(versions).size, 4);
        assert.equal((await call('listWorkers', { personId: hired.personId })).items[0]!.version, versions[3]);
      });

      it('who left at once stays hired when that is taken back', async () => {
        const hired = await hire();
        const left = await change(hired, { kind: 'termination', effectiveOn: '2026-06-30', category: 'for-cause', immediate: true });
        assert.deepEqual(left.employments[0]!.termination, { lastDay: '2026-06-30', category: 'for-cause', immediate: true });
        const stayed = await change(hired, { kind: 'termination-reversal', effectiveOn: '2026-06-30' });
        assert.deepEqual([stayed.employments[0]!.termination, stayed.assignments[0]!.to], [undefined, undefined]);
      });

      it('who never began has a cancelled employment and no assignment', async () => {
        const hired = await hire({ hiredOn: '2027-01-01' });
        const gone = await change(hired, { kind: 'hire-cancellation', effectiveOn: '2027-01-01' });
        assert.deepEqual([gone.employments.map((each) => each.status), gone.assignments], [['cancelled'], []]);
        assert.equal(await problemOf(change(hired, { kind: 'hire-cancellation', effectiveOn: '2027-01-01' })), 'refused not-reversible /kind');
      });

      it('who comes back is the same person, under whatever number', async () => {
        const first = await hire();
        await change(first, { kind: 'termination', effectiveOn: '2026-03-31', category: 'voluntary' });
        const again = await hire({ personId: first.personId, hiredOn: '2026-06-01' });
        assert.equal(again.personId, first.personId);
        const held = await call('listWorkers', { personId: first.personId });
        const employments = (await Promise.all(held.items.map(({ workerId }) => call('getWorker', { workerId })))).flatMap((each) => each.employments);
        assert.deepEqual(employments.map((each) => each.hiredOn).toSorted(), ['2026-01-05', '2026-06-01']);
      });

      it('is listed once, page by page, also by person and by facility', async () => {
        const { sharedDepartment, otherFacility } = underTest.fixture;
        const here = await hire();
        const there = await hire({ departmentCode: sharedDepartment, facility: otherFacility });
        const moving = await hire({ departmentCode: sharedDepartment });
        await change(moving, { kind: 'transfer', effectiveOn: '2099-01-01', departmentCode: sharedDepartment, facility: otherFacility });
        const gone = await hire({ departmentCode: sharedDepartment, facility: otherFacility });
        await change(gone, { kind: 'termination', effectiveOn: '2026-01-31', category: 'end-of-contract' });
        const all = await everyone();
        assert.deepEqual(all, [...new Set(all)].toSorted());
        assert.deepEqual([here, there, moving, gone].filter(({ workerId }) => !all.includes(workerId)), []);
        assert.deepEqual(await everyone({ facility: otherFacility }), [there.workerId, moving.workerId]);
        assert.deepEqual(await everyone({ personId: here.personId }), [here.workerId]);
        assert.deepEqual(await everyone({ personId: 'P-nobody' }), []);
      });

      it('of whom nobody knows is not found', async () => {
        assert.equal(await problemOf(call('getWorker', { workerId: 'NOWHERE-404' })), 'not-found unknown-worker');
        assert.equal(await problemOf(change({ workerId: 'NOWHERE-404' }, { kind: 'leave', effectiveOn: '2026-02-01' })), 'not-found unknown-worker');
        assert.equal(await problemOf(change({ workerId: 'NOWHERE-404' }, { kind: 'termination-reversal', effectiveOn: '2026-02-01' })), 'not-found unknown-worker');
        assert.equal(await problemOf(call('listTimeEntries', { workerId: 'NOWHERE-404' })), 'not-found unknown-worker');
      });
    });

    describe('what is wrong is refused with its place, and nothing is half done', () => {
      it('in a hire', async () => {
        const { closedPosition, otherFacility } = underTest.fixture;
        const before = await everyone({}, 100);
        const wrong = demonstrationNpi(42).replace(/.$/, (digit) => String((Number(digit) + 1) % 10));
        assert.equal(await problemOf(hire({ npi: wrong })), 'refused invalid-npi /npi');
        assert.equal(await problemOf(hire({ jobCode: 'WIZARD' })), 'refused unknown-job /jobCode');
        assert.equal(await problemOf(hire({ jobCode: 'WIZARD', departmentCode: 'TOWER' })), 'refused unknown-job /jobCode /departmentCode');
        assert.equal(await problemOf(hire({ facility: otherFacility })), 'refused department-not-at-facility /facility');
        assert.equal(await problemOf(hire({ positionId: closedPosition })), 'refused position-closed /positionId');
        assert.equal(await problemOf(hire({ positionId: 'NOWHERE-404' })), 'refused unknown-position /positionId');
        assert.equal(await problemOf(hire({ managerPersonId: 'P-nobody' })), 'refused unknown-manager /managerPersonId');
        assert.equal(await problemOf(hire({ personId: 'P-nobody' })), 'refused unknown-person /personId');
        assert.deepEqual(await everyone({}, 100), before);
      });

      it('in a second hire of one person, also when both come at once', async () => {
        const { personId, workerId } = await hire({ npi: demonstrationNpi(43) });
        assert.equal(await problemOf(hire({ personId })), 'refused already-employed /personId');
        assert.equal(await problemOf(hire({ npi: demonstrationNpi(43) })), 'refused duplicate-npi /npi');
        await change({ workerId }, { kind: 'termination', effectiveOn: '2026-02-28', category: 'voluntary' });
        const answers = await Promise.allSettled([1, 2, 3].map(() => hire({ personId, hiredOn: '2026-04-01' })));
        assert.deepEqual(answers.map((each) => (each.status === 'fulfilled' ? 'hired' : each.reason.code)).toSorted(), ['already-employed', 'already-employed', 'hired']);
        const held = await Promise.all((await call('listWorkers', { personId })).items.map((each) => call('getWorker', { workerId: each.workerId })));
        assert.equal(held.flatMap((each) => each.employments).length, 2);
      });

      it('in a change', async () => {
        const hired = await hire();
        const effectiveOn = '2026-05-01';
        assert.equal(await problemOf(change(hired, { kind: 'transfer', effectiveOn })), 'refused nothing-to-change ');
        assert.equal(await problemOf(change(hired, { kind: 'transfer', effectiveOn, departmentCode: 'TOWER' })), 'refused unknown-department /departmentCode');
        assert.equal(await problemOf(change(hired, { kind: 'transfer', effectiveOn: '2025-12-01', fullTimeEquivalent: 0.5 })), 'refused not-employed /effectiveOn');
        assert.equal(await problemOf(change(hired, { kind: 'termination', effectiveOn })), 'refused category-required /category');
        assert.equal(await problemOf(change(hired, { kind: 'termination', effectiveOn: '2025-12-31', category: 'voluntary' })), 'refused termination-before-hire /effectiveOn');
        assert.equal(await problemOf(change(hired, { kind: 'return', effectiveOn })), 'refused not-on-leave /effectiveOn');
        assert.equal(await problemOf(change(hired, { kind: 'termination-reversal', effectiveOn })), 'refused not-reversible /kind');
        assert.deepEqual(await call('getWorker', { workerId: hired.workerId }), hired);
        await change(hired, { kind: 'leave', effectiveOn });
        assert.equal(await problemOf(change(hired, { kind: 'leave', effectiveOn: '2026-05-10' })), 'refused already-on-leave /effectiveOn');
      });
    });

    describe('the organisation', () => {
      it('has jobs, departments and positions by their codes', async () => {
        const { job, department, departmentWithoutCostCenter, closedPosition, facility } = underTest.fixture;
        assert.equal((await call('getJob', { jobCode: job })).isClinical, true);
        assert.ok((await call('getDepartment', { departmentCode: department })).costCenter);
        assert.equal((await call('getDepartment', { departmentCode: departmentWithoutCostCenter.code })).costCenter, undefined);
        assert.ok((await call('listJobs', {})).items.some((each) => each.code === job));
        const first = await call('listDepartments', { limit: 2 });
        const second = await call('listDepartments', { limit: 2, cursor: first.next! });
        assert.equal(new Set([...first.items, ...second.items].map((each) => each.code)).size, 4);
        const positions = await call('listPositions', { limit: 200 });
        const closed = positions.items.find((each) => each.positionId === closedPosition);
        assert.deepEqual([closed?.status, closed?.facility], ['closed', facility]);
        const own = await call('listPositions', { departmentCode: department });
        assert.ok(own.items.length > 0 && own.items.every((each) => each.departmentCode === department));
        assert.equal(await problemOf(call('getJob', { jobCode: 'WIZARD' })), 'not-found unknown-job');
        assert.equal(await problemOf(call('getDepartment', { departmentCode: 'TOWER' })), 'not-found unknown-department');
      });
    });

    describe('payroll', () => {
      const input = ({ workerId }: Worker, changes: object = {}) => ({ reference: fresh('pay'), workerId, earningCode: 'OVERTIME', forPeriodEndingOn: '2026-02-28', hours: 4.5, ...changes });

      it('takes an input and finds it by its reference', async () => {
        const body = input(await hire());
        const entered = await call('createPayrollInput', { body });
        assert.deepEqual(entered, { inputId: entered.inputId, reference: body.reference, status: 'entered' });
        assert.deepEqual(await call('getPayrollInput', { reference: body.reference }), entered);
        assert.equal(await problemOf(call('getPayrollInput', { reference: 'none' })), 'not-found unknown-payroll-input');
      });

      it('refuses what could not be paid, with its place', async () => {
        const { departmentWithoutCostCenter: { code, job } } = underTest.fixture;
        const hired = await hire();
        const problem = (changes: object, of = hired) => problemOf(call('createPayrollInput', { body: input(of, changes) }));
        assert.equal(await problem({ earningCode: 'GOLD' }), 'refused unknown-earning /earningCode');
        assert.equal(await problem({ workerId: 'NOWHERE-404' }), 'refused not-employed /workerId');
        assert.equal(await problem({ forPeriodEndingOn: '2025-11-30' }), 'refused not-employed /workerId');
        assert.equal(await problem({ hours: undefined }), 'refused hours-or-amount-required /hours');
        assert.equal(await problem({ amount: '100.00' }), 'refused currency-required /currency');
        assert.equal(await problem({}, await hire({ departmentCode: code, jobCode: job })), 'refused cost-center-required /costCenter');
        assert.equal(await problem({ costCenter: '0815' }), 'refused unknown-cost-center /costCenter');
      });
    });

    describe('trouble on the way', () => {
      it('is named when the system is down, and passes with it', async () => {
        underTest.faults.setDown(true);
        try {
          assert.equal((await problemOf(call('getJob', { jobCode: underTest.fixture.job }))).split(' ')[0], 'unavailable');
        } finally {
          underTest.faults.setDown(false);
        }
        assert.ok(await call('getJob', { jobCode: underTest.fixture.job }));
      });

      const writes: Record<string, () => Promise<{ write: (repeated: boolean) => Promise<object>; count: () => Promise<number> }>> = {
        async 'a hire'() {
          const body = someone();
          const before = (await everyone({}, 100)).length;
          return { write: (repeated) => call('hireWorker', { body }, repeated), count: async () => (await everyone({}, 100)).length - before };
        },
        async 'a termination'() {
          const { workerId } = await hire();
          const body = { reference: fresh('change'), kind: 'termination' as const, effectiveOn: '2026-06-30', category: 'voluntary' as const };
          return { write: (repeated) => call('changeWorker', { workerId, body }, repeated), count: async () => (await call('getWorker', { workerId })).employments.filter((each) => each.termination).length };
        },
        async 'a cancelled hire'() {
          const { workerId } = await hire();
          const body = { reference: fresh('change'), kind: 'hire-cancellation' as const, effectiveOn: '2026-01-05' };
          return { write: (repeated) => call('changeWorker', { workerId, body }, repeated), count: async () => (await call('getWorker', { workerId })).employments.filter((each) => each.status === 'cancelled').length };
        },
        async 'a payroll input'() {
          const body = { reference: fresh('pay'), workerId: (await hire()).workerId, earningCode: 'BONUS', forPeriodEndingOn: '2026-02-28', amount: '250.00', currency: 'USD' };
          return { write: (repeated) => call('createPayrollInput', { body }, repeated), count: async () => ((await call('getPayrollInput', { reference: body.reference })).inputId ? 1 : 0) };
        },
      };
      for (const [what, prepare] of Object.entries(writes)) {
        it(`makes of ${what} one, although its answer was lost`, async () => {
          const { write, count } = await prepare();
          underTest.faults.loseNextWriteAnswer();
          assert.match(await problemOf(write(false)), /^unavailable/);
          underTest.faults.setDown(false);
          const found = await write(true);
          assert.deepEqual(await write(true), found);
          assert.equal(await count(), 1);
        });
      }
    });
  });
}
