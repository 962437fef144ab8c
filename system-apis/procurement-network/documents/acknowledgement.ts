import type { AcknowledgementLine, OrderAcknowledgement } from '#contracts/generated/system/procurement-network/v1.ts';
import { compare } from '#chassis/money/money.ts';
import { currentLine, type KnownOrder } from '../orders/known-order.ts';
import { UnusableDocument } from './unusable-document.ts';

/**
 * The supplier's answer held against what we ask for now: quantity and price are said only where they differ, and what
 * differs is not called accepted. Channels that repeat the whole line and channels that name the change say the same then.
 *
 * @throws UnusableDocument when it answers a line that was never ordered
 */
export function besideOrder(answer: OrderAcknowledgement, known: KnownOrder): OrderAcknowledgement {
  return { ...answer, lines: answer.lines.map((line, index) => lineBesideOrder(line, known, `/lines/${index}`)) };
}

function lineBesideOrder(answer: AcknowledgementLine, known: KnownOrder, place: string): AcknowledgementLine {
  if (!known.lines.some((each) => each.line === answer.line)) throw new UnusableDocument(`${place}: the order has no line ${answer.line}`, 'unknown-line');
  const { quantity, unitPrice, substituteItemNumber, ...rest } = answer;
  const ordered = currentLine(known, answer.line);
  if (answer.outcome === 'rejected') {
    // We took the line back ourselves, and this is the supplier's nod to it.
    return ordered === undefined || known.isWithdrawn ? { ...rest, outcome: 'accepted' } : rest;
  }
  const differing = {
    ...(quantity !== undefined && quantity !== ordered?.quantity ? { quantity } : {}),
    ...(unitPrice !== undefined && (ordered === undefined || compare(unitPrice, ordered.unitPrice) !== 0) ? { unitPrice } : {}),
    ...(substituteItemNumber !== undefined && substituteItemNumber !== ordered?.itemNumber ? { substituteItemNumber } : {}),
  };
  return { ...rest, outcome: outcomeOf(answer, Object.keys(differing).length > 0, 'substituteItemNumber' in differing), ...differing };
}

function outcomeOf({ outcome, reason }: AcknowledgementLine, differs: boolean, isSubstituted: boolean): AcknowledgementLine['outcome'] {
  if (isSubstituted) return 'substituted';
  if (outcome === 'accepted') return differs ? 'changed' : 'accepted';
  // An answer to an earlier version, which the newest one has agreed to already. A date alone may still be what changed.
  if (outcome === 'substituted' || outcome === 'changed' && reason === undefined) return differs ? 'changed' : 'accepted';
  return outcome;
}
