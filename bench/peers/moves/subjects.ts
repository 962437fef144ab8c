import type { OpenMovesPeer } from './peer.ts';

/** Who is measured. Each is loaded only in the process where it is. */
export const SUBJECTS = {
  'callosum': async () => (await import('./callosum.ts')).openEngine,
  'callosum with its life': async () => (await import('./callosum.ts')).openWithLife,
  'graphile-worker': async () => (await import('./graphile-worker.ts')).openRemembering,
  'graphile-worker without memory': async () => (await import('./graphile-worker.ts')).openForgetful,
  'DBOS by queue': async () => (await import('./dbos.ts')).openQueued,
  'DBOS direct': async () => (await import('./dbos.ts')).openDirect,
} satisfies Record<string, () => Promise<OpenMovesPeer>>;

export type SubjectName = keyof typeof SUBJECTS;
