import { globSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

/** A file of the project; the path is relative to the root and has forward slashes. */
export type Source = { path: string; text: string };

export type Violation = { path: string; line: number; message: string };

const ROOT = resolve(import.meta.dirname, '../..');

/** What is installed or written at run time, which .gitignore leaves out too. */
const NOT_OURS = new Set(['node_modules', '.callosum', '.git']);

/** @param pattern relative to the root of the project */
export function readSources(pattern: string): Source[] {
  return globSync(pattern, { cwd: ROOT, exclude: (name) => NOT_OURS.has(name.split(sep).at(-1) ?? '') })
    .toSorted()
    .map((path) => ({ path: path.split(sep).join('/'), text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** One line each, so that a failing test reads as a list of places to go to. */
export function describeViolations(violations: Violation[]): string {
  return violations.map(({ path, line, message }) => `${path}:${line} ${message}`).join('\n');
}
