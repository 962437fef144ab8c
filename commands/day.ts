import { parseArgs } from 'node:util';
import { isClean, printReport } from '../sandbox/day/report.ts';
import { runDay } from './day/run-day.ts';
import { onEnd } from './on-end.ts';

const USAGE = 'npm run day -- [--patients 50] [--seed 1] [--json] [--faults] [--against <home of a running platform>] [--keep]';

/** `npm run day`: a day at the hospital and its reconciliation. The exit status is the verdict. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: {
    patients: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' }, json: { type: 'boolean', default: false },
    faults: { type: 'boolean', default: false }, against: { type: 'string' }, keep: { type: 'boolean', default: false },
  } });
  const [patients, seed] = [Number(values.patients), Number(values.seed)];
  if (!Number.isInteger(patients) || patients < 1 || !Number.isInteger(seed) || seed < 0) {
    console.error(USAGE);
    return 2;
  }
  const ended = new AbortController();
  onEnd((signal) => {
    console.error(`\n${signal}: stopping`);
    ended.abort(new Error(`ended by ${signal}`));
  });
  const say = (line: string) => console.error(line);
  const report = await runDay({ patients, seed, withFaults: values.faults, against: values.against, keep: values.keep, say, signal: ended.signal });
  console.log(values.json ? JSON.stringify(report) : printReport(report));
  return isClean(report) ? 0 : 1;
}

main().then((status) => process.exit(status), (error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
