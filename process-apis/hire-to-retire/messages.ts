import type { Subscription } from '#chassis/events/subscription.ts';
import type { Lives } from '#chassis/lifecycle/lives.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import type { PersonEvent } from './events.ts';
import { PROCESS, TARGETS, type Person } from './person.ts';

/** Whatever HR or credentialing say of a person is a reason to look anew; the first word of somebody begins a life. */
export function records(lives: Lives, clock: Clock): Subscription {
  return {
    group: 'hire-to-retire.records',
    types: ['worker.changed.v1', 'credential.changed.v1'] satisfies (keyof EventData)[],
    async handle(tx, event) {
      const at = clock.now().toISOString();
      if (event.type === 'worker.changed.v1') {
        const { personId, changeId, facility, endsNow } = event.data as EventData['worker.changed.v1'];
        const because = `${event.type}/${changeId}`;
        const { id, created } = await lives.start(tx, PROCESS, newPerson(personId, facility ?? null, because), { identity: personId });
        if (!created || endsNow) await lives.apply(tx, id, { type: event.type, because, at, endsNow: endsNow === true } satisfies PersonEvent);
        return;
      }
      // Credentials of somebody whom HR does not know yet are read when it does.
      const { personId, changeId } = event.data as EventData['credential.changed.v1'];
      for (const id of await lives.find(tx, PROCESS, 'person', personId)) await lives.apply(tx, id, { type: 'credential.changed.v1', because: `${event.type}/${changeId}`, at } satisfies PersonEvent);
    },
  };
}

function newPerson(personId: string, facility: string | null, because: string): Person {
  return {
    personId, facility, because, revision: 0, asked: 0, decisions: {}, reviewInMs: null, departure: null, formerDeparture: null, gaveAnyway: -1, troubles: {},
    plan: { standing: 'unknown', workerIds: [], entitlements: [], withheld: [], toApprove: [], questions: [], changesOn: null },
    held: Object.fromEntries(TARGETS.map((target) => [target, null])) as Person['held'],
  };
}
