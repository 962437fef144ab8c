import { setTimeout as wait } from 'node:timers/promises';
import type { Happening } from '../../ehr/day/clinical-day.ts';
import type { Behaviour } from '../../network/suppliers/behaviour.ts';
import type { Choice, WorkItem } from '../choices.ts';
import type { Doors, Hands } from '../live.ts';

/** What is done about a work item: a choice, nothing for now, or what is done on any day. */
export type Told = Choice | 'leave' | undefined;

/** What a scene has at hand. */
export interface Stage extends Hands {
  seed: number;
  /** Tells this playing of the scene from all others. */
  number: number;
  networkUrl: string;
  controlUrl: string;
  doors: Doors;
  behaviours: Map<string, Behaviour>;
  /** Records of the hospital that exist already, to make others like them. */
  happenings: readonly Happening[];
  /** Says what is to be done about work on a requisition reference or a use. */
  tell(subject: string, answer: (item: WorkItem) => Told): void;
  /** Settles when somebody has seen such work, or when it is too late for that. */
  seen(kind: string, subject: string): Promise<boolean>;
}

/** A short story that leads somewhere where hardly anything else does. */
export interface Scene {
  leadsTo: RegExp;
  play(stage: Stage): Promise<void>;
}

const PATIENCE_MS = 90_000;
const LOOK_MS = 150;

/** @returns false when it did not come to that */
export async function until({ signal }: Pick<Stage, 'signal'>, isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end && !signal.aborted;) {
    // What is looked at may be down at this moment.
    if (await Promise.resolve().then(isSo).catch(() => false)) return true;
    await wait(LOOK_MS);
  }
  return false;
}

/** Answers work of a kind: the first time so, the next time so; the last answer stays. */
export function inTurn(kind: string, ...resolutions: string[]): (item: WorkItem) => Told {
  const ids: string[] = [];
  return (item) => {
    if (item.kind !== kind) return undefined;
    if (!ids.includes(item.id)) ids.push(item.id);
    return { resolution: resolutions[Math.min(ids.indexOf(item.id), resolutions.length - 1)]! };
  };
}

/** The prompter: knows what scenes want to be done, and what has been seen. */
export function createPrompter() {
  const answers = new Map<string, (item: WorkItem) => Told>();
  const seen = new Set<string>();
  const subjectOf = ({ order, facts }: WorkItem) => order?.reference ?? String(facts?.['use'] ?? '');
  return {
    tell: (subject: string, answer: (item: WorkItem) => Told) => { answers.set(subject, answer); },
    seen: (signal: AbortSignal) => (kind: string, subject: string) => until({ signal }, () => seen.has(`${kind} ${subject}`)),
    asTold(item: WorkItem): Told {
      const subject = subjectOf(item);
      seen.add(`${item.kind} ${subject}`);
      return answers.get(subject)?.(item);
    },
  };
}
