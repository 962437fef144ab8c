import { X12Error } from './error.ts';
import type { TransactionSet } from './tree.ts';
import type { HierarchyNode } from './hierarchy.ts';
import { HierarchyPrinter, readHierarchy } from './hierarchy.ts';
import type { SegmentInput, TransactionInput } from './print.ts';
import type { Party, Reference } from './parties.ts';
import type { ProductId, ProductIds, QualifierChoice } from './product-ids.ts';
import type { DatedEvent } from './purchasing.ts';
import { printParty, printReferences, readReferences, readSection } from './parties.ts';
import { printProductIds, readProductIds } from './product-ids.ts';
import { beginning, printDates, printDescription, readDates, readDescription, takeDate } from './purchasing.ts';
import { all, find } from './segment.ts';
import type { Segment } from './segment.ts';
import { date, decimal, present, printDate, printDecimal, requiredText, text } from './values.ts';

export interface ShippedItem extends ProductIds {
  /** LIN01, else SN101. */
  lineNumber?: string;
  quantity: string;
  unit: string;
  quantityOrdered?: string;
  quantityOrderedUnit?: string;
  /** SN108, data element 668. */
  status?: string;
  description?: string;
  /** LIN with LT, or REF with LT. */
  lotNumbers?: string[];
  /** LIN with SN, or REF with SE. */
  serialNumbers?: string[];
  /** DTM 036. */
  expirationDate?: string;
  references?: Reference[];
}

/** A pack (HL03 P) or tare (T): what carries one label. */
export interface ShippedPack {
  /** HL03. */
  level: 'P' | 'T';
  /** MAN: GM serial shipping container code, UC, CP carrier's package id ... */
  marks?: ProductId[];
  items: ShippedItem[];
  packs?: ShippedPack[];
}

export interface ShippedOrder {
  /** PRF01. */
  purchaseOrderNumber: string;
  release?: string;
  orderDate?: string;
  references?: Reference[];
  packs?: ShippedPack[];
  /** Items that are in no pack. */
  items: ShippedItem[];
}

/** Transaction set 856. */
export interface ShipNotice {
  /** BSN01: 00 original, 01 cancellation, 05 replace, 14 advance notification ... */
  purpose: string;
  shipmentNumber: string;
  date: string;
  /** BSN04, as sent. */
  time: string;
  /** BSN05, data element 1005: 0001 shipment, order, packaging, item; 0004 shipment, order, item ... */
  structure?: string;
  /** TD101, TD102 and, where given, TD107, TD108. */
  packaging?: string;
  packageCount?: string;
  weight?: string;
  weightUnit?: string;
  /** TD503 with qualifier 2. */
  carrierCode?: string;
  routing?: string;
  /** REF BM, bill of lading, and REF CN, the carrier's number. */
  billOfLading?: string;
  carrierReference?: string;
  references?: Reference[];
  /** DTM 011 and 017. */
  shipped?: string;
  estimatedDelivery?: string;
  dates?: DatedEvent[];
  parties: Party[];
  orders: ShippedOrder[];
}

const SHIPPED = '011';
const ESTIMATED_DELIVERY = '017';
const EXPIRES = '036';

/**
 * Reads shipments with orders below, then packs and items in any nesting. A pack below an item (structure 0002) is
 * not a thing of its own there: its marks tell where the item is, and they go to the item's references as `MAN`.
 *
 * @throws X12Error 'missing-content' or 'invalid-content', at the segment and element
 */
export function readShipNotice(set: TransactionSet): ShipNotice {
  const bsn = beginning(set, '856', 'BSN');
  const [shipment, ...more] = readHierarchy(set);
  if (shipment === undefined || more.length > 0 || shipment.level !== 'S') {
    throw new X12Error('invalid-content', 'The notice has to be of one shipment', { segmentId: 'HL', element: 3 });
  }
  const { own, parties } = readSection(shipment.segments);
  const references = readReferences(own);
  const [shipped, afterShipped] = takeDate(readDates(own), SHIPPED);
  const [estimatedDelivery, dates] = takeDate(afterShipped, ESTIMATED_DELIVERY);
  const [td1, td5] = [find(own, 'TD1'), find(own, 'TD5')];
  const [billOfLading, afterBill] = takeReference(references, 'BM');
  const [carrierReference, otherReferences] = takeReference(afterBill, 'CN');
  return {
    ...present<Omit<ShipNotice, 'parties' | 'orders'>>({
      purpose: requiredText(bsn, 1),
      shipmentNumber: requiredText(bsn, 2),
      date: date(bsn, 3) ?? requiredText(bsn, 3),
      time: requiredText(bsn, 4),
      structure: text(bsn, 5),
      packaging: text(td1, 1),
      packageCount: text(td1, 2),
      weight: td1 && decimal(td1, 7),
      weightUnit: text(td1, 8),
      carrierCode: text(td5, 3),
      routing: text(td5, 5),
      billOfLading,
      carrierReference,
      references: otherReferences,
      shipped,
      estimatedDelivery,
      dates,
    }),
    parties,
    orders: shipment.children.map(readOrder),
  };
}

