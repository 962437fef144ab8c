/** Carries the reference from one deployable to the next. */
export const EVIDENCE_HEADER = 'callosum-evidence';

/** At the end of a chain of causes: under which reference the exchange is kept in which it began. */
export class KeptEvidence extends Error {
  readonly reference: string;

  constructor(reference: string) {
    super('the exchange is kept');
    this.name = 'KeptEvidence';
    this.reference = reference;
  }
}

/** Notes where the evidence is, whatever the failure becomes on its way up. What was noted first stays: it is nearest. */
export function noteEvidence(failure: Error, reference: string): void {
  const last = lastCause(failure);
  if (!(last instanceof KeptEvidence)) last.cause = new KeptEvidence(reference);
}

/** The reference of what was kept of the troubled exchange; for whoever may look at it. */
export function evidenceOf(failure: unknown): string | undefined {
  if (!(failure instanceof Error)) return undefined;
  const last = lastCause(failure);
  return last instanceof KeptEvidence ? last.reference : undefined;
}

export function isReference(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

function lastCause(failure: Error): Error {
  let last = failure;
  while (last.cause instanceof Error) last = last.cause;
  return last;
}
