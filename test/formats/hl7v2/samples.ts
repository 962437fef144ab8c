import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../data/hl7v2');

export function sampleBytes(name: string): Buffer {
  return readFileSync(join(FOLDER, name));
}

export function sampleText(name: string): string {
  return sampleBytes(name).toString('utf8');
}

/** Paths of all sample messages, relative to the folder, with forward slashes. */
export function sampleNames(): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /\.(hl7|txt)$/.test(name))
    .sort();
}
