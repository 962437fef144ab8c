import type { EventSchemaDocument } from '#chassis/events/event-schemas.ts';
import type { Queries } from '#chassis/storage/database.ts';
import type { Watch } from '#chassis/watches/watch.ts';
import contracts from '#contracts/generated/events/schemas.json' with { type: 'json' };

const told = { $ref: '#/components/schemas/Told' };

/** Events of no particular trade, and those by which watches tell what they see, as the contracts have them. */
export const watchedEvents: EventSchemaDocument = {
  messages: {
    'task.begun.v1': told, 'task.done.v1': told, 'task.dropped.v1': told, 'keyless.happened.v1': {},
    'expectation.missed.v1': contracts.messages['expectation.missed.v1'], 'expectation.met-late.v1': contracts.messages['expectation.met-late.v1'],
  },
  schemas: {
    ...contracts.schemas,
    Told: { type: 'object', properties: { task: { type: 'string', 'x-business-key': 'task' }, batch: { type: 'string', 'x-business-key': 'batch' } }, additionalProperties: false },
  },
};

export const taskIsDone: Watch = {
  name: 'probe.task-done', title: 'Task {key} is not done', key: 'task', begins: 'task.begun.v1', ends: ['task.done.v1'], callsOff: ['task.dropped.v1'],
  withinMs: 300, owner: 'role:foreman', tier: 'critical',
};

/** Due long after every test has ended: what becomes of it becomes so when it is told. */
export const batchIsDone: Watch = { ...taskIsDone, name: 'probe.batch-done', title: 'Batch {key} is not done', key: 'batch', withinMs: 86_400_000 };

/** What is expected of a key, what was not met, and what was told of that. */
export async function stateOf(on: Queries, key: string): Promise<{ states: string[]; exceptions: string[]; told: string[] }> {
  const states = await on.query<{ state: string }>('select state from chassis.expectations where key = $1 order by watch', [key]);
  const exceptions = await on.query<{ state: string }>('select state from chassis.business_exceptions where key = $1', [key]);
  const told = await on.query<{ type: string }>(`select type from chassis.events where type like 'expectation.%' and keys @> array[$1] order by seq`, [key]);
  return { states: states.map(({ state }) => state), exceptions: exceptions.map(({ state }) => state), told: told.map(({ type }) => type) };
}
