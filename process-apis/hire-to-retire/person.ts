import type { Step } from '#contracts/generated/process/hire-to-retire/v1.ts';

export const PROCESS = 'hire-to-retire';

/** Where somebody holds rights. */
export const TARGETS = ['directory', 'applications', 'badges', 'scheduling', 'clinical', 'business'] as const satisfies Step['target'][];

export type Target = typeof TARGETS[number];

export type Rights = Record<Target, string[]>;

/** What a system confirmed. */
export interface Held {
  rights: string[];
  confirmedAt: string;
}

/** A right that a rule gives, and what else is to be known of it. */
export interface Entitlement {
  target: Target;
  right: string;
  rule: string;
  approvedBy?: string;
}

export interface Withheld {
  target: Target;
  right: string;
  because: 'credential-missing' | 'credential-expired' | 'credential-suspended' | 'sanctioned' | 'not-approved' | 'refused';
  credential?: string;
}

/** A right that a role has to agree to before it is given. */
export interface ToApprove {
  target: Target;
  right: string;
  role: string;
}

export type Standing = 'unknown' | 'expected' | 'working' | 'on-leave' | 'left';

/** What the records say a person may do on a day, and until when that is so. */
export interface Plan {
  standing: Standing;
  workerIds: string[];
  facility?: string;
  jobCode?: string;
  departmentCode?: string;
  costCenter?: string;
  managerPersonId?: string;
  entitlements: Entitlement[];
  withheld: Withheld[];
  toApprove: ToApprove[];
  /** What does not fit together, for people to put right where it was entered. */
  questions: string[];
  /** The day on which the plan will be another one, as far as is known. */
  changesOn: string | null;
}

export interface Decision {
  agreed: boolean;
  by: string;
  at: string;
}

/** Everything the life of a person at work knows. No name: that is read where it is needed. */
export interface Person {
  personId: string;
  /** Where the person was last known to work. */
  facility: string | null;
  plan: Plan;
  /** Raised with each plan, so that a move can see that it was overtaken. */
  revision: number;
  /** Reviews asked for so far: of several under way only the last counts. */
  asked: number;
  /** What the present plan came from, as evidence has it. */
  because: string;
  /** By `<target>:<right>`. */
  decisions: Record<string, Decision>;
  /** Null before the system was asked for the first time. */
  held: Record<Target, Held | null>;
  /** From the last review to the next that it foresees. */
  reviewInMs: number | null;
  /** Names the leaving under way or done. */
  departure: { id: string; knownAt: string; because: string } | null;
  /** The one before, of which nothing is expected any more. */
  formerDeparture: string | null;
  /** The revision for which somebody let rights be given although elsewhere some are still to be taken. */
  gaveAnyway: number;
  troubles: Partial<Record<Target, string>>;
}

export function keyOf({ target, right }: Pick<Entitlement, 'target' | 'right'>): string {
  return `${target}:${right}`;
}

export function wantedAt({ plan }: Person, target: Target): string[] {
  return plan.entitlements.filter((each) => each.target === target).map(({ right }) => right);
}

/** Held and no longer deserved. */
export function excessAt(person: Person, target: Target): string[] {
  const wanted = new Set(wantedAt(person, target));
  return (person.held[target]?.rights ?? []).filter((right) => !wanted.has(right));
}

/** Deserved and not held. */
export function lackingAt(person: Person, target: Target): string[] {
  const held = new Set(person.held[target]?.rights);
  return wantedAt(person, target).filter((right) => !held.has(right));
}
