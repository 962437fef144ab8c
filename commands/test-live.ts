import { resolve } from 'node:path';

import { runTests } from '../test/support/run-tests.ts';

// A real product takes minutes to set itself up before its first test.
process.env['CALLOSUM_TEST_FILE_LIMIT_MS'] ??= '1200000';

process.exitCode = await runTests({
  root: resolve(import.meta.dirname, '..'),
  includes: (file) => file.endsWith('.live.test.ts'),
  whenNone: 'There are no tests against real products yet (test/**/*.live.test.ts)',
  args: process.argv.slice(2),
});