function takeReference(references: readonly Reference[], qualifier: string): [string | undefined, Reference[]] {
  const index = references.findIndex((one) => one.qualifier === qualifier && one.description === undefined);
  return [references[index]?.id, references.filter((_, n) => n !== index)];
}

function readOrder(node: HierarchyNode): ShippedOrder {
  const prf = find(node.segments, 'PRF');
  if (node.level !== 'O' || prf === undefined) {
    throw new X12Error('missing-content', 'Below the shipment there has to be an order with its number', {
      segmentId: 'PRF', position: node.position,
    });
  }
  return {
    ...present<Omit<ShippedOrder, 'items'>>({
      purchaseOrderNumber: requiredText(prf, 1),
      release: text(prf, 2),
      orderDate: date(prf, 4),
      references: readReferences(readSection(node.segments).own),
      packs: node.children.filter(isPack).map(readPack),
    }),
    items: node.children.filter((child) => child.level === 'I').map(readItem),
  };
}

function isPack(node: HierarchyNode): boolean {
  return node.level === 'P' || node.level === 'T';
}

function readPack(node: HierarchyNode): ShippedPack {
  return {
    ...present<Omit<ShippedPack, 'items'>>({
      level: node.level === 'T' ? 'T' : 'P',
      marks: readMarks(node.segments),
      packs: node.children.filter(isPack).map(readPack),
    }),
    items: node.children.filter((child) => child.level === 'I').map(readItem),
  };
}

function readMarks(segments: readonly Segment[]): ProductId[] {
  return all(segments, 'MAN').map((man) => ({ qualifier: requiredText(man, 1), id: requiredText(man, 2) }));
}

function readItem(node: HierarchyNode): ShippedItem {
  const [lin, sn1] = [find(node.segments, 'LIN'), find(node.segments, 'SN1')];
  if (sn1 === undefined) {
    throw new X12Error('missing-content', 'An item has no quantity', { segmentId: 'SN1', position: node.position });
  }
  const ids = lin === undefined ? {} : readProductIds(lin, 2);
  const others = ids.otherIds ?? [];
  const [expirationDate] = takeDate(readDates(node.segments), EXPIRES);
  const references = readReferences(node.segments);
  const idsOf = (qualifier: string): string[] =>
    others.filter((one) => one.qualifier === qualifier).map(({ id }) => id);
  const referencesOf = (qualifier: string): string[] =>
    references.filter((one) => one.qualifier === qualifier).map(({ id }) => id).filter((id) => id !== undefined);
  return present<ShippedItem>({
    lineNumber: text(lin, 1) ?? text(sn1, 1),
    quantity: decimal(sn1, 2) ?? requiredText(sn1, 2),
    unit: requiredText(sn1, 3),
    quantityOrdered: decimal(sn1, 5),
    quantityOrderedUnit: text(sn1, 6),
    status: text(sn1, 8),
    ...present<ProductIds>({ ...ids, otherIds: others.filter(({ qualifier }) => qualifier !== 'LT' && qualifier !== 'SN') }),
    description: readDescription(node.segments),
    lotNumbers: [...idsOf('LT'), ...referencesOf('LT')],
    serialNumbers: [...idsOf('SN'), ...referencesOf('SE')],
    expirationDate,
    references: [
      ...references.filter(({ qualifier }) => qualifier !== 'LT' && qualifier !== 'SE'),
      ...node.children.filter(isPack).flatMap((pack) =>
        readMarks(pack.segments).map(({ qualifier, id }): Reference => ({ qualifier: 'MAN', id, description: qualifier }))),
    ],
  });
}

