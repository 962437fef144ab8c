import { AsyncLocalStorage } from 'node:async_hooks';
import type { Principal } from '../security/principal.ts';

const storage = new AsyncLocalStorage<Principal>();

/** Runs `work` as the one who called, so that calls made on the way carry them along. */
export function runAs<T>(principal: Principal, work: () => T): T {
  return storage.run(principal, work);
}

/** Runs `work` on the platform's own behalf, whoever set it off. */
export function asNobody<T>(work: () => T): T {
  return storage.exit(work);
}

/** The person or client on whose behalf work is being done; undefined when the platform works on its own. */
export function onBehalfOf(): Principal | undefined {
  const principal = storage.getStore();
  return principal && principal.kind !== 'service' ? principal : undefined;
}
