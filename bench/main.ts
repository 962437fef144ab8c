import { parseArgs } from 'node:util';
import { printReport, type BenchReport } from './report.ts';

/** `npm run bench -- <name> [--json]`: measured side by side in one run. */
const benches: Record<string, () => Promise<BenchReport>> = {
  'event-storage': async () => (await import('./event-storage.ts')).eventStorage(),
  'events': async () => (await import('./events.ts')).events(),
  'hop': async () => (await import('./hop.ts')).hop(),
  'moves': async () => (await import('./moves.ts')).moves(),
  'procure-to-pay': async () => (await import('./procure-to-pay.ts')).procureToPay(),
  'waiting-lives': async () => (await import('./waiting-lives.ts')).waitingLives(),
};

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean', default: false } }, allowPositionals: true });
const name = positionals[0] ?? '';
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (!bench) {
  console.error(`npm run bench -- <${Object.keys(benches).join(' | ')}> [--json]`);
  process.exitCode = 2;
} else {
  const report = await bench();
  if (values.json) console.log(JSON.stringify(report));
  else printReport(report);
}
