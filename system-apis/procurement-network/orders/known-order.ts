import type { OrderDispatch, OrderDispatchLine } from '#contracts/generated/system/procurement-network/v1.ts';
import { UnusableDocument } from '../documents/unusable-document.ts';

/** An order as we know it when a document about it comes in. */
export interface KnownOrder {
  /** The newest version, also while it is still on its way. */
  order: OrderDispatch;
  /** Lines of all versions, newest first. */
  lines: readonly OrderDispatchLine[];
  /** Or about to be. */
  isWithdrawn: boolean;
}

/** How a document names what it is about; suppliers do not always repeat our own number. */
export interface NamedLine {
  line?: number | undefined;
  itemNumber?: string | undefined;
  supplierItemNumber?: string | undefined;
  deviceIdentifier?: string | undefined;
}

/** The line as it stands now. */
export function currentLine({ order }: KnownOrder, line: number): OrderDispatchLine | undefined {
  return order.lines.find((each) => each.line === line);
}

/**
 * Line and item that a document means, in our numbers. A number of ours is passed on as it is, for the process to judge;
 * a supplier's part number or a device identifier has to be one that we ordered. Nothing is guessed.
 *
 * @param place where the line stands in the document
 * @throws UnusableDocument
 */
export function lineMeant(known: KnownOrder, named: NamedLine, place: string): { line: number; itemNumber: string } {
  if (named.line === undefined) return onlyLineWith(known, named, place);
  if (named.itemNumber !== undefined) return { line: named.line, itemNumber: named.itemNumber };
  const ordered = known.lines.filter((each) => each.line === named.line);
  if (ordered.length === 0) throw new UnusableDocument(`${place}: the order has no line ${named.line}`, 'unknown-line');
  const isNamed = named.supplierItemNumber !== undefined || named.deviceIdentifier !== undefined;
  const meant = isNamed ? ordered.find((each) => isProduct(each, named)) : ordered[0];
  if (!meant) throw new UnusableDocument(`${place}: the product is not known as that of line ${named.line}`, 'unknown-item');
  return { line: named.line, itemNumber: meant.itemNumber };
}

function onlyLineWith({ order }: KnownOrder, named: NamedLine, place: string): { line: number; itemNumber: string } {
  const [meant, other] = order.lines.filter((each) => isProduct(each, named));
  if (!meant) throw new UnusableDocument(`${place}: no line is named and no line of the order is of this product`, 'unknown-item');
  if (other) throw new UnusableDocument(`${place}: no line is named and more than one is of this product`, 'unknown-line');
  return { line: meant.line, itemNumber: meant.itemNumber };
}

/** The first of the names that is given decides. */
function isProduct(line: OrderDispatchLine, { itemNumber, supplierItemNumber, deviceIdentifier }: NamedLine): boolean {
  if (itemNumber !== undefined) return line.itemNumber === itemNumber;
  if (supplierItemNumber !== undefined && line.supplierItemNumber !== undefined) return line.supplierItemNumber === supplierItemNumber;
  return deviceIdentifier !== undefined && line.deviceIdentifier === deviceIdentifier;
}
