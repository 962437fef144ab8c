/** Repeats are at most a share of all calls, so that a failing target is not met by a storm of them. */
export interface RetryBudget {
  /** To be called once for every first attempt. */
  deposit(): void;
  /** True when one more repeat is within the budget. */
  withdraw(): boolean;
}

const SHARE = 0.1;
const RESERVE = 10;

export function createRetryBudget(): RetryBudget {
  let tokens = RESERVE;
  return {
    deposit() {
      tokens = Math.min(RESERVE * 10, tokens + SHARE);
    },
    withdraw() {
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
