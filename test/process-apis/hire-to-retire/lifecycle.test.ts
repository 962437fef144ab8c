import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Database } from '#chassis/storage/database.ts';
import { definitionOf } from '../../../process-apis/hire-to-retire/definition.ts';
import { TARGETS, type Entitlement, type Person, type Plan, type Target } from '../../../process-apis/hire-to-retire/person.ts';
import type { Systems } from '../../../process-apis/hire-to-retire/systems.ts';
import { forgottenStates, walkThrough, type WalkedLife } from '../chart-walk.ts';
import { noteSettings } from '../recording.ts';
import { emptyPlan, samplePerson, sampleSettings } from './samples.ts';

const clock = { now: () => new Date('2026-11-20T10:00:00Z') };
noteSettings('hire-to-retire', sampleSettings());
const definition = definitionOf({ systems: {} as Systems, database: {} as Database, clock, settings: sampleSettings() });
const walk = walkThrough(definition);
type Life = WalkedLife<Person>;

const AT = '2026-11-20T10:00:00.000Z';
const entitled = (...keys: string[]): Entitlement[] => keys.map((key) => ({ target: key.slice(0, key.indexOf(':')) as Target, right: key.slice(key.indexOf(':') + 1), rule: 'Nurses' }));
const begun = () => walk.begin(samplePerson());
const reviewed = (life: Life, plan: Partial<Plan>, reviewAt: string | null = null) => life.when('reviewed', { asked: life.context.asked, plan: emptyPlan({ standing: 'working', facility: 'MAIN', ...plan }), reviewAt });
const working = (life: Life, ...keys: string[]) => reviewed(life, { entitlements: entitled(...keys) });
const changed = (life: Life, facts: object = {}) => life.when('worker.changed.v1', { because: 'worker.changed.v1/2', endsNow: false, ...facts });
const held = (life: Life, target: Target, ...rights: string[]) => life.when(`${target} held`, { target, rights, confirmedAt: AT });
/** Every target that was asked for something confirms it. */
function confirmAll(life: Life): Life {
  let now = life;
  for (const target of TARGETS) {
    const region = regionOf(now, target);
    if (region.startsWith('taking') || region === 'giving') now = held(now, target, ...asks(now, target));
  }
  return TARGETS.some((target) => /^(taking|giving)/.test(regionOf(now, target))) ? confirmAll(now) : now;
}
/** What the last move of a target asks it to hold. */
function asks(life: Life, target: Target): string[] {
  const way = regionOf(life, target).startsWith('taking') ? 'takeAt' : 'giveAt';
  return (definition.moves[`${way}-${target}`]!.input(life.context, null) as { entitlements: Entitlement[] }).entitlements.map(({ right }) => right);
}
const regionOf = (life: Life, target: Target) => new RegExp(`${target}\\.([a-zA-Z.]+)`).exec(life.state)?.[1] ?? '';
const failure = { failure: { kind: 'refused', code: 'no', detail: 'The system refuses.' }, moveId: '11111111-1111-4111-8111-111111111111' };
const employed = () => confirmAll(working(begun(), 'directory:staff', 'badges:entrances', 'clinical:MAIN/ED/nurse'));

describe('a hire', () => {
  test('is read, and each system is given what is deserved there', () => {
    assert.deepEqual(begun().asked, ['reviewPerson']);
    const giving = working(begun(), 'directory:staff', 'clinical:MAIN/ED/nurse');
    assert.deepEqual(giving.asked.toSorted(), ['giveAt-clinical', 'giveAt-directory']);
    const done = held(held(giving, 'directory', 'staff'), 'clinical', 'MAIN/ED/nurse');
    assert.deepEqual(TARGETS.map((target) => regionOf(done, target)), TARGETS.map(() => 'inStep'));
  });

  test('is told right by right as systems confirm it', () => {
    assert.deepEqual(held(working(begun(), 'directory:staff'), 'directory', 'staff').asked, ['tellChanged']);
  });

  test('in the future is prepared everywhere and given nothing until its day', () => {
    const prepared = reviewed(begun(), { standing: 'expected', changesOn: '2026-12-01' }, '2026-12-01T00:00:00Z');
    assert.deepEqual(prepared.asked.toSorted(), TARGETS.map((target) => `giveAt-${target}`).toSorted());
    const waiting = confirmAll(prepared);
    assert.deepEqual(TARGETS.map((target) => waiting.context.held[target]?.rights), TARGETS.map(() => []));
    assert.equal(waiting.context.reviewInMs, Date.parse('2026-12-01T00:00:00Z') - Date.parse(AT));
    const begins = waiting.elapse('untilReview');
    assert.deepEqual(begins.asked, ['reviewPerson']);
    assert.equal(regionOf(working(begins, 'directory:staff'), 'directory'), 'giving');
  });

  test('that is cancelled before its day takes back what was prepared', () => {
    const waiting = confirmAll(reviewed(begun(), { standing: 'expected' }, '2026-12-01T00:00:00Z'));
    const over = reviewed(changed(waiting), { standing: 'left' });
    assert.match(over.state, /employment\.over/);
    assert.deepEqual(over.asked, ['tellLeaving', 'tellRevoked']);
  });
});

