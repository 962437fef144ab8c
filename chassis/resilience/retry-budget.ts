/** Repeats are at most a share of all calls, so that a failing target is not met by a storm of them. */
export interface RetryBudget {
  /** To be called once for every first attempt. */
  deposit(): void;
  /** True when one more repeat is within the budget. */
  withdraw(): boolean;
}

/** `reserve` repeats are there from the beginning; a quiet time saves up no more than ten times as many. */
export function createRetryBudget({ share, reserve }: { share: number; reserve: number }): RetryBudget {
  let tokens = reserve;
  return {
    deposit() {
      tokens = Math.min(reserve * 10, tokens + share);
    },
    withdraw() {
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
