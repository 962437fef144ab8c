import { isDatabaseUnavailable, type Queries, type Row } from '../storage/database.ts';
import { Fenced, isHeldBy } from './fenced.ts';
import type { Json } from './move.ts';

/** A step as it is remembered. */
export interface StepRow {
  name: string;
  result: Json;
  undone: boolean;
  /** How often the step had been taken back before it was carried out this time. */
  generation: number;
  /** Milliseconds that carrying it out took. */
  ms: number;
}

/** The run that steps belong to, as far as it has to be told from another. */
export interface Writing {
  moveId: string;
  attempt: number;
  owner: string;
}

export interface StepWriter {
  /**
   * Resolves when the steps are on disk.
   *
   * @throws Fenced when another process has taken the move over since; nothing of it is written then
   */
  write(run: Writing, steps: readonly StepRow[]): Promise<void>;
}

interface Waiting {
  run: Writing;
  steps: readonly StepRow[];
  written(): void;
  failed(error: unknown): void;
}

/** Far more than a process runs moves at once. */
const MOST_AT_ONCE = 200;

/** Remembers steps of many moves in few commits: while one writing is under way, all that comes waits for the next one. */
export function createStepWriter(database: Queries): StepWriter {
  const waiting: Waiting[] = [];
  let isWriting = false;

  async function writeOn(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, MOST_AT_ONCE);
      await writeBatch(batch);
    }
    isWriting = false;
  }

  async function writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const written = await writeSteps(database, batch);
      for (const each of batch) {
        if (each.steps.every(({ name }) => written.has(`${each.run.moveId} ${name}`))) each.written();
        else each.failed(new Fenced());
      }
    } catch (error) {
      // What one of them cannot have written must not keep the others from it.
      if (batch.length > 1 && !isDatabaseUnavailable(error)) for (const each of batch) await writeBatch([each]);
      else for (const each of batch) each.failed(error);
    }
  }

  return {
    write: (run, steps) => steps.length === 0 ? Promise.resolve() : new Promise((resolve, reject) => {
      waiting.push({ run, steps, written: resolve, failed: reject });
      if (!isWriting) void writeOn();
    }),
  };
}

/** A step that is there was taken back, or somebody wrote it who was fenced off only then: it is written over. */
const OVER = `on conflict (move_id, name) do update
  set result = excluded.result, generation = excluded.generation, ms = excluded.ms, attempt = excluded.attempt, undone = false, at = excluded.at`;
const INTO = 'insert into chassis.move_steps (move_id, name, result, generation, ms, attempt, at)';
const ONE = `${INTO} select id, $2, $3, $4, $5, attempt, clock_timestamp() from chassis.moves where ${isHeldBy({ id: '$1', attempt: '$6', owner: '$7' })}`;
/** In a first attempt nobody can have written it. */
const WRITE_FIRST = `${ONE} returning 1`;
const WRITE_ONE = `${ONE} ${OVER} returning 1`;
const WRITE_MANY = `
  ${INTO}
  select s.move_id, s.name, s.result, s.generation, s.ms, s.attempt, clock_timestamp()
  from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::jsonb[], $6::int[], $7::int[]) as s (move_id, attempt, owner, name, result, generation, ms)
  where exists (select 1 from chassis.moves where ${isHeldBy({ id: 's.move_id', attempt: 's.attempt', owner: 's.owner' })})
  ${OVER} returning move_id, name`;

/** Writes steps of several runs in one statement. Returns which it wrote, as `<move> <step>`. */
async function writeSteps(on: Queries, batch: readonly { run: Writing; steps: readonly StepRow[] }[]): Promise<Set<string>> {
  const rows = batch.flatMap(({ run: { moveId, attempt, owner }, steps }) => steps.map((step) => ({ moveId, attempt, owner, ...step })));
  const written = await on.query<{ move_id: string; name: string } & Row>(WRITE_MANY, [
    rows.map(({ moveId }) => moveId), rows.map(({ attempt }) => attempt), rows.map(({ owner }) => owner), rows.map(({ name }) => name),
    rows.map(({ result }) => JSON.stringify(result)), rows.map(({ generation }) => generation), rows.map(({ ms }) => ms),
  ]);
  return new Set(written.map(({ move_id, name }) => `${move_id} ${name}`));
}

/** Writes one step. @throws Fenced */
export async function writeStep(on: Queries, { moveId, attempt, owner }: Writing, { name, result, generation, ms }: StepRow): Promise<void> {
  const written = await on.query(attempt === 1 ? WRITE_FIRST : WRITE_ONE, [moveId, name, JSON.stringify(result), generation, ms, attempt, owner]);
  if (written.length === 0) throw new Fenced();
}
