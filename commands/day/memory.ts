import { readFile } from 'node:fs/promises';

/** Most memory that each process has had, where the system tells (Linux); a process that is not there is left out. */
export async function memoryMbOf(pids: Record<string, number | undefined>): Promise<Record<string, number>> {
  const known = await Promise.all(Object.entries(pids).map(async ([name, pid]) => {
    const status = pid === undefined ? '' : await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(status) ?? [];
    return kilobytes ? [name, Math.round(Number(kilobytes) / 1024)] as const : undefined;
  }));
  return Object.fromEntries(known.filter((each) => each !== undefined));
}
