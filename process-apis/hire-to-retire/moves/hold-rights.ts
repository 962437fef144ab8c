import { ApiError } from '#chassis/errors/failures.ts';
import { move } from '#chassis/moves/move.ts';
import type { Database } from '#chassis/storage/database.ts';
import type { Shift } from '#contracts/generated/system/scheduling/v1.ts';
import { recordHeld } from '../evidence.ts';
import { revisionOf } from '../people.ts';
import type { Entitlement, Target } from '../person.ts';
import type { Systems } from '../systems.ts';
import type { TargetSystem, ToHold } from '../targets.ts';

export interface RightsToHold {
  personId: string;
  /** Of the plan that asks for it. */
  revision: number;
  /** All that the system is to hold from now on. */
  entitlements: Entitlement[];
  because: string;
}

export interface HoldDeps {
  systems: Systems;
  target: Target;
  system: TargetSystem;
  database: Database;
}

/** Take from somebody at one system what is no longer deserved. No undo: what was taken is asked for again by a plan. */
export const takeRights = (deps: HoldDeps) => holdRights(deps, 'take');

/** Give somebody at one system what is deserved. No undo: what was given is taken by a plan that no longer holds it. */
export const giveRights = (deps: HoldDeps) => holdRights(deps, 'give');

function holdRights({ systems, target, system, database }: HoldDeps, way: 'take' | 'give') {
  return move(`${way}-at-${target}`, async (run, { personId, revision, entitlements, because }: RightsToHold) => {
    // Looked at in each attempt: one that waited for the system may come after a plan that wants something else.
    if (await revisionOf(database, personId) !== revision) return { type: `${target} overtaken` };
    const rights = entitlements.map(({ right }) => right);
    const held = await run.step(`${way} rights`, async (idempotencyKey) => {
      // The name is passed on and not remembered.
      const identity = way === 'give' ? await identityOf(systems, personId) : undefined;
      return system.hold({ personId, rights, endSessions: way === 'take', ...(identity ? { identity } : {}) }, idempotencyKey);
    });
    const gaps: Shift[] = held.gaps ?? [];
    await run.step('record what is held', () => recordHeld(database, { personId, target, held, entitlements, because, moveId: run.moveId }));
    return { type: `${target} held`, target, rights: held.rights, confirmedAt: held.confirmedAt, ...(gaps.length > 0 ? { gaps } : {}) };
  });
}

async function identityOf({ hcm }: Systems, personId: string): Promise<ToHold['identity']> {
  const { items } = await hcm.listWorkers({ personId, limit: 1 });
  const [first] = items;
  if (!first) throw new ApiError('not-found', 'The HR system does not know this person.', { code: 'unknown-person' });
  const { name, email, npi } = await hcm.getWorker({ workerId: first.workerId });
  return { name, ...(email ? { email } : {}), ...(npi ? { npi } : {}) };
}
