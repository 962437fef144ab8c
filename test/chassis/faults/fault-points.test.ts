import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { LIST, reached, type Armament } from '#chassis/faults/fault-points.ts';

const module = path.resolve(import.meta.dirname, '..', '..', '..', 'chassis', 'faults', 'fault-points.ts');

/** Passes points one after the other and says so; `wait` is for the time that a process lives before it counts as being at work. */
const script = `
  const { reached } = await import(${JSON.stringify(module)});
  await new Promise((resolve) => setTimeout(resolve, Number(process.argv[1])));
  for (const point of process.argv.slice(2)) {
    const [name, place] = point.split('@');
    reached?.(name, place);
    process.stdout.write(point + '\\n');
  }
  if (process.argv.length === 2) await new Promise((resolve) => process.stdin.once('end', resolve).resume());`;

describe('fault points', () => {
  let folder = '';
  let witness: { end(): Promise<void> } | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'callosum-points-'));
    await writeFile(path.join(folder, LIST), JSON.stringify({ points: ['step one', 'step tell line *'], afterMs: 0 } satisfies Armament));
  });
  afterEach(async () => {
    await witness?.end();
    witness = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  function start(args: string[], env: Record<string, string>) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, '0', ...args], { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.on('data', (text: Buffer) => { said += text.toString(); });
    const ended = new Promise<{ signal: string | null; said: string[] }>((resolve) => child.once('close', (_code, signal) => resolve({ signal, said: said.trim().split('\n').filter((line) => line !== '') })));
    return { child, ended };
  }
  const pass = (...points: string[]) => start(points, { CALLOSUM_FAULT_POINTS: folder }).ended;

  /** Another process that is at work, without which nobody dies. */
  async function beWitnessed(): Promise<void> {
    const { child, ended } = start([], { CALLOSUM_FAULT_POINTS: folder });
    witness = { async end() { child.stdin.end(); await ended; } };
    while (!(await readdir(folder)).includes(`at-work-${child.pid}`)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  it('are nothing at all in a process that was not started for them', async () => {
    assert.equal(reached, undefined);
    assert.deepEqual(await start(['step one@before'], {}).ended, { signal: null, said: ['step one@before'] });
  });

  it('end a process at once, and each of them one process only', async () => {
    await beWitnessed();
    assert.deepEqual(await pass('step one@before'), { signal: 'SIGKILL', said: [] });
    assert.deepEqual(await pass('step one@before', 'step one@during'), { signal: 'SIGKILL', said: ['step one@before'] });
    assert.deepEqual(await pass('step one@before', 'step one@during'), { signal: null, said: ['step one@before', 'step one@during'] });
    assert.equal((JSON.parse(await readFile(path.join(folder, '0-during'), 'utf8')) as { place: string }).place, 'during');
  });

  it('are one however their varying part reads', async () => {
    await beWitnessed();
    assert.equal((await pass('step tell line 1@after')).signal, 'SIGKILL');
    assert.deepEqual(await pass('step tell line 2@after'), { signal: null, said: ['step tell line 2@after'] });
  });

  it('spare the last process that is at work', async () => {
    assert.deepEqual(await pass('step one@before'), { signal: null, said: ['step one@before'] });
    assert.ok(!(await readdir(folder)).includes('0-before'), 'and stay open for another');
  });

  it('tell of a point that the list does not have, and let the process go on', async () => {
    await beWitnessed();
    assert.deepEqual(await pass('step two@before'), { signal: null, said: ['step two@before'] });
    const marks = (await readdir(folder)).filter((name) => name.startsWith('unlisted-'));
    assert.equal((JSON.parse(await readFile(path.join(folder, marks[0]!), 'utf8')) as { name: string }).name, 'step two');
  });

  it('do not follow where the folder is missing', async () => {
    await mkdir(path.join(folder, 'empty'));
    const { child, ended } = start(['step one@before'], { CALLOSUM_FAULT_POINTS: path.join(folder, 'empty') });
    child.stdin.end();
    assert.deepEqual((await ended).said, []);
  });
});
