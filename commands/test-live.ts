import { resolve } from 'node:path';

import { runTests } from '../test/support/run-tests.ts';

process.exitCode = await runTests({
  root: resolve(import.meta.dirname, '..'),
  includes: (file) => file.endsWith('.live.test.ts'),
  whenNone: 'There are no tests against real products yet (test/**/*.live.test.ts)',
  args: process.argv.slice(2),
});
