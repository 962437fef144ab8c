/** So many at once, so many more in line; whoever comes after that is told at once. */
export interface Slots {
  /** True when a slot was given within `waitMs`; it has to be given back. */
  take(waitMs: number): Promise<boolean>;
  giveBack(): void;
}

export function createSlots(count: number, line: number): Slots {
  let free = count;
  const waiting = new Set<(given: boolean) => void>();

  function standInLine(waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(waitMs) ? setTimeout(() => answer(false), Math.max(0, waitMs)) : undefined;
      function answer(given: boolean): void {
        clearTimeout(timer);
        waiting.delete(answer);
        resolve(given);
      }
      waiting.add(answer);
    });
  }

  return {
    async take(waitMs) {
      if (free > 0) {
        free -= 1;
        return true;
      }
      return waiting.size < line ? standInLine(waitMs) : false;
    },
    giveBack() {
      const [next] = waiting;
      if (next) next(true);
      else free += 1;
    },
  };
}
