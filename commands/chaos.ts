import { parseArgs } from 'node:util';
import { isClean, printReport } from '../sandbox/day/report.ts';
import { runChaos, type ChaosReport } from './chaos/run-chaos.ts';
import { onEnd } from './on-end.ts';

const USAGE = 'npm run chaos -- [--kills 200] [--seed 1] [--minutes 30] [--exchange] [--only <part of a fault point\'s name>]... [--json] [--keep]';

/** `npm run chaos`: a day on which processes and the database are killed at every place; with `--exchange` what comes back is now the next version and now the present one. The exit status is the verdict. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: {
    kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' }, minutes: { type: 'string' }, only: { type: 'string', multiple: true, default: [] },
    exchange: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false },
  } });
  const [kills, seed, minutes] = [Number(values.kills), Number(values.seed), Number(values.minutes ?? '30')];
  if (![kills, seed].every((each) => Number.isInteger(each) && each >= 0) || !(minutes > 0)) {
    console.error(USAGE);
    return 2;
  }
  const ended = new AbortController();
  onEnd((signal) => {
    console.error(`\n${signal}: stopping`);
    ended.abort(new Error(`ended by ${signal}`));
  });
  const again = `npm run chaos -- --kills ${kills} --seed ${seed}${values.minutes ? ` --minutes ${values.minutes}` : ''}${values.exchange ? ' --exchange' : ''}${values.only.map((each) => ` --only '${each}'`).join('')} --keep`;
  try {
    const report = await runChaos({ kills, seed, minutes, only: values.only, exchange: values.exchange, keep: values.keep, say: (line) => console.error(line), signal: ended.signal });
    console.log(values.json ? JSON.stringify(report) : printChaos(report));
    // A bounded run claims nothing about what it had no time for.
    const isComplete = values.minutes !== undefined || report.cells.missing.length === 0;
    if (isClean(report) && isComplete && report.cells.unlisted.length === 0) return 0;
    console.error(`Seed ${seed}. The same again, its folder kept: ${again}`);
    return 1;
  } catch (error) {
    if (!ended.signal.aborted) console.error(`Seed ${seed}. The same again, its folder kept: ${again}`);
    throw error;
  }
}

function printChaos(report: ChaosReport): string {
  const { cells, kills, killed, startsAs } = report;
  return [
    printReport(report), ...(startsAs ? [`Processes began as ${Object.entries(startsAs).map(([version, count]) => `version ${version} ${count} times`).join(', ')}`] : []), `Killed ${kills} times: ${Object.entries(killed).map(([name, count]) => `${name} ${count}`).join(', ')}`, '',
    `Cells: ${cells.hit} of ${cells.total} hit`, ...cells.missing.map((name) => `  not hit: ${name}`), ...cells.unlisted.map((name) => `  not in the table: ${name}`),
  ].join('\n');
}

main().then((status) => process.exit(status), (error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
