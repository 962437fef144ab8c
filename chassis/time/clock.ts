/** Where the time comes from, so that tests can move it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/**
 * How far a clock that was given to a process stands from its machine's. Where processes have to agree, the database's
 * clock decides, moved by as much: a machine's own may be wrong or jump.
 */
export function shiftMs(clock: Clock): number {
  return clock === systemClock ? 0 : clock.now().getTime() - Date.now();
}
