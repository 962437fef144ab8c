import { spawn } from 'node:child_process';
import path from 'node:path';
import { contractsRoot } from './sources.ts';

/** Runs the contract linter's own command; returns its exit status. */
export function redocly(args: string[]): Promise<number> {
  const root = path.resolve(contractsRoot, '..');
  const bin = path.join(root, 'node_modules', '@redocly', 'cli', 'bin', 'cli.js');
  const child = spawn(process.execPath, [bin, ...args], { stdio: 'inherit', cwd: root, env: { ...process.env, REDOCLY_TELEMETRY: 'off' } });
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code ?? 1)));
}
