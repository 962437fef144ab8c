import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { keyOf } from '../../../process-apis/hire-to-retire/person.ts';
import { dayAfter, employedOrExpected, planOf, type Facts } from '../../../process-apis/hire-to-retire/rules.ts';
import { assignment, credential, employment, facts, POLICY, standing, TODAY, worker } from './samples.ts';

const plan = (given: Partial<Facts> = {}, day = TODAY, decisions = {}) => planOf(POLICY, facts(given), decisions, day);
const rights = (made: ReturnType<typeof plan>) => made.entitlements.map(keyOf).toSorted();
const NURSE = ['applications:charting', 'badges:cathlab', 'badges:entrances', 'business:MAIN/7010', 'clinical:MAIN/CATHLAB/nurse', 'directory:nurses', 'directory:staff', 'scheduling:skill/RN', 'scheduling:unit/MAIN/CATHLAB'];
const BARE = ['badges:cathlab', 'badges:entrances', 'business:MAIN/7010', 'directory:staff'];
const withTermination = (termination: NonNullable<ReturnType<typeof employment>['termination']>) => ({ workers: [worker({ employments: [employment({ termination })] })] });

describe('what the records give', () => {
  test('comes from job, department, facility and credentials', () => {
    const made = plan();
    assert.deepEqual(rights(made), NURSE);
    assert.deepEqual([made.standing, made.facility, made.jobCode, made.departmentCode, made.costCenter, made.withheld, made.questions], ['working', 'MAIN', 'RN', 'CATHLAB', '7010', [], []]);
    assert.equal(made.entitlements.find(({ right }) => right === 'charting')?.rule, 'Nurses');
  });

  test('is nothing before the first day, which is when it changes', () => {
    const made = plan({ workers: [worker({ employments: [employment({ hiredOn: '2026-12-01' })], assignments: [assignment({ from: '2026-12-01' })] })] });
    assert.deepEqual([made.standing, rights(made), made.changesOn], ['expected', [], '2026-12-01']);
    assert.equal(plan({ workers: [worker({ employments: [employment({ hiredOn: TODAY })], assignments: [assignment({ from: TODAY })] })] }).standing, 'working');
  });

  test('lasts to the end of the last day', () => {
    const given = withTermination({ lastDay: TODAY, category: 'voluntary' });
    assert.deepEqual([rights(plan(given)), plan(given).changesOn], [NURSE, '2026-11-21']);
    assert.deepEqual([rights(plan(given, '2026-11-21')), plan(given, '2026-11-21').standing], [[], 'left']);
  });

  test('ends at once for cause, on a death, and where the HR system says so', () => {
    for (const termination of [{ lastDay: '2026-12-31', category: 'for-cause' }, { lastDay: '2026-12-31', category: 'death' }, { lastDay: '2026-12-31', category: 'involuntary', immediate: true }] as const) {
      assert.equal(plan(withTermination(termination)).standing, 'left');
    }
    assert.equal(employedOrExpected([worker({ employments: [employment({ termination: { lastDay: '2026-12-31', category: 'for-cause' } })] })], TODAY), false);
  });

  test('is nothing for a hire that was cancelled, before and after its day', () => {
    const given = { workers: [worker({ employments: [employment({ status: 'cancelled' })] })] };
    assert.deepEqual([plan(given).standing, plan(given, '2025-01-01').standing], ['left', 'left']);
  });

  test('follows a change of place on its day', () => {
    const given = { workers: [worker({ assignments: [assignment({ to: '2026-11-30' }), assignment({ from: '2026-12-01', departmentCode: 'ED' })] })] };
    assert.deepEqual([rights(plan(given)), plan(given).changesOn], [NURSE, '2026-12-01']);
    assert.deepEqual(rights(plan(given, '2026-12-01')), ['applications:charting', 'badges:entrances', 'business:MAIN/7040', 'clinical:MAIN/ED/nurse', 'directory:nurses', 'directory:staff', 'scheduling:skill/RN', 'scheduling:unit/MAIN/ED']);
  });

  test('shrinks during a leave to what the policy leaves', () => {
    const made = plan({ workers: [worker({ assignments: [assignment({ status: 'on-leave' })] })] });
    assert.deepEqual([made.standing, rights(made)], ['on-leave', ['badges:entrances', 'business:MAIN/7010', 'directory:staff']]);
  });

  test('of a rehire comes from the new employment', () => {
    const again = worker({
      employments: [employment({ termination: { lastDay: '2026-03-31', category: 'voluntary' } }), employment({ employmentId: 'E-2', hiredOn: '2026-11-01' })],
      assignments: [assignment({ to: '2026-03-31' }), assignment({ employmentId: 'E-2', from: '2026-11-01', departmentCode: 'ED' })],
    });
    assert.deepEqual([plan({ workers: [again] }).departmentCode, plan({ workers: [again] }, '2026-05-01').standing, plan({ workers: [again] }, '2026-02-01').departmentCode], ['ED', 'expected', 'CATHLAB']);
  });
});

