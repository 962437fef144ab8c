import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Processes that are now of one version and now of the other. */
export interface Versions {
  /** What a process is started with to be of the version of the moment. */
  env: Record<string, string>;
  /** How often a process was started as which version. */
  starts(): Promise<Record<string, number>>;
  stop(): void;
}

/** Long enough that each version meets what the other has left, short enough that they meet at every place. */
const EVERY_MS = 4_000;

/** Whoever is started again is of the version that the file in the folder names at that moment. */
export function exchangeVersions(folder: string): Versions {
  const file = path.join(folder, 'version');
  let version = 1;
  const name = () => writeFileSync(file, String(version));
  name();
  const timer = setInterval(() => {
    version = 3 - version;
    name();
  }, EVERY_MS);
  return {
    env: { NODE_OPTIONS: `--import=${path.resolve(import.meta.dirname, 'next-version.ts')}`, CALLOSUM_VERSION_FILE: file },
    async starts() {
      const lines = (await readFile(`${file}.starts`, 'utf8')).trim().split('\n');
      return Object.fromEntries(['1', '2'].map((each) => [each, lines.filter((line) => line === each).length]));
    },
    stop: () => clearInterval(timer),
  };
}
