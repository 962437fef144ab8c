import { ApiError } from './failures.ts';

export const NEWER_VERSION = 'newer-version';

/** True for what a process of a newer version can do and this one cannot. Nobody's fault: it is left to the other. */
export function isForNewerVersion(error: unknown): boolean {
  return error instanceof ApiError && error.code === NEWER_VERSION;
}
