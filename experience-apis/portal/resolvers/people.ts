import type { Standing } from '#contracts/generated/experience/portal/graph.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { given, orNull, pageIn, requireFacility } from './arguments.ts';
import type { FieldsOf, Queries } from './nodes.ts';

export const peopleQueries = {
  people(_parent, { facility, standing, atRisk, managerPersonId, ...page }, { person, systems }) {
    if (facility) requireFacility(person, facility);
    return systems.hireToRetire.listPeople({ ...pageIn(page), ...given({ facility, standing: standing ? wordOf(standing) : null, atRisk, managerPersonId }) });
  },
  personAtWork: async (_parent, { id }, { load }) => (await orNull(load.people.load(id)))?.person ?? null,
  accessPolicy: async (_parent, _args, { systems }) => (await systems.hireToRetire.getPolicy({})).rules.map(({ needs = [], ...rule }) => ({ needs, ...rule })),
} satisfies Pick<Queries, 'people' | 'personAtWork' | 'accessPolicy'>;

export const peopleTypes = {
  PersonAtWork: {
    id: ({ personId }) => personId,
    name: async ({ workerIds: [workerId] = [] }, _args, { load }) => workerId === undefined ? null : orNull(load.names.load(workerId)),
    workerIds: ({ workerIds = [] }) => workerIds,
    standing: ({ standing }) => standing.replaceAll('-', '_').toUpperCase() as Standing,
    costCenter: ({ costCenter }) => costCenter === undefined ? null : { code: costCenter },
    steps: ({ steps }) => steps.map(({ excess = [], lacking = [], ...step }) => ({ ...step, excess, lacking })),
    isAtRisk: ({ isAtRisk }) => isAtRisk === true,
    withheld: async ({ personId }, _args, { load }) => (await load.people.load(personId)).withheld,
    questions: async ({ personId }, _args, { load }) => (await load.people.load(personId)).questions ?? [],
    timeline: async ({ personId }, _args, { load }) => (await load.people.load(personId)).timeline,
    rights: ({ personId }, { at, ...page }: { at?: string | null; first?: number | null; after?: string | null }, { systems }) =>
      systems.hireToRetire.listRightsHeld({ personId, ...pageIn(page, 50), ...given({ at }) }),
    revocation: ({ personId, standing }, _args, { systems }) => standing === 'left' ? systems.hireToRetire.getRevocation({ personId }).catch(unlessStaying) : null,
  } satisfies FieldsOf<'PersonAtWork'>,
};

function wordOf(standing: Standing): 'unknown' | 'expected' | 'working' | 'on-leave' | 'left' {
  return standing.replaceAll('_', '-').toLowerCase() as 'working';
}

/** Between two reads somebody may have come back. */
function unlessStaying(thrown: unknown): null {
  if (thrown instanceof ApiError && thrown.code === 'has-not-left') return null;
  throw thrown;
}