describe('a credential', () => {
  const withheld = (...credentials: ReturnType<typeof credential>[]) => plan({ standing: standing(...credentials) });

  test('that is missing, expired, not yet valid, pending or suspended withholds what needs it, and nothing else', () => {
    for (const [credentials, because] of [
      [[credential('RN')], 'credential-missing'],
      [[credential('RN'), credential('BLS', { expiresOn: '2026-11-19' })], 'credential-expired'],
      [[credential('RN'), credential('BLS', { issuedOn: '2026-11-21' })], 'credential-missing'],
      [[credential('RN'), credential('BLS', { status: 'pending' })], 'credential-missing'],
      [[credential('BLS'), credential('RN', { status: 'suspended' })], 'credential-suspended'],
      [[credential('BLS'), credential('RN', { status: 'revoked' })], 'credential-suspended'],
      [[credential('BLS'), credential('RN', { facility: 'EAST', kind: 'privilege' })], 'credential-missing'],
    ] as const) {
      const made = withheld(...credentials);
      assert.deepEqual(rights(made), BARE);
      assert.deepEqual(new Set(made.withheld.map((each) => each.because)), new Set([because]));
    }
  });

  test('is valid to the end of its last day, and a renewal counts from its first', () => {
    const expiring = standing(credential('RN', { expiresOn: TODAY }), credential('BLS'));
    assert.deepEqual([rights(plan({ standing: expiring })), plan({ standing: expiring }).changesOn, rights(plan({ standing: expiring }, '2026-11-21'))], [NURSE, '2026-11-21', BARE]);
    const renewed = standing(credential('RN', { expiresOn: TODAY }), credential('RN', { credentialId: 'C-RN-2', issuedOn: '2026-11-21', expiresOn: '2028-11-20' }), credential('BLS'));
    assert.deepEqual(rights(plan({ standing: renewed }, '2026-11-21')), NURSE);
  });

  test('helps nobody who is excluded', () => {
    const made = plan({ standing: { ...standing(credential('RN'), credential('BLS')), sanctions: [{ source: 'OIG', from: '2026-11-01' }] } });
    assert.deepEqual(rights(made), ['business:MAIN/7010']);
    assert.match(made.questions.join(), /Excluded by OIG/);
    assert.deepEqual(rights(plan({ standing: { ...standing(credential('RN'), credential('BLS')), sanctions: [{ source: 'OIG', from: '2026-01-01', to: '2026-11-19' }] } })), NURSE);
  });
});

