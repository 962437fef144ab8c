import type { Books } from '../books.ts';
import { isCancelled, ordersOf } from '../documents.ts';
import { finderFor, once, type Finding } from '../findings.ts';

const find = finderFor('substitutions');

/** Of every substitute that was accepted the clinicians were told once. */
export function checkSubstitutions(books: Books): Finding[] {
  const told = books.communications.flatMap((each) => each.identifiers.map((identifier) => identifier.value));
  const expected = ordersOf(books.orders).filter((order) => !isCancelled(order)).flatMap((order) =>
    order.lines.filter((line) => !line.cancelled && line.originalItem !== null && line.originalItem !== line.item).map((line) => ({ order: order.number, line })));
  const isAbout = (value: string, order: string, line: number) => value.startsWith(`${order}/`) && value.endsWith(`/${line}`);
  return [
    ...expected.flatMap(({ order, line }) =>
      once(find, `note of ${line.item} instead of ${line.originalItem} on order ${order}`, 'communication in the EHR', told.filter((value) => isAbout(value, order, line.line)).length)),
    ...told.filter((value) => !expected.some(({ order, line }) => isAbout(value, order, line.line)))
      .map((value) => find('unexpected', `communication ${value}`, 'a substitution behind it', 'none')),
  ];
}
