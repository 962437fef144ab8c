import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';

for (const how of ['thrown', 'rejected', 'rejected with a text']) {
  test(`an error that is ${how} and that nobody catches ends the process, which says where it was and not what it said`, async () => {
    const child = spawn(process.execPath, [path.resolve(import.meta.dirname, 'uncaught-process.ts'), how], { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { printed += text; });
    const code = await new Promise((resolve) => child.once('close', resolve));
    assert.equal(code, 70);
    assert.match(printed, /"ended by an error that nobody caught"/);
    assert.match(printed, how === 'rejected with a text' ? /ERR_UNHANDLED_REJECTION/ : /uncaught-process\.ts/);
    assert.doesNotMatch(printed, /Canary/);
  });
}
