import { finderFor, type Finding } from '../findings.ts';
import type { Sent, SentRequisition } from '../sent.ts';

const find = finderFor('answers');

/** People were answered as the hospital's rules want it, and whoever had to approve did. */
export function checkAnswers(sent: Sent): Finding[] {
  return sent.requisitions.flatMap((each) => [...answerFindings(each), ...approvalFindings(each)]);
}

function answerFindings({ reference, expected, answer }: SentRequisition): Finding[] {
  const what = `requisition ${reference}`;
  if (!answer) return [find('stuck', what, 'an answer', 'none')];
  const wanted = expected.answer === 'refused' ? `refused as ${expected.code}` : 'accepted';
  const got = answer.answer === 'refused' ? `refused as ${answer.code}` : 'accepted';
  return wanted === got ? [] : [find('unexpected', `answer to ${what}`, wanted, got)];
}

/** Each tier that the policy asks for has decided, in its order; a tier that was passed over by the limit counts as that. */
function approvalFindings({ reference, expected, approvals }: SentRequisition): Finding[] {
  if (expected.answer === 'refused' || !approvals) return [];
  return Object.entries(expected.tiers).flatMap(([supplier, tiers]) => {
    const seen = approvals[supplier];
    const what = `approvals of ${reference} with ${supplier}`;
    if (!seen) return [find('lost', what, tiers.join(', ') || 'no approval', 'no order')];
    if (expected.end !== 'ordered') return [];
    // What comes after them is the acceptance of a supplier's proposal.
    const approved = seen.filter((each) => each.decision === 'approved').slice(0, tiers.length);
    if (approved.length === tiers.length && new Set(approved.map((each) => each.by)).size === tiers.length) return [];
    return [find('unexpected', what, tiers.join(', ') || 'none', approved.map((each) => `${each.tier} by ${each.by}`).join(', ') || 'none')];
  });
}
