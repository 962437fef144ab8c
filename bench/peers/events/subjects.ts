import type { OpenEventsPeer } from './peer.ts';

interface EventsSubject {
  /** Loaded only in the process where it is measured. */
  open: () => Promise<OpenEventsPeer>;
  /** Whoever hears a fact writes a row. */
  writesRows: boolean;
  needsBroker: boolean;
}

/** Who is measured. */
export const SUBJECTS = {
  'callosum': { open: async () => (await import('./callosum.ts')).openLog, writesRows: true, needsBroker: false },
  'callosum over NATS': { open: async () => (await import('./callosum.ts')).openOverNats, writesRows: true, needsBroker: true },
  'graphile-worker': { open: async () => (await import('./graphile-worker.ts')).openJobs, writesRows: true, needsBroker: false },
  'JetStream with a row': { open: async () => (await import('./jetstream.ts')).openWithRow, writesRows: true, needsBroker: true },
  'JetStream bare': { open: async () => (await import('./jetstream.ts')).openBare, writesRows: false, needsBroker: true },
} satisfies Record<string, EventsSubject>;

export type SubjectName = keyof typeof SUBJECTS;
