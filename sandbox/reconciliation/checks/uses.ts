import type { BookedMovement } from '../../erp/books.ts';
import { accountCombination, itemByNumber } from '../../hospital/master-data.ts';
import type { Books } from '../books.ts';
import { COUNT } from '../expected-orders.ts';
import { journalsOf, total, useOf, type Journal } from '../documents.ts';
import { finderFor, once, type Finding } from '../findings.ts';
import { decided, itemOf, type Sent, type SentUse } from '../sent.ts';

const find = finderFor('uses');
const RECORDS = { device: 'DeviceUseStatement', supply: 'SupplyDelivery' } as const;
const ISSUE = 'Miscellaneous Issue';

/** An issue whose cost could not be posted is taken back, and made again later. */
const isTakenBack = ({ type, reference }: BookedMovement) => type === 'Miscellaneous Receipt' && (reference ?? '').startsWith('undo/');

/** Every piece recorded at the bedside left the stock once and was charged once, to the right cost centre. */
export function checkUses(books: Books, sent: Sent): Finding[] {
  const issues = Map.groupBy(books.movements.filter((each) => each.type === ISSUE || isTakenBack(each)), (each) => useOf(each.reference));
  const counts = Map.groupBy(books.movements.filter((each) => each.type === COUNT), (each) => useOf(each.reference));
  const journals = Map.groupBy(journalsOf(books.journalLines).filter((each) => each.reference.startsWith('consumption/')), (each) => useOf(each.reference));
  const recorded = Map.groupBy(books.uses.filter((each) => each.status === 'completed'), (each) => `${RECORDS[each.kind]}/${each.id}`);
  const known = new Set(sent.uses.map((each) => each.id));
  return [
    ...sent.uses.flatMap((use) => [
      ...(use.isWithdrawn ? [] : once(find, `use ${use.id}`, 'record in the EHR', recorded.get(use.id)?.length ?? 0)),
      ...(use.isWithdrawn ? [] : checkIssue(use, issues.get(use.id) ?? [], journals.get(use.id) ?? [], sent)),
      ...undecidedCount(use, counts.get(use.id) ?? [], sent),
    ]),
    ...sent.uses.filter((use) => use.isWithdrawn).flatMap((use) => checkReturn(use, books)),
    ...checkCounts(counts, sent),
    ...[...issues.keys()].filter((reference) => !known.has(reference)).map((reference) => find('unexpected', `stock issue ${reference}`, 'a use behind it', 'none')),
    ...[...counts.keys()].filter((reference) => !known.has(reference)).map((reference) => find('unexpected', `stock adjustment ${reference}`, 'a use behind it', 'none')),
  ];
}

function checkIssue(use: SentUse, movements: readonly BookedMovement[], journals: readonly Journal[], sent: Sent): Finding[] {
  const what = `use ${use.id}`;
  const itemNumber = itemOf(sent, use);
  if (itemNumber === undefined) {
    const isSetAside = sent.decisions.some((each) => each.subject === use.id && each.resolution === 'ignore');
    if (movements.length > 0) return [find('unexpected', what, 'no stock issue, for nobody knows its item', `${movements.length} issues`)];
    return isSetAside ? [] : [find('stuck', what, 'a person who says which item it was', 'nobody')];
  }
  const wrong = movements.find((each) => each.item !== itemNumber || each.organization !== use.facility || each.subinventory !== use.location);
  if (wrong) return [find('unexpected', what, `${itemNumber} from ${use.facility}/${use.location}`, `${wrong.item} from ${wrong.organization}/${wrong.subinventory}`)];
  const pieces = total(movements.map((each) => each.quantity)).neg();
  if (!pieces.eq(use.quantity)) return [find(pieces.lt(use.quantity) ? 'lost' : 'duplicated', what, `${use.quantity} pieces of ${itemNumber} out of stock`, pieces.toFixed())];
  return checkCost(what, use, itemNumber, movements, journals);
}

function checkCost(what: string, use: SentUse, itemNumber: string, movements: readonly BookedMovement[], journals: readonly Journal[]): Finding[] {
  const value = total(movements.map((each) => each.value)).neg();
  if (value.eq(0)) return [];
  const counted = once(find, what, 'cost journal', journals.length);
  if (counted.length > 0) return counted;
  const wanted = accountCombination(use.facility, use.costCentre, itemByNumber(itemNumber)!.expenseAccount);
  const lines = journals.flatMap((journal) => journal.lines);
  const charged = total(lines.filter((line) => `${line.entity}-${line.costCentre}-${line.account}` === wanted).map((line) => line.debit.minus(line.credit)));
  const relieved = total(lines.filter((line) => line.account === '1310').map((line) => line.credit.minus(line.debit)));
  return [
    ...(charged.eq(value) ? [] : [find('unbalanced', `${what}, cost`, `${value.toFixed(2)} on ${wanted}`, charged.toFixed(2))]),
    ...(relieved.eq(value) ? [] : [find('unbalanced', `${what}, inventory`, `${value.toFixed(2)} off 1310`, relieved.toFixed(2))]),
  ];
}

/** The shelf held what the books did not: raised by a person's decision and by nothing else. */
function undecidedCount(use: SentUse, movements: readonly BookedMovement[], sent: Sent): Finding[] {
  const pieces = total(movements.map((each) => each.quantity));
  return pieces.eq(0) || isCounted(use, sent) ? [] : [find('unexpected', `count for use ${use.id}`, '0 pieces added at most', pieces.toFixed())];
}

const isCounted = (use: SentUse, sent: Sent) => decided(sent, 'stock-does-not-suffice', use.id).some((each) => each.resolution === 'adjust-stock');

/**
 * To what was used and no further, place by place: what was found for one use may have been taken for another of the
 * same item, for which nobody had to look.
 */
function checkCounts(counts: ReadonlyMap<string, readonly BookedMovement[]>, sent: Sent): Finding[] {
  const places = Map.groupBy(sent.uses, (use) => `${itemOf(sent, use) ?? use.item} at ${use.facility}/${use.location}`);
  return [...places].filter(([, uses]) => uses.some((use) => isCounted(use, sent))).flatMap(([place, uses]) => {
    const pieces = total(uses.flatMap((use) => counts.get(use.id) ?? []).map((each) => each.quantity));
    const most = total(uses.map((use) => use.quantity));
    return pieces.gte(0) && pieces.lte(most) ? [] : [find('duplicated', `counts of ${place}`, `${most.toFixed()} pieces added at most`, pieces.toFixed())];
  });
}

/** What was recorded by mistake left neither the stock nor a cost, or both were put back. */
function checkReturn(use: SentUse, { movements, journalLines }: Books): Finding[] {
  const moved = total(movements.filter((each) => each.type !== COUNT && useOf(each.reference) === use.id).map((each) => each.quantity));
  const booked = journalsOf(journalLines).filter((each) => /^(consumption|return)\//.test(each.reference) && useOf(each.reference) === use.id);
  const charged = total(booked.flatMap((journal) => journal.lines).filter((line) => line.account === '1310').map((line) => line.debit.minus(line.credit)));
  return [
    ...(moved.eq(0) ? [] : [find(moved.lt(0) ? 'lost' : 'duplicated', `return of use ${use.id}`, 'as much put back as was taken', moved.toFixed())]),
    ...(charged.eq(0) ? [] : [find('unbalanced', `cost of withdrawn use ${use.id}`, '0.00', charged.toFixed(2))]),
  ];
}
