import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../data/x12');

export function sampleText(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8');
}

/** Paths of all sample files, relative to the folder, with forward slashes. */
export function sampleNames(): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.includes('/') && statSync(join(FOLDER, name)).isFile())
    .sort();
}
