import { assign, enqueueActions, setup } from 'xstate';
import { effects } from '#chassis/lifecycle/life.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { PersonEvent } from './events.ts';
import { excessAt, keyOf, lackingAt, TARGETS, type Person, type Target } from './person.ts';
import type { Settings } from './settings.ts';

/** Names of the actions that ask for the moves of one target. */
export const takeAt = (target: Target) => `takeAt-${target}` as const;
export const giveAt = (target: Target) => `giveAt-${target}` as const;

/** A system that was never asked counts as one that may hold something once the person has left. */
const hasExcess = (person: Person, target: Target) => (person.held[target] === null ? person.departure !== null : excessAt(person, target).length > 0);
const lacks = (person: Person, target: Target) => lackingAt(person, target).length > 0 || (person.plan.standing === 'expected' && person.held[target] === null);
const nothingIsToBeTaken = (person: Person) => person.gaveAnyway === person.revision || TARGETS.every((target) => !hasExcess(person, target));

/** What the chart asks to be done outside. definition.ts binds it. */
const outside = effects('reviewPerson', ...TARGETS.map(takeAt), ...TARGETS.map(giveAt), 'tellLeaving', 'tellStaying', 'tellRevoked');

interface Asked {
  context: Person;
  event: PersonEvent;
}

const guards = {
  isLatest: ({ context, event }: Asked) => event.type === 'reviewed' && event.asked === context.asked,
  endsNow: ({ event }: Asked) => event.type === 'worker.changed.v1' && event.endsNow,
  changesByDate: ({ context }: Asked) => context.reviewInMs !== null,
  hasQuestions: ({ context }: Asked) => context.plan.questions.length > 0,
  hasNoQuestions: ({ context }: Asked) => context.plan.questions.length === 0,
  hasToApprove: ({ context }: Asked) => context.plan.toApprove.length > 0,
  hasNothingToApprove: ({ context }: Asked) => context.plan.toApprove.length === 0,
  isLeaving: ({ context }: Asked) => context.departure !== null,
  isStaying: ({ context }: Asked) => context.departure === null,
  holdsNothing: ({ context }: Asked) => TARGETS.every((target) => context.held[target]?.rights.length === 0),
  hasExcess: ({ context }: Asked, { target }: { target: Target }) => hasExcess(context, target),
  mayGive: ({ context }: Asked, { target }: { target: Target }) => lacks(context, target) && nothingIsToBeTaken(context),
  mustWait: ({ context }: Asked, { target }: { target: Target }) => lacks(context, target) && !nothingIsToBeTaken(context),
  mustNotWait: ({ context }: Asked, { target }: { target: Target }) => !lacks(context, target) || hasExcess(context, target) || nothingIsToBeTaken(context),
  isInStep: ({ context }: Asked, { target }: { target: Target }) => !hasExcess(context, target) && !lacks(context, target),
  isOutOfStep: ({ context }: Asked, { target }: { target: Target }) => hasExcess(context, target) || lacks(context, target),
};

/** The words that the chart is written in. */
export function vocabularyOf({ limits }: Pick<Settings, 'limits'>) {
  return setup({
    types: { context: {} as Person, events: {} as PersonEvent, input: {} as Person, meta: {} as { workItem?: string } },
    actions: {
      ...outside,
      tellChanged: (_: unknown, _change: Omit<EventData['rights.changed.v1'], 'personId'>) => undefined,
      tellOpenShift: (_: unknown, _opened: Pick<EventData['shift.opened.v1'], 'shift'>) => undefined,
      /** In the order of what happened: what a system confirmed, and what it left behind. */
      tellHeld: enqueueActions(({ context, event, enqueue }) => {
        if (!('confirmedAt' in event)) return;
        const { target } = event;
        const before = context.held[target]?.rights ?? [];
        const given = event.rights.filter((right) => !before.includes(right));
        const taken = before.filter((right) => !event.rights.includes(right));
        if (given.length + taken.length > 0) enqueue({ type: 'tellChanged', params: { target, given, taken, confirmedAt: event.confirmedAt } });
        for (const shift of event.gaps ?? []) enqueue({ type: 'tellOpenShift', params: { shift } });
      }),
      askAnew: assign(({ context, event }) => ({ asked: context.asked + 1, ...('because' in event ? { because: event.because } : {}) })),
      /** All rights end before anybody is asked anything. */
      endAll: assign(({ context, event }) => event.type === 'worker.changed.v1' ? {
        revision: context.revision + 1, plan: { ...context.plan, standing: 'left' as const, entitlements: [], withheld: [], toApprove: [] },
        departure: context.departure ?? { id: `${context.personId}/${context.revision + 1}`, knownAt: event.at, because: event.because },
      } : {}),
      notePlan: assign(({ context, event }) => event.type === 'reviewed' ? planned(context, event) : {}),
      noteDecision: assign(({ context, event }) => event.type === 'approve' || event.type === 'refuse' ? {
        decisions: { ...context.decisions, ...Object.fromEntries(context.plan.toApprove.map((each) => [keyOf(each), { agreed: event.type === 'approve', by: event.by, at: event.at }])) },
      } : {}),
      noteHeld: assign(({ context, event }) => 'confirmedAt' in event ? {
        held: { ...context.held, [event.target]: { rights: event.rights, confirmedAt: event.confirmedAt } }, troubles: { ...context.troubles, [event.target]: undefined },
        ...('because' in event ? { because: event.because } : {}),
      } : {}),
      noteTrouble: assign(({ context, event }) => 'failure' in event ? { troubles: { ...context.troubles, [targetOf(event.type)]: event.failure.detail } } : {}),
      noteGivenAnyway: assign(({ context }) => ({ gaveAnyway: context.revision })),
    },
    guards,
    delays: {
      risk: limits.riskMs,
      untilReview: ({ context }) => context.reviewInMs ?? 0,
    },
  });
}

/** `take-at-badges.failed` is about badges. */
function targetOf(type: `${string}-at-${Target}.failed`): Target {
  return type.slice(type.indexOf('-at-') + 4, -'.failed'.length) as Target;
}

function planned(context: Person, { plan, reviewAt, at }: Extract<PersonEvent, { type: 'reviewed' }>): Partial<Person> {
  const revision = context.revision + 1;
  const stillAsked = new Set([...plan.entitlements, ...plan.withheld].map(keyOf));
  return {
    plan, revision, reviewInMs: reviewAt === null ? null : Math.max(0, Date.parse(reviewAt) - Date.parse(at)), facility: plan.facility ?? context.facility,
    // Agreed to for as long as it is deserved without a break.
    decisions: Object.fromEntries(Object.entries(context.decisions).filter(([key]) => stillAsked.has(key))),
    departure: plan.standing === 'left' ? context.departure ?? { id: `${context.personId}/${revision}`, knownAt: at, because: context.because } : null,
    formerDeparture: context.departure?.id ?? context.formerDeparture,
  };
}
