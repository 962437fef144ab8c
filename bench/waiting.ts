/** What a process says that is watched while it waits. */
export type Answer = { said: 'filled'; seconds: number } | { said: 'ready'; startMs: number; startCpuMs: number } | Figures;

export interface Figures {
  said: 'figures';
  cpuMs: number;
  rssMb: number;
}

export function figures(): Figures {
  return { said: 'figures', cpuMs: cpuMs(), rssMb: Math.round(process.memoryUsage.rss() / 1_048_576) };
}

/** Since the process began: unlike the clock on the wall it does not depend on what else the machine does. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1_000);
}
