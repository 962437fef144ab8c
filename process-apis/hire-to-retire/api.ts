import { defineApi } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { workItemsOf } from '#chassis/lifecycle/work-items.ts';
import { nameOf, type Principal } from '#chassis/security/principal.ts';
import { credentialing } from '#contracts/generated/system/credentialing/v1.ts';
import { ehr } from '#contracts/generated/system/ehr/v1.ts';
import { erp } from '#contracts/generated/system/erp/v1.ts';
import { hcm } from '#contracts/generated/system/hcm/v1.ts';
import { hireToRetire } from '#contracts/generated/process/hire-to-retire/v1.ts';
import { identity } from '#contracts/generated/system/identity/v1.ts';
import { scheduling } from '#contracts/generated/system/scheduling/v1.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { definitionOf } from './definition.ts';
import { listDriftChecks, readDriftCheck, watchDrift } from './drift.ts';
import { listRightsHeld } from './evidence.ts';
import { records } from './messages.ts';
import { MIGRATIONS } from './migrations.ts';
import { listPeople, readPerson, readRevocation } from './people.ts';
import { PROCESS } from './person.ts';
import { policyAsApplied } from './policy.ts';
import { Settings } from './settings.ts';
import { targetsOf } from './targets.ts';
import { watchesOf } from './watches.ts';

/** What people may do and where, from the hire to the last right that is taken back. */
export const hireToRetireApi = defineApi<EventData>()({
  contract: hireToRetire,
  settings: Settings,
  migrations: MIGRATIONS,
  create(platform, settings) {
    const { database, lives, moves, clock, log } = platform;
    const systems = {
      hcm: platform.connect(hcm), credentialing: platform.connect(credentialing), identity: platform.connect(identity), scheduling: platform.connect(scheduling), ehr: platform.connect(ehr), erp: platform.connect(erp),
    };
    const targets = targetsOf(systems);
    const definition = definitionOf({ systems, targets, database, clock, settings });
    lives.register(definition);
    moves.register(PROCESS, definition.tier, Object.values(definition.moves).map((binding) => binding.move), async (tx, lifeId, outcome) => {
      await lives.apply(tx, lifeId, { ...outcome, at: clock.now().toISOString() });
    });
    platform.subscribe(records(lives, clock));
    const work = workItemsOf(PROCESS, { database, lives, moves, clock });
    const drift = watchDrift({ database, lives, clock, log, targets, settings: settings.drift });

    return {
      background: [drift],
      watches: watchesOf(settings.limits),
      operations: {
        listPeople: (query, { principal }) => listPeople(database, query, principal),
        getPerson: ({ personId }, { principal }) => readPerson(database, personId, principal),
        async listRightsHeld({ personId, ...query }, { principal }) {
          await readPerson(database, personId, principal);
          return listRightsHeld(database, { personId, ...query });
        },
        getRevocation: ({ personId }, { principal }) => readRevocation(database, personId, principal),
        getPolicy: () => Promise.resolve({ rules: policyAsApplied(settings.policy) }),
        listDriftChecks: (query) => listDriftChecks(database, query),
        getDriftCheck: ({ checkId }) => readDriftCheck(database, checkId),
        startDriftCheck: ({ body }, { principal }) => drift.startCheck(body, nameOf(principal)),
        listWorkItems: (query, { principal }) => work.list(query, principal),
        getWorkItem: ({ workItemId }, { principal }) => work.get(workItemId, principal),
        async resolveWorkItem({ workItemId, body }, { principal }) {
          if (principal.kind !== 'user') throw new ApiError('forbidden', 'Only a person may do this.', { code: 'person-needed' });
          const { facts } = await work.get(workItemId, principal);
          refuseOwnRights(principal, facts?.['person']);
          return work.resolve(workItemId, body, principal);
        },
      },
    };
  },
});

/** Nobody grants rights to themselves; who that is, the token has to say. */
function refuseOwnRights({ bindings }: Principal, person: unknown): void {
  if (bindings['person'] === undefined) throw new ApiError('forbidden', 'The token does not say which person at work this is.', { code: 'person-unknown' });
  if (bindings['person'] === person) throw new ApiError('forbidden', 'Nobody decides about their own rights.', { code: 'own-rights' });
}
