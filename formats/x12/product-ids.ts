import { X12Error } from './error.ts';
import type { Segment } from './segment.ts';
import { present, text } from './values.ts';

/** Any product id, data element 235. */
export interface ProductId {
  qualifier: string;
  id: string;
}

/** The ids of a line by what they mean to us; others by their qualifier. */
export interface ProductIds {
  /** IN buyer's item number, or BP buyer's part number. */
  buyerItemNumber?: string;
  /** VP vendor's part number, or VN vendor's item number. */
  vendorPartNumber?: string;
  /** UP, 12 digits. */
  upc?: string;
  /** UK, 14 digits. */
  gtin?: string;
  otherIds?: ProductId[];
}

/** Which of two usual qualifiers a partner expects. Reading takes either. */
export interface QualifierChoice {
  buyerItem?: 'IN' | 'BP';
  vendorPart?: 'VP' | 'VN';
}

type NamedId = Exclude<keyof ProductIds, 'otherIds'>;

const NAMED: Record<string, NamedId> = {
  IN: 'buyerItemNumber', BP: 'buyerItemNumber', VP: 'vendorPartNumber', VN: 'vendorPartNumber', UP: 'upc', UK: 'gtin',
};

/** Pairs of qualifier and id; one of LIN is left for the lot number. */
const ROOM = { PO1: 10, ACK: 11, LIN: 14, IT1: 10 } as const;

/**
 * The pairs of qualifier and id from element `first` to the end. Where two qualifiers say the same thing, the first
 * is taken by name and the second is among the others.
 */
export function readProductIds(segment: Segment, first: number): ProductIds {
  const ids: ProductIds = {};
  const others: ProductId[] = [];
  for (let number = first; number <= segment.elements.length; number += 2) {
    const [qualifier, id] = [text(segment, number), text(segment, number + 1)];
    if (qualifier === undefined || id === undefined) continue;
    const name = NAMED[qualifier];
    if (name !== undefined && ids[name] === undefined) ids[name] = id;
    else others.push({ qualifier, id });
  }
  return present<ProductIds>({ ...ids, otherIds: others });
}

/** @throws X12Error 'invalid-value' when there are more ids than the segment has room for */
export function printProductIds(
  ids: ProductIds,
  choice: QualifierChoice,
  segmentId: 'PO1' | 'ACK' | 'LIN' | 'IT1',
): string[] {
  const pairs: [string, string | undefined][] = [
    [choice.buyerItem ?? 'IN', ids.buyerItemNumber],
    [choice.vendorPart ?? 'VP', ids.vendorPartNumber],
    ['UP', ids.upc],
    ['UK', ids.gtin],
    ...(ids.otherIds ?? []).map(({ qualifier, id }): [string, string] => [qualifier, id]),
  ];
  const printed = pairs.flatMap(([qualifier, id]) => (id === undefined ? [] : [qualifier, id]));
  if (printed.length > 2 * ROOM[segmentId]) {
    throw new X12Error('invalid-value', 'There are more product ids than fit', { segmentId });
  }
  return printed;
}
