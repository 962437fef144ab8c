import type { Books } from '../books.ts';
import { isCancelled, ordersOf } from '../documents.ts';
import { finderFor, once, type Finding } from '../findings.ts';

const find = finderFor('substitutions');

/** Of every substitute that was accepted the clinicians were told once; also of one whose order was cancelled later. */
export function checkSubstitutions(books: Books): Finding[] {
  const told = books.communications.flatMap((each) => each.identifiers.map((identifier) => identifier.value));
  const substituted = ordersOf(books.orders).flatMap((order) =>
    order.lines.filter((line) => line.originalItem !== null && line.originalItem !== line.item).map((line) => ({ order: order.number, line, isOff: isCancelled(order) || line.cancelled })));
  const isAbout = (value: string, order: string, line: number) => value.startsWith(`${order}/`) && value.endsWith(`/${line}`);
  return [
    ...substituted.filter(({ isOff }) => !isOff).flatMap(({ order, line }) =>
      once(find, `note of ${line.item} instead of ${line.originalItem} on order ${order}`, 'communication in the EHR', told.filter((value) => isAbout(value, order, line.line)).length)),
    ...told.filter((value) => !substituted.some(({ order, line }) => isAbout(value, order, line.line)))
      .map((value) => find('unexpected', `communication ${value}`, 'a substitution behind it', 'none')),
  ];
}
