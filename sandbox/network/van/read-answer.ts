import { readFunctionalAcknowledgment, readTa1 } from '#formats/x12/index.ts';
import type { Interchange } from '#formats/x12/index.ts';

/** What a TA1 or a 999 (997) says about one interchange that we sent. */
export interface Verdict {
  controlNumber: string;
  outcome: 'acknowledged' | 'refused';
  answer: string;
}

const FUNCTIONAL = new Set(['997', '999']);
/** TA105: the interchange has come before, so the receiver has it. */
const DUPLICATE = '025';

/** All verdicts in an interchange. A functional one weighs more than that on the envelope, and comes after it. */
export function readVerdicts(interchange: Interchange): Verdict[] {
  const envelopes = interchange.acknowledgments.map(readTa1).map(({ controlNumber, verdict, note }): Verdict => ({
    controlNumber: controlNumber.padStart(9, '0'),
    outcome: verdict === 'R' && note !== DUPLICATE ? 'refused' : 'acknowledged',
    answer: `TA1 ${verdict} ${note}`,
  }));
  const sets = interchange.groups.flatMap(({ transactions }) => transactions).filter(({ id }) => FUNCTIONAL.has(id));
  const functional = sets.map((set): Verdict => {
    const { groupControlNumber, isAccepted, verdict } = readFunctionalAcknowledgment(set);
    return {
      controlNumber: groupControlNumber.padStart(9, '0'),
      outcome: isAccepted ? 'acknowledged' : 'refused',
      answer: `${set.id} ${verdict}`,
    };
  });
  return [...envelopes, ...functional];
}

/** Whether an interchange brings acknowledgements and nothing to be acknowledged itself. */
export function isAnswerOnly(interchange: Interchange): boolean {
  const sets = interchange.groups.flatMap(({ transactions }) => transactions);
  return sets.every(({ id }) => FUNCTIONAL.has(id)) && (sets.length > 0 || interchange.acknowledgments.length > 0);
}
