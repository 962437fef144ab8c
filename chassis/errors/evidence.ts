import { TargetFailure } from '../resilience/target-failure.ts';

/** Carries the reference from one deployable to the next. */
export const EVIDENCE_HEADER = 'callosum-evidence';

/** In the chain of causes: under which reference the exchange is kept in which the failure began. */
export class KeptEvidence extends Error {
  readonly reference: string;

  constructor(reference: string, cause: unknown) {
    super('the exchange is kept', { cause });
    this.name = 'KeptEvidence';
    this.reference = reference;
  }
}

/**
 * Notes where the evidence is, whatever the failure becomes on its way up. What was noted first stays: it is nearest.
 * It stands above the cause and not below: calls that waited for one connection fail with one and the same cause.
 */
export function noteEvidence(failure: Error, reference: string): void {
  if (evidenceOf(failure) !== undefined) return;
  const holder = failure.cause instanceof TargetFailure ? failure.cause : failure;
  holder.cause = new KeptEvidence(reference, holder.cause);
}

/** The reference of what was kept of the troubled exchange; for whoever may look at it. */
export function evidenceOf(failure: unknown): string | undefined {
  for (let at = failure; at instanceof Error; at = at.cause) if (at instanceof KeptEvidence) return at.reference;
  return undefined;
}

export function isReference(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