describe('a change', () => {
  test('takes everywhere before it gives anywhere', () => {
    const moved = working(changed(employed()), 'directory:staff', 'directory:theatre', 'badges:entrances', 'clinical:MAIN/THEATRE/nurse');
    assert.deepEqual(moved.asked, ['takeAt-clinical']);
    assert.deepEqual([regionOf(moved, 'clinical'), regionOf(moved, 'directory')], ['taking.asked', 'waiting']);
    const taken = held(moved, 'clinical');
    assert.deepEqual(taken.asked.toSorted(), ['giveAt-clinical', 'giveAt-directory', 'tellChanged']);
  });

  test('gives although something could not be taken once somebody says so', () => {
    const moved = working(changed(employed()), 'directory:staff', 'directory:theatre', 'badges:entrances');
    const overdue = moved.elapse('risk');
    assert.equal(overdue.work.get('still-held-clinical')?.owner, 'role:security-officer');
    assert.equal(regionOf(overdue.decide('still-held-clinical', 'give-anyway'), 'directory'), 'giving');
    const failed = moved.when('take-at-clinical.failed', failure);
    assert.equal(failed.work.get('not-taken-clinical')?.facts['problem'], 'The system refuses.');
    assert.equal(regionOf(failed.decide('not-taken-clinical', 'give-anyway'), 'directory'), 'giving');
    assert.deepEqual(failed.decide('not-taken-clinical', 'retry-clinical').asked, ['takeAt-clinical']);
  });

  test('that is overtaken by another is judged anew', () => {
    const moved = working(changed(employed()), 'directory:staff', 'badges:entrances');
    const back = working(changed(moved), 'directory:staff', 'badges:entrances', 'clinical:MAIN/ED/nurse');
    assert.equal(regionOf(back, 'clinical'), 'taking.asked');
    assert.equal(regionOf(back.when('clinical overtaken'), 'clinical'), 'inStep');
    const giving = working(changed(employed()), 'directory:staff', 'directory:more', 'badges:entrances', 'clinical:MAIN/ED/nurse');
    const left = changed(giving, { endsNow: true });
    assert.equal(regionOf(left.when('directory overtaken'), 'directory'), 'taking.asked');
  });

  test('of which the last review counts, when several are under way', () => {
    const twice = changed(changed(employed()));
    assert.equal(twice.given('reviewed', { asked: 1, plan: emptyPlan({ standing: 'left' }), reviewAt: null }).context.plan.standing, 'working');
    assert.equal(working(twice, 'directory:staff').context.plan.entitlements.length, 1);
  });

  test('that comes while the record is read lets it be read again', () => {
    const toApprove = [{ target: 'badges' as const, right: 'vault', role: 'pharmacy-director' }];
    const reading = changed(reviewed(begun(), { toApprove, questions: ['Job WIZARD is not known.'] }));
    for (const next of [changed(reading, { endsNow: true }), reading.when('credential.changed.v1', { because: 'credential.changed.v1/1' }), reading.decide('record-unclear', 'look-again'), reading.decide('approve-rights', 'approve'), reading.decide('approve-rights', 'refuse')]) {
      assert.equal(next.context.asked, reading.context.asked + 1);
      assert.ok(next.asked.includes('reviewPerson'));
    }
  });

  test('that could not be taken and is deserved again needs nobody', () => {
    const failed = working(changed(employed()), 'directory:staff', 'badges:entrances').when('take-at-clinical.failed', failure);
    const again = working(changed(failed), 'directory:staff', 'badges:entrances', 'clinical:MAIN/ED/nurse');
    assert.deepEqual([regionOf(again, 'clinical'), again.work.size], ['inStep', 0]);
  });

  test('of a credential is a reason to look anew', () => {
    assert.deepEqual(employed().when('credential.changed.v1', { because: 'credential.changed.v1/1' }).asked, ['reviewPerson']);
  });

  test('that cannot be given waits for a person, unless it is no longer wanted', () => {
    const failed = working(changed(employed()), 'directory:staff', 'directory:more', 'badges:entrances', 'clinical:MAIN/ED/nurse').when('give-at-directory.failed', failure);
    assert.deepEqual(failed.work.get('not-given-directory')?.facts['lacking'], 'more');
    assert.deepEqual(failed.decide('not-given-directory', 'retry-directory').asked, ['giveAt-directory']);
    assert.equal(regionOf(working(changed(failed), 'directory:staff', 'badges:entrances', 'clinical:MAIN/ED/nurse'), 'directory'), 'inStep');
    assert.equal(regionOf(working(changed(failed), 'badges:entrances', 'clinical:MAIN/ED/nurse'), 'directory'), 'taking.asked');
  });
});

