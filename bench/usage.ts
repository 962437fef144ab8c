import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PROCESSES, type RunningPlatform } from '../commands/platform/platform.ts';

const TICKS_PER_SECOND = 100;

/** Seconds of CPU that each part of a running platform, its database and this process have used so far. */
export async function cpuSeconds(platform: RunningPlatform): Promise<Record<string, number>> {
  const ours = await Promise.all(PROCESSES.map(async (name) => [name, (await readProcess(platform.processes[name].pid!)).seconds] as const));
  const { user, system } = process.cpuUsage();
  return { ...Object.fromEntries(ours), ...(platform.postgres ? { database: await databaseSeconds(platform.postgres.directory) } : {}), bench: (user + system) / 1_000_000 };
}

/** Megabytes that each process of the platform holds in memory. */
export async function memoryMb(platform: RunningPlatform): Promise<Record<string, number>> {
  const entries = await Promise.all(PROCESSES.map(async (name) => {
    const status = await readFile(`/proc/${platform.processes[name].pid}/status`, 'utf8');
    return [name, Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024)] as const;
  }));
  return Object.fromEntries(entries);
}

/** Of a PostgreSQL server: the postmaster's own, that of its sessions, and that of sessions that have ended. */
export async function databaseSeconds(directory: string): Promise<number> {
  const postmaster = Number((await readFile(path.join(directory, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const family = (await Promise.all(pids.map((pid) => readProcess(pid).catch(ended)))).filter((each) => each && (each.pid === postmaster || each.parent === postmaster));
  return family.reduce((total, each) => total + each!.seconds + (each!.pid === postmaster ? each!.ofEndedChildren : 0), 0);
}

/** Of a process and nobody else, such as a broker. */
export async function processSeconds(pid: number): Promise<number> {
  return (await readProcess(pid)).seconds;
}

function ended(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
}

/** @source proc(5), stat fields 1, 4 and 14 to 17 */
async function readProcess(pid: number): Promise<{ pid: number; parent: number; seconds: number; ofEndedChildren: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
  return { pid, parent: fields[1]!, seconds: (fields[11]! + fields[12]!) / TICKS_PER_SECOND, ofEndedChildren: (fields[13]! + fields[14]!) / TICKS_PER_SECOND };
}
