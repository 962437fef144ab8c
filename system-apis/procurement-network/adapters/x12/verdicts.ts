import { readFunctionalAcknowledgment, readTa1, type Interchange } from '#formats/x12/index.ts';

/** How a partner took one interchange of ours. */
export interface Verdict {
  number: number;
  accepted: boolean;
  text: string;
}

const FUNCTIONAL = new Set(['997', '999']);

/** TA105: the number has come before, so the receiver has the interchange. */
const DUPLICATE = '025';

/**
 * All verdicts of TA1 and 999 or 997. We give interchange and group the same number, so each is about one order.
 *
 * @throws X12Error when one of them cannot be read
 */
export function verdictsOf(interchange: Interchange): Verdict[] {
  const envelopes = interchange.acknowledgments.map(readTa1).map(({ controlNumber, verdict, note }): Verdict => ({
    number: Number(controlNumber), accepted: verdict !== 'R' || note === DUPLICATE, text: `TA1 ${verdict} ${note}`,
  }));
  const functional = interchange.groups.flatMap(({ transactions }) => transactions).filter(({ id }) => FUNCTIONAL.has(id)).map((set): Verdict => {
    const { groupControlNumber, isAccepted, verdict, codes, sets } = readFunctionalAcknowledgment(set);
    const why = [...codes, ...sets.flatMap((each) => [...each.codes, ...each.segments.map(({ segmentId, position, code = '' }) => `${segmentId} ${position} ${code}`.trim())])];
    return { number: Number(groupControlNumber), accepted: isAccepted, text: [`${set.id} ${verdict}`, ...why].join(', ').slice(0, 200) };
  });
  return [...envelopes, ...functional];
}

/** The verdict on one interchange: any rejection counts, and the last acceptance else. */
export function verdictOn(number: number, verdicts: readonly Verdict[]): Verdict | undefined {
  const own = verdicts.filter((each) => each.number === number);
  return own.find((each) => !each.accepted) ?? own.at(-1);
}
