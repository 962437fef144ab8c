import { bind, type LifeDefinition, type WorkItemSpec } from '#chassis/lifecycle/life.ts';
import type { NewEvent } from '#chassis/events/event-log.ts';
import type { Database } from '#chassis/storage/database.ts';
import { createCalendar } from '#chassis/time/calendar.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { Shift } from '#contracts/generated/system/scheduling/v1.ts';
import { hireToRetire } from './lifecycle.ts';
import { giveRights, takeRights, type RightsToHold } from './moves/hold-rights.ts';
import { reviewPerson } from './moves/review-person.ts';
import { excessAt, keyOf, lackingAt, PROCESS, TARGETS, type Person, type Target } from './person.ts';
import type { Settings } from './settings.ts';
import type { Systems } from './systems.ts';
import { targetsOf, type TargetSystem } from './targets.ts';
import { giveAt, takeAt } from './vocabulary.ts';

export interface DefinitionDeps {
  systems: Systems;
  database: Database;
  clock: Clock;
  settings: Settings;
  targets?: Record<Target, TargetSystem>;
}

/** Binds the chart's words to moves, announcements and work items. */
export function definitionOf({ systems, database, clock, settings, targets = targetsOf(systems) }: DefinitionDeps): LifeDefinition<Person> {
  const calendar = createCalendar(settings.calendar);
  const holding = (target: Target) => {
    const deps = { systems, database, target, system: targets[target] };
    // What one system is told of a person it is told in order; the others do not wait for it.
    const inOrder = { lane: ({ personId }: Person) => `person:${personId}/${target}` };
    return {
      [takeAt(target)]: bind(takeRights(deps), (person: Person) => ({ ...toHold(person, target), entitlements: keptAt(person, target) }), inOrder),
      [giveAt(target)]: bind(giveRights(deps), (person: Person) => toHold(person, target), inOrder),
    };
  };
  return {
    process: PROCESS,
    version: 1,
    tier: 'critical',
    machine: hireToRetire(settings),
    keys: ({ personId, plan, departure }) => ({ person: personId, worker: plan.workerIds, departure: departure?.id }),
    facility: ({ facility }) => facility ?? undefined,
    moves: {
      reviewPerson: bind(reviewPerson(systems, calendar, clock, settings.policy), ({ personId, asked, decisions }: Person) => ({ personId, asked, decisions })),
      ...Object.assign({}, ...TARGETS.map(holding)) as ReturnType<typeof holding>,
    },
    announcements: {
      tellLeaving: ({ personId, facility, departure }) => told('rights.ending.v1', personId, facility, { personId, departureId: departure!.id, knownAt: departure!.knownAt }),
      tellStaying: ({ personId, facility, formerDeparture }) => told('departure.withdrawn.v1', personId, facility, { personId, departureId: formerDeparture! }),
      tellRevoked: ({ personId, facility, departure, held }) => told('rights.revoked.v1', personId, facility, {
        personId, departureId: departure!.id, knownAt: departure!.knownAt, confirmedAt: TARGETS.map((target) => held[target]!.confirmedAt).toSorted().at(-1)!,
      }),
      tellChanged: ({ personId, facility }, change) => told('rights.changed.v1', personId, facility, { personId, ...change as unknown as Omit<EventData['rights.changed.v1'], 'personId'> }),
      tellOpenShift: ({ personId, facility }, opened) => told('shift.opened.v1', personId, facility, { personId, ...opened as unknown as { shift: Shift } }),
    },
    workItems: {
      'record-unclear': (person) => ({ owner: 'role:hr-analyst', title: 'Records of a person do not fit together', resolutions: ['look-again'], facts: { ...factsOf(person), questions: person.plan.questions.join(' ').slice(0, 240) }, discriminator: person.plan.questions.join(' ') }),
      'approve-rights': (person) => ({
        owner: `role:${person.plan.toApprove[0]!.role}`, title: 'May this person have these rights?', resolutions: ['approve', 'refuse'],
        facts: { ...factsOf(person), rights: person.plan.toApprove.map(keyOf).join(', ').slice(0, 240) }, discriminator: person.plan.toApprove.map(keyOf).toSorted().join(),
      }),
      ...Object.fromEntries(TARGETS.flatMap((target) => [
        [`still-held-${target}`, trouble(target, 'A right that is to be taken is still held', ['give-anyway'])],
        [`not-taken-${target}`, trouble(target, 'A right could not be taken', [`retry-${target}`, 'give-anyway'])],
        [`not-given-${target}`, trouble(target, 'A right could not be given', [`retry-${target}`])],
      ])),
    },
  };
}

function toHold(person: Person, target: Target): RightsToHold {
  const { personId, revision, because, plan } = person;
  return { personId, revision, because, entitlements: plan.entitlements.filter((each) => each.target === target) };
}

/** What is deserved of that which is held: less than before, and nothing more. */
function keptAt(person: Person, target: Target): RightsToHold['entitlements'] {
  const held = new Set(person.held[target]?.rights);
  return person.plan.entitlements.filter((each) => each.target === target && held.has(each.right));
}

function told<Type extends keyof EventData & string>(type: Type, subject: string, facility: string | null, data: EventData[Type]): NewEvent {
  return { type, subject, facility: facility ?? undefined, data };
}

function trouble(target: Target, title: string, resolutions: readonly string[]): (person: Person) => WorkItemSpec {
  return (person) => ({
    owner: 'role:security-officer', title: `${title}: ${target}`, resolutions,
    facts: {
      ...factsOf(person), excess: excessAt(person, target).join(', ').slice(0, 240), lacking: lackingAt(person, target).join(', ').slice(0, 240),
      ...(person.troubles[target] ? { problem: person.troubles[target].slice(0, 240) } : {}),
    },
  });
}

function factsOf({ personId, plan: { standing, facility, jobCode, departmentCode } }: Person): WorkItemSpec['facts'] {
  return { person: personId, standing, ...(facility ? { facility } : {}), ...(jobCode ? { job: jobCode } : {}), ...(departmentCode ? { department: departmentCode } : {}) };
}