/** @throws X12Error 'invalid-value' when a value does not fit its element */
export function printShipNotice(
  notice: ShipNotice,
  controlNumber: string,
  choice: QualifierChoice = {},
): TransactionInput {
  const printer = new HierarchyPrinter();
  const shipment = printer.level('S', undefined, printShipment(notice), notice.orders.length > 0);
  for (const order of notice.orders) {
    const { packs = [], items } = order;
    const at = printer.level('O', shipment, printOrder(order), packs.length + items.length > 0);
    for (const pack of packs) printPack(printer, pack, at, choice);
    for (const item of items) printer.level('I', at, printItem(item, choice), false);
  }
  return {
    id: '856',
    controlNumber,
    segments: [
      [
        'BSN', notice.purpose, notice.shipmentNumber, printDate(notice.date, 'BSN', 3), notice.time,
        notice.structure ?? (notice.orders.some(({ packs }) => packs !== undefined) ? '0001' : '0004'),
      ],
      ...printer.segments,
      ['CTT', String(printer.count)],
    ],
  };
}

function printPack(printer: HierarchyPrinter, pack: ShippedPack, parent: number, choice: QualifierChoice): void {
  const { packs = [], items, marks = [] } = pack;
  const segments = marks.map(({ qualifier, id }): SegmentInput => ['MAN', qualifier, id]);
  const at = printer.level(pack.level, parent, segments, packs.length + items.length > 0);
  for (const inner of packs) printPack(printer, inner, at, choice);
  for (const item of items) printer.level('I', at, printItem(item, choice), false);
}

function printShipment(notice: ShipNotice): SegmentInput[] {
  const { packaging, packageCount, weight, weightUnit, carrierCode, routing, billOfLading, carrierReference } = notice;
  const segments: SegmentInput[] = [];
  if (packaging !== undefined || packageCount !== undefined || weight !== undefined) {
    segments.push([
      'TD1', packaging, packageCount, undefined, undefined, undefined, weight === undefined ? undefined : 'G',
      printDecimal(weight, 'TD1', 7), weightUnit,
    ]);
  }
  if (carrierCode !== undefined || routing !== undefined) {
    segments.push(['TD5', undefined, carrierCode === undefined ? undefined : '2', carrierCode, undefined, routing]);
  }
  if (billOfLading !== undefined) segments.push(['REF', 'BM', billOfLading]);
  if (carrierReference !== undefined) segments.push(['REF', 'CN', carrierReference]);
  segments.push(...printReferences(notice.references));
  const named = [{ qualifier: SHIPPED, date: notice.shipped }, { qualifier: ESTIMATED_DELIVERY, date: notice.estimatedDelivery }];
  segments.push(...printDates(named.filter((event) => event.date !== undefined)), ...printDates(notice.dates));
  return [...segments, ...notice.parties.flatMap(printParty)];
}

function printOrder(order: ShippedOrder): SegmentInput[] {
  return [
    ['PRF', order.purchaseOrderNumber, order.release, undefined, printDate(order.orderDate, 'PRF', 4)],
    ...printReferences(order.references),
  ];
}

function printItem(item: ShippedItem, choice: QualifierChoice): SegmentInput[] {
  // LIN has room for fifteen pairs and a box of implants holds more serial numbers; REF repeats without end.
  const [lot, ...moreLots] = item.lotNumbers ?? [];
  const traced = [
    ...moreLots.map((id) => ({ qualifier: 'LT', id })),
    ...(item.serialNumbers ?? []).map((id) => ({ qualifier: 'SE', id })),
  ];
  const marks = (item.references ?? []).filter(({ qualifier }) => qualifier === 'MAN');
  if (marks.length > 0) {
    throw new X12Error('invalid-value', 'Packs below items are read but not printed', { segmentId: 'MAN' });
  }
  return [
    ['LIN', item.lineNumber, ...printProductIds(item, choice, 'LIN'), ...(lot === undefined ? [] : ['LT', lot])],
    [
      'SN1', item.lineNumber, printDecimal(item.quantity, 'SN1', 2), item.unit, undefined,
      printDecimal(item.quantityOrdered, 'SN1', 5), item.quantityOrderedUnit, undefined, item.status,
    ],
    ...printDescription(item.description),
    ...printReferences([...traced, ...(item.references ?? [])]),
    ...(item.expirationDate === undefined ? [] : printDates([{ qualifier: EXPIRES, date: item.expirationDate }])),
  ];
}
