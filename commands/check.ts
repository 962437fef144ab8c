import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { onEnd } from './on-end.ts';

type Check = { name: string; args: string[] };
type Outcome = { name: string; passed: boolean; seconds: number; output: string };

const root = resolve(import.meta.dirname, '..');

const CHECKS: Check[] = [
  // TypeScript 7 by its path: the package named typescript is 5.9, which the contract generator needs.
  { name: 'types', args: ['node_modules/tsc7/bin/tsc', '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'lint', args: ['node_modules/oxlint/bin/oxlint', ...typeAware()] },
  { name: 'architecture', args: ['--test', '--test-reporter=dot', 'test/architecture/**/*.test.ts'] },
  { name: 'contracts', args: ['contracts/cli/main.ts', 'check'] },
  { name: 'charts', args: ['commands/draw-charts.ts', '--check'] },
  { name: 'lives', args: ['commands/replay-lives.ts', '--check'] },
];

const children = new Set<ChildProcess>();
onEnd((signal) => {
  for (const child of children) child.kill(signal);
});

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !CHECKS.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(`There is no check named ${unknown.join(' or ')}. There are: ${CHECKS.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
} else {
  const chosen = CHECKS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const outcomes = await Promise.all(chosen.map(runAndTell));
  const failed = outcomes.filter(({ passed }) => !passed).map(({ name }) => name);
  console.log(failed.length === 0 ? `\nPassed: ${chosen.map(({ name }) => name).join(', ')}` : `\nFailed: ${failed.join(', ')}`);
  if (failed.length > 0) process.exitCode = 1;
}

/** Rules that need types, such as forgotten awaits, run where their engine is installed. */
function typeAware(): string[] {
  return existsSync(resolve(root, 'node_modules/oxlint-tsgolint')) ? ['--type-aware'] : [];
}

async function runAndTell(check: Check): Promise<Outcome> {
  const outcome = await run(check);
  // Only what went wrong is worth reading, and the outputs of parallel checks must not mingle.
  if (!outcome.passed) console.log(`\n${outcome.output.trimEnd()}\n`);
  console.log(`${outcome.passed ? 'passed' : 'FAILED'}  ${outcome.name.padEnd(13)} ${outcome.seconds.toFixed(1)} s`);
  return outcome;
}

function run({ name, args }: Check): Promise<Outcome> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => {
      children.delete(child);
      done({ name, passed: code === 0, seconds: (performance.now() - start) / 1000, output });
    });
  });
}
