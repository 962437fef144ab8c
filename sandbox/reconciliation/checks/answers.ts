import { finderFor, type Finding } from '../findings.ts';
import type { SeenApproval, Sent, SentRequisition } from '../sent.ts';

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

/**
 * Each tier that the policy asks for has decided, each by another person. Where a limit passed, whoever is further up has
 * decided for those below as well; then it is enough that somebody of the highest tier needed, or above, has.
 */
function approvalFindings({ reference, expected, approvals }: SentRequisition): Finding[] {
  if (expected.answer === 'refused' || !approvals) return [];
  return Object.entries(expected.tiers).flatMap(([supplier, tiers]) => {
    const seen = approvals[supplier];
    const what = `approvals of ${reference} with ${supplier}`;
    if (!seen) return [find('lost', what, tiers.join(', ') || 'no approval', 'no order')];
    if (expected.end !== 'ordered' || isApproved(seen, tiers)) return [];
    const approved = approvedIn(seen, tiers.length);
    return [find('unexpected', what, tiers.join(', ') || 'none', approved.map((each) => `${each.tier} by ${each.by}`).join(', ') || 'none')];
  });
}

function isApproved(seen: readonly SeenApproval[], tiers: readonly string[]): boolean {
  const approved = approvedIn(seen, tiers.length);
  if (new Set(approved.map((each) => each.by)).size !== approved.length) return false;
  if (!seen.some((each) => each.decision === 'escalated')) return approved.length === tiers.length;
  const needed = TIER_NAMES.indexOf(tiers.at(-1) ?? '');
  return approved.some((each) => TIER_NAMES.indexOf(each.tier) >= needed);
}

const TIER_NAMES = ['manager', 'director', 'finance'];

/** What comes after the tiers is the acceptance of a supplier's proposal. */
function approvedIn(seen: readonly SeenApproval[], count: number): SeenApproval[] {
  return seen.filter((each) => each.decision === 'approved').slice(0, count);
}