describe('a right that somebody has to agree to', () => {
  const pharmacist = { workers: [worker({ assignments: [assignment({ jobCode: 'RPH', departmentCode: 'CLINIC' })] })], standing: standing(credential('RPH')) };

  test('is asked for first, and given or not as is decided', () => {
    const asked = plan(pharmacist);
    assert.deepEqual(asked.toApprove, [{ target: 'badges', right: 'vault', role: 'pharmacy-director' }]);
    assert.deepEqual(asked.withheld, [{ target: 'badges', right: 'vault', because: 'not-approved' }]);
    const agreed = plan(pharmacist, TODAY, { 'badges:vault': { agreed: true, by: 'ruth', at: '' } });
    assert.deepEqual([agreed.toApprove, agreed.entitlements.find(({ right }) => right === 'vault')?.approvedBy], [[], 'ruth']);
    const refused = plan(pharmacist, TODAY, { 'badges:vault': { agreed: false, by: 'ruth', at: '' } });
    assert.deepEqual([refused.toApprove, refused.withheld], [[], [{ target: 'badges', right: 'vault', because: 'refused' }]]);
  });

  test('is not asked for while a credential is missing', () => {
    assert.deepEqual(plan({ ...pharmacist, standing: standing() }).toApprove, []);
  });
});

describe('records that do not fit together', () => {
  test('are asked about by name, and give what is certain', () => {
    const of = (given: Parameters<typeof assignment>[0]) => plan({ workers: [worker({ assignments: [assignment(given)] })] });
    assert.deepEqual(of({ jobCode: 'WIZARD' }).questions, ['Job WIZARD is not known.']);
    assert.deepEqual(of({ departmentCode: 'GARDEN' }).questions, ['Department GARDEN is not known.']);
    const volunteer = of({ jobCode: 'VOL', departmentCode: 'VOLUNTEERS' });
    assert.deepEqual([volunteer.questions, rights(volunteer)], [['Department VOLUNTEERS has no cost centre.'], ['badges:entrances', 'directory:staff']]);
    assert.deepEqual(plan({ workers: [worker({ npi: '1234567893' })], standing: { ...standing(), npi: '1999999992' } }).questions, ['The HR system and credentialing know different provider numbers.']);
    assert.deepEqual(plan({ workers: [worker({ assignments: [] })] }).questions, ['Worker W-1 is employed and assigned to nothing.']);
  });

  test('of somebody who is employed twice count once', () => {
    const made = plan({ workers: [worker(), worker({ workerId: 'W-2', assignments: [assignment({ departmentCode: 'ED' })] })] });
    assert.deepEqual([made.departmentCode, made.questions.length], ['CATHLAB', 1]);
  });
});

test('what the records give changes on no day that was not foreseen', () => {
  const day = fc.integer({ min: -60, max: 60 }).map((offset) => new Date(Date.parse(TODAY) + offset * 86_400_000).toISOString().slice(0, 10));
  const given = fc.record({ hired: day, last: fc.option(day), moved: day, expires: day, leave: fc.option(day) });
  fc.assert(fc.property(given, ({ hired, last, moved, expires, leave }) => {
    const records = facts({
      workers: [worker({
        employments: [employment({ hiredOn: hired, ...(last && last >= hired ? { termination: { lastDay: last, category: 'voluntary' } } : {}) })],
        assignments: [assignment({ from: hired }), ...(moved > hired ? [assignment({ from: moved, departmentCode: 'ED' })] : []), ...(leave && leave > moved ? [assignment({ from: leave, to: dayAfter(leave), status: 'on-leave', departmentCode: 'ED' })] : [])],
      })],
      standing: standing(credential('RN', { expiresOn: expires }), credential('BLS')),
    });
    let at = '2026-09-01';
    while (at < '2027-03-01') {
      const made = planOf(POLICY, records, {}, at);
      const next = made.changesOn ?? '2027-03-01';
      for (let between = dayAfter(at); between < next && between < '2027-03-01'; between = dayAfter(between)) {
        assert.deepEqual(rights(planOf(POLICY, records, {}, between)), rights(made), `${at} to ${between}`);
      }
      at = next;
    }
  }), { numRuns: 200 });
});
