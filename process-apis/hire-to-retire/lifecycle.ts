import { giveAt, takeAt, vocabularyOf } from './vocabulary.ts';
import { TARGETS, type Target } from './person.ts';
import type { Settings } from './settings.ts';

/** Whatever changes a record, or what somebody decided about it, is a reason to read it anew. */
const asksAnew = {
  'worker.changed.v1': [
    { guard: 'endsNow', target: 'reviewing', reenter: true, actions: ['endAll', 'askAnew'] },
    { target: 'reviewing', reenter: true, actions: 'askAnew' },
  ],
  'credential.changed.v1': { target: 'reviewing', reenter: true, actions: 'askAnew' },
  'look-again': { target: 'reviewing', reenter: true, actions: 'askAnew' },
  approve: { target: 'reviewing', reenter: true, actions: ['noteDecision', 'askAnew'] },
  refuse: { target: 'reviewing', reenter: true, actions: ['noteDecision', 'askAnew'] },
} as const;

/** From the hire to the last right that is taken back. One life per person; each system follows on its own. */
export function hireToRetire(settings: Pick<Settings, 'limits'>) {
  return vocabularyOf(settings).createMachine({
    id: 'person',
    context: ({ input }) => input,
    type: 'parallel',
    states: {
      record: {
        initial: 'reviewing',
        on: { 'give-anyway': { actions: 'noteGivenAnyway' } },
        states: {
          reviewing: {
            entry: 'reviewPerson',
            on: { ...asksAnew, reviewed: { guard: 'isLatest', target: 'known', actions: 'notePlan' } },
          },
          known: {
            on: asksAnew,
            after: { untilReview: { guard: 'changesByDate', target: 'reviewing', actions: 'askAnew' } },
          },
        },
      },
      questions: {
        initial: 'none',
        states: {
          none: { always: { guard: 'hasQuestions', target: 'open' } },
          open: { meta: { workItem: 'record-unclear' }, always: { guard: 'hasNoQuestions', target: 'none' } },
        },
      },
      approvals: {
        initial: 'none',
        states: {
          none: { always: { guard: 'hasToApprove', target: 'asked' } },
          asked: { meta: { workItem: 'approve-rights' }, always: { guard: 'hasNothingToApprove', target: 'none' } },
        },
      },
      employment: {
        initial: 'lasting',
        states: {
          lasting: { always: { guard: 'isLeaving', target: 'ending' } },
          ending: { entry: 'tellLeaving', always: [{ guard: 'isStaying', target: 'lasting', actions: 'tellStaying' }, { guard: 'holdsNothing', target: 'over' }] },
          over: { entry: 'tellRevoked', always: { guard: 'isStaying', target: 'lasting' } },
        },
      },
      ...Object.fromEntries(TARGETS.map((target) => [target, followingOf(target)])) as Record<Target, ReturnType<typeof followingOf>>,
    },
  });
}

/** How one system follows: first it holds less, and once nothing is to be taken anywhere it holds more. */
function followingOf(target: Target) {
  const params = { target };
  const noteHeld = ['tellHeld', 'noteHeld'] as const;
  const differs = { [`${target} differs`]: { target: '.judging', actions: noteHeld } };
  return {
    initial: 'inStep',
    on: differs,
    states: {
      inStep: { always: { guard: { type: 'isOutOfStep', params }, target: 'judging' } },
      judging: {
        always: [
          { guard: { type: 'hasExcess', params }, target: 'taking' },
          { guard: { type: 'mustWait', params }, target: 'waiting' },
          { guard: { type: 'mayGive', params }, target: 'giving' },
          { target: 'inStep' },
        ],
      },
      taking: {
        entry: takeAt(target),
        initial: 'asked',
        states: {
          asked: { after: { risk: 'overdue' } },
          overdue: { meta: { workItem: `still-held-${target}` } },
        },
        on: {
          [`${target} held`]: { target: 'judging', actions: noteHeld },
          [`${target} overtaken`]: 'judging',
          [`take-at-${target}.failed`]: { target: 'notTaken', actions: 'noteTrouble' },
        },
      },
      notTaken: { meta: { workItem: `not-taken-${target}` }, always: { guard: { type: 'isInStep', params }, target: 'inStep' }, on: { [`retry-${target}`]: 'judging' } },
      waiting: { always: { guard: { type: 'mustNotWait', params }, target: 'judging' } },
      giving: {
        entry: giveAt(target),
        on: {
          [`${target} held`]: { target: 'judging', actions: noteHeld },
          [`${target} overtaken`]: 'judging',
          [`give-at-${target}.failed`]: { target: 'notGiven', actions: 'noteTrouble' },
        },
      },
      notGiven: { meta: { workItem: `not-given-${target}` }, always: [{ guard: { type: 'hasExcess', params }, target: 'judging' }, { guard: { type: 'isInStep', params }, target: 'inStep' }], on: { [`retry-${target}`]: 'judging' } },
    },
  } as const;
}
