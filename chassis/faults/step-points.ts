/** A step of a move as a fault point. */
export function stepPoint({ process, move }: { process: string; move: string }, step: string): string {
  return `${process}: step ${move} / ${step}`;
}

/** The taking back of a step. */
export function undoPoint(move: { process: string; move: string }, step: string): string {
  return stepPoint(move, `undo ${step}`);
}
