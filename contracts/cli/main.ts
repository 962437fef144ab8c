import { spawn } from 'node:child_process';
import path from 'node:path';
import { staleGenerated, writeGenerated } from './generate.ts';
import { contractSources, contractsRoot, eventsSource } from './sources.ts';

const verbs: Record<string, () => Promise<boolean>> = { generate, lint, check };

async function generate(): Promise<boolean> {
  await writeGenerated();
  return true;
}

async function lint(): Promise<boolean> {
  const files = [...(await contractSources()).map((source) => source.file), eventsSource].map((file) => path.relative(process.cwd(), file));
  return (await redocly(['lint', '--format', 'stylish', ...files])) === 0;
}

async function check(): Promise<boolean> {
  const linted = await lint();
  const stale = await staleGenerated();
  if (stale.length > 0) console.error(`Out of date, run "npm run contracts -- generate":\n  ${stale.join('\n  ')}`);
  return linted && stale.length === 0;
}

function redocly(args: string[]): Promise<number> {
  const bin = path.resolve(contractsRoot, '..', 'node_modules', '@redocly', 'cli', 'bin', 'cli.js');
  const child = spawn(process.execPath, [bin, ...args], { stdio: 'inherit', env: { ...process.env, REDOCLY_TELEMETRY: 'off' } });
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code ?? 1)));
}

const verb = process.argv[2] ?? '';
const run = verbs[verb];
if (!run) {
  console.error(`npm run contracts -- <${Object.keys(verbs).join(' | ')}>`);
  process.exitCode = 2;
} else {
  process.exitCode = (await run()) ? 0 : 1;
}
