import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Where a process may die around something that must happen once: before anything of it is done; while it may be done and
 * nobody here knows it for sure; after it is on record and before anybody is told.
 */
export const PLACES = ['before', 'during', 'after'] as const;
export type Place = (typeof PLACES)[number];

export type Reached = (name: string, place: Place) => void;

/** What a process finds in the folder that it is armed with. */
export const LIST = 'points.json';
export interface Armament {
  /** `*` in a name stands for a part that varies. */
  points: string[];
  /** A process counts as being at work when it has lived so long; one always stays, so that calls and work go on. */
  afterMs: number;
}

/** What a process leaves in the folder when it passes a point that the list does not have. */
export const UNLISTED = 'unlisted-';
/** The mark of a process that is at work. */
const AT_WORK = 'at-work-';

/** The file by which a process claims a point at a place, so that one process dies there and one only. */
export function claimOf(folder: string, index: number, place: Place): string {
  return path.join(folder, `${index}-${place}`);
}

/**
 * Says that the process is at a named point. A process that was started for it (`CALLOSUM_FAULT_POINTS` names a folder)
 * ends itself at the first point at which none has died before, as a crash does: nothing runs after it. In every other process
 * there is nothing to call, and what is called with `?.` does not even build its arguments.
 */
export const reached: Reached | undefined = armed(process.env['CALLOSUM_FAULT_POINTS']);

function armed(folder: string | undefined): Reached | undefined {
  if (folder === undefined) return undefined;
  const { points: listed, afterMs } = JSON.parse(readFileSync(path.join(folder, LIST), 'utf8')) as Armament;
  const exact = new Map(listed.map((name, index) => [name, index]));
  const patterns = listed.flatMap((name, index) => (name.includes('*') ? [{ index, pattern: patternOf(name) }] : []));
  const passed = new Set<string>();
  const own = path.join(folder, `${AT_WORK}${process.pid}`);
  setTimeout(() => writeFileSync(own, ''), Math.max(0, afterMs - process.uptime() * 1_000)).unref();

  return (name, place) => {
    const index = exact.get(name) ?? patterns.find(({ pattern }) => pattern.test(name))?.index;
    const file = index === undefined ? path.join(folder, `${UNLISTED}${Buffer.from(name).toString('base64url').slice(0, 200)}`) : claimOf(folder, index, place);
    if (passed.has(file) || (index !== undefined && !isAnotherAtWork(folder))) return;
    passed.add(file);
    if (!claim(file, JSON.stringify({ name, place, pid: process.pid, at: new Date().toISOString() })) || index === undefined) return;
    rmSync(own, { force: true });
    process.kill(process.pid, 'SIGKILL');
  };
}

/** Of several processes the last one goes on; others may have died without taking their mark away. */
function isAnotherAtWork(folder: string): boolean {
  const others = readdirSync(folder).flatMap((name) => (name.startsWith(AT_WORK) ? [Number(name.slice(AT_WORK.length))] : [])).filter((pid) => pid !== process.pid);
  return others.some((pid) => isAlive(pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // There is no such process any more.
    return false;
  }
}

function patternOf(name: string): RegExp {
  return new RegExp(`^${name.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`);
}

/** False when another process was here before. */
function claim(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
