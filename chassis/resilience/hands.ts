import { AsyncLocalStorage } from 'node:async_hooks';
import { ApiError } from '../errors/failures.ts';
import { TargetFailure } from './target-failure.ts';
import { TIERS, type TierName } from './tiers.ts';

/**
 * The hands that carry out work in the background. Calls that hang may keep no more than a share of them: what hangs
 * beyond that costs nothing but memory, and others get hands in its place.
 */
export interface Hands {
  /** How many are free for more work. */
  free(): number;
  run<T>(work: () => Promise<T>): Promise<T>;
}

interface Call {
  target: string;
  tier: TierName;
  since: number;
}

interface Hand {
  calls: Set<Call>;
  /** How many hands a call to the target has kept for too long, and how many of them it may. */
  isCrowded(target: string, tier: TierName): boolean;
}

const storage = new AsyncLocalStorage<Hand>();

export function createHands(count: number, now: () => number = () => performance.now()): Hands {
  const busy = new Set<Hand>();
  const slowCall = ({ calls }: Hand, target?: string) => [...calls].find((call) => (target === undefined || call.target === target) && now() - call.since >= TIERS[call.tier].hands.slowMs);
  const shareOf = (tier: TierName) => Math.floor(count * TIERS[tier].hands.share);

  return {
    free() {
      const slow = [...busy].flatMap((hand) => slowCall(hand) ?? []);
      const kept = Math.max(0, ...slow.map(({ tier }) => shareOf(tier)));
      return count - busy.size + Math.max(0, slow.length - kept);
    },
    async run(work) {
      const hand: Hand = {
        calls: new Set(),
        isCrowded: (target, tier) => [...busy].filter((each) => slowCall(each, target) !== undefined).length >= Math.max(1, shareOf(tier)),
      };
      busy.add(hand);
      try {
        return await storage.run(hand, work);
      } finally {
        busy.delete(hand);
      }
    },
  };
}

/** A call to a target, seen by the hand that makes it. Refused while too many hands hang there already. */
export async function atHand<T>(target: string, tier: TierName, call: () => Promise<T>): Promise<T> {
  const hand = storage.getStore();
  if (!hand) return call();
  if (hand.isCrowded(target, tier)) throw new ApiError('unavailable', `The system behind ${target} does not get on with what it has.`, { code: 'target-busy', retryAfterMs: 1_000, cause: new TargetFailure(target) });
  const known: Call = { target, tier, since: performance.now() };
  hand.calls.add(known);
  try {
    return await call();
  } finally {
    hand.calls.delete(known);
  }
}