describe('somebody who leaves', () => {
  test('for cause loses everything everywhere at once, before anybody is asked anything', () => {
    const leaving = changed(employed(), { endsNow: true });
    assert.deepEqual(leaving.asked.toSorted(), ['reviewPerson', ...TARGETS.map((target) => `takeAt-${target}`), 'tellLeaving'].toSorted());
    assert.deepEqual(TARGETS.map((target) => asks(leaving, target)), TARGETS.map(() => []));
    const gone = reviewed(confirmAll(leaving), { standing: 'left' });
    assert.match(gone.state, /employment\.over/);
    assert.equal(gone.context.departure?.because, 'worker.changed.v1/2');
  });

  test('on a planned day likewise, and is proven gone when the last system has confirmed', () => {
    let leaving = reviewed(changed(employed()), { standing: 'left' });
    for (const target of TARGETS.slice(0, -1)) leaving = held(leaving, target);
    assert.match(leaving.state, /employment\.ending/);
    assert.deepEqual(held(leaving, 'business').asked, ['tellRevoked']);
  });

  test('does so at the systems that answer while another does not', () => {
    const leaving = changed(employed(), { endsNow: true });
    const rest = held(held(leaving, 'directory').elapse('risk', 'badges.taking.asked'), 'clinical');
    assert.equal(regionOf(rest, 'badges'), 'taking.overdue');
    assert.equal(rest.work.get('still-held-badges')?.facts['excess'], 'entrances');
    assert.equal(rest.work.has('still-held-directory'), false);
    assert.equal(held(rest, 'badges').work.has('still-held-badges'), false);
  });

  test('and comes back is given rights anew, and nobody waits for the leaving any more', () => {
    const gone = confirmAll(changed(employed(), { endsNow: true }));
    assert.deepEqual(working(gone, 'directory:staff').asked.includes('giveAt-directory'), true);
    assert.match(working(gone, 'directory:staff').state, /employment\.lasting/);
    const stays = working(changed(employed(), { endsNow: true }), 'directory:staff');
    assert.ok(stays.asked.includes('tellStaying'));
  });
});

describe('questions for people', () => {
  test('stay open for as long as the records do not fit together', () => {
    const asked = reviewed(begun(), { entitlements: entitled('directory:staff'), questions: ['Job WIZARD is not known.'] });
    assert.equal(asked.work.get('record-unclear')?.owner, 'role:hr-analyst');
    const again = asked.decide('record-unclear', 'look-again');
    assert.deepEqual(again.asked, ['reviewPerson']);
    assert.equal(working(again, 'directory:staff').work.size, 0);
  });

  test('of rights that have to be agreed to go to the role that the policy names', () => {
    const toApprove = [{ target: 'badges' as const, right: 'vault', role: 'pharmacy-director' }];
    const asked = reviewed(begun(), { entitlements: entitled('directory:staff'), toApprove });
    assert.equal(asked.work.get('approve-rights')?.owner, 'role:pharmacy-director');
    const agreed = asked.decide('approve-rights', 'approve', { by: 'ruth' });
    assert.deepEqual(agreed.context.decisions, { 'badges:vault': { agreed: true, by: 'ruth', at: AT } });
    const given = reviewed(agreed, { entitlements: [...entitled('directory:staff'), { ...entitled('badges:vault')[0]!, approvedBy: 'ruth' }] });
    assert.equal(given.work.has('approve-rights'), false);
    assert.equal(asked.decide('approve-rights', 'refuse', { by: 'ruth' }).context.decisions['badges:vault']?.agreed, false);
    // Once it is no longer deserved, the next time is asked anew.
    assert.deepEqual(working(changed(given), 'directory:staff').context.decisions, {});
  });
});

describe('a system that holds something else', () => {
  test('than the policy says is made right', () => {
    const more = employed().when('clinical differs', { target: 'clinical', rights: ['MAIN/ED/nurse', 'MAIN/ED/physician'], confirmedAt: AT, because: 'drift/1' });
    assert.deepEqual([regionOf(more, 'clinical'), asks(more, 'clinical'), more.context.because], ['taking.asked', ['MAIN/ED/nurse'], 'drift/1']);
    const less = employed().when('clinical differs', { target: 'clinical', rights: [], confirmedAt: AT, because: 'drift/1' });
    assert.equal(regionOf(less, 'clinical'), 'giving');
  });
});

/** Each system follows by the same chart: what one of them has shown the others need not show again. */
after(() => {
  assert.deepEqual(forgottenStates(definition), []);
  const missing = walk.missing().filter((name) => !/^person\.[a-z]+ is never left$/.test(name));
  const anyOf = (name: string) => TARGETS.map((target) => name.replaceAll('TARGET', target));
  const general = new Set(missing.map((name) => TARGETS.reduce((text, target) => text.replaceAll(new RegExp(`\\b${target}\\b`, 'g'), 'TARGET'), name)));
  assert.deepEqual([...general].filter((name) => anyOf(name).every((each) => missing.includes(each))), []);
});
