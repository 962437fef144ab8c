import type { MoveFailure } from '#chassis/moves/engine.ts';
import type { Shift } from '#contracts/generated/system/scheduling/v1.ts';
import type { Plan, Target } from './person.ts';

/** A person's decision on a work item. */
interface Decided {
  by: string;
  at: string;
  note?: string;
}

/** What a system confirmed of the rights that it was told to hold. */
export interface HeldOutcome {
  target: Target;
  rights: string[];
  confirmedAt: string;
  /** Shifts that nobody has any more. */
  gaps?: Shift[];
}

/** Everything that can happen to a person at work. */
export type PersonEvent =
  // What its moves report
  | { type: 'reviewed'; asked: number; plan: Plan; reviewAt: string | null; at: string }
  | { type: `${Target} held` } & HeldOutcome
  | { type: `${Target} overtaken` }
  | { type: `take-at-${Target}.failed` | `give-at-${Target}.failed`; failure: MoveFailure; moveId: string }
  // What HR and credentialing say
  | { type: 'worker.changed.v1'; because: string; at: string; endsNow: boolean }
  | { type: 'credential.changed.v1'; because: string; at: string }
  // What a comparison found that a system really holds
  | { type: `${Target} differs`; because: string } & HeldOutcome
  // What people do
  | { type: 'approve' } & Decided
  | { type: 'refuse' } & Decided
  | { type: 'look-again' } & Decided
  | { type: `retry-${Target}` } & Decided
  | { type: 'give-anyway' } & Decided;
