import type { Clock } from '#chassis/time/clock.ts';

/** A clock that goes on only when it is told to. */
export interface FakeClock extends Clock {
  forward(ms: number): void;
}

export function fakeClock(start = '2026-03-01T08:00:00Z'): FakeClock {
  let time = Date.parse(start);
  return {
    now: () => new Date(time),
    forward(ms) { time += ms; },
  };
}
