// Loaded into every test file by the test run, because the runner waits for ever for a file that does not end, and
// does not say which one it is.
import { writeSync } from 'node:fs';

const LIMIT_MS = Number(process.env['CALLOSUM_TEST_FILE_LIMIT_MS'] ?? 300_000);

const isTestFile = process.env['NODE_TEST_CONTEXT'] !== undefined;

if (isTestFile) setTimeout(giveUp, LIMIT_MS).unref();

function giveUp(): void {
  const open = [...new Set(process.getActiveResourcesInfo())].join(', ');
  writeSync(2, `${process.argv[1]} has not ended after ${LIMIT_MS / 1000} s; still open: ${open}\n`);
  process.exit(1);
}
