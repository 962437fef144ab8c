import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { isAlive } from '../../../chassis/storage/postmaster.ts';

const PREFIX = 'callosum-tryton-';
const COMMAND_WITHIN_MS = 15 * 60_000;
const READY_WITHIN_MS = 120_000;

/** A directory of this process, in which a later run can see whose it was. */
export function makeScratch(): { directory: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Ends the servers of killed runs, and nothing else: their command line names the directory that we made for them. */
export function removeAbandonedScratch(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const directory = join(tmpdir(), name);
    const pidFile = join(directory, 'trytond.pid');
    const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
    const commandLine = pid > 0 && existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
    if (commandLine.includes(directory)) process.kill(pid, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @throws Error with the end of what the command said, when it fails */
export async function runCommand(command: string, args: string[], env: Record<string, string>): Promise<void> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: COMMAND_WITHIN_MS });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const status = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${Buffer.concat(output).toString().slice(-4_000)}`);
}

export async function startServer(scratch: string, config: string, database: string, port: number): Promise<{ stop(): Promise<void> }> {
  const output: string[] = [];
  const child = spawn('/usr/bin/trytond', ['-c', config, '-d', database], { cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] });
  writeFileSync(join(scratch, 'trytond.pid'), String(child.pid));
  const keep = (chunk: Buffer) => {
    output.push(chunk.toString());
    output.splice(0, Math.max(0, output.length - 200));
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<void>((done) => { child.once('exit', () => done()); });
  const stop = async () => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(killer);
  };
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!await answers(port)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`trytond does not get ready:\n${output.join('').slice(-4_000)}`);
    }
    await sleep(100);
  }
  return { stop };
}

async function answers(port: number): Promise<boolean> {
  try {
    const body = '{"id":0,"method":"common.server.version","params":[]}';
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch (error) {
    // Not listening yet, or too busy with starting.
    if (error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError')) return false;
    throw error;
  }
}
