import { Hl7Error } from '../error.ts';
import type { Message } from '../message.ts';
import type { Segment } from '../segment.ts';
import type { Timestamp } from '../timestamp.ts';
import type { IdentifiedPerson } from './patient.ts';
import { readIdentifiedPerson } from './patient.ts';
import type { Coded, Identifier } from './values.ts';
import { present, readAll, readCoded, readEi, readNumber, readTimeField } from './values.ts';

/** RQD: one line of a requisition for stock, as ORM^O01 and OMS^O05 carry it (chapter 4.11.1). */
export interface RequisitionLine {
  lineNumber?: string;
  internalItem?: Coded;
  externalItem?: Coded;
  hospitalItem?: Coded;
  quantity?: string;
  unit?: Coded;
  /** RQD-7, table 0319. */
  costCentre?: string;
  needed?: Timestamp;
}

export interface Order {
  /** ORC-1, table 0119: NW new, CA cancel, XO change, SC status ... */
  control: string;
  placerNumber?: Identifier;
  fillerNumber?: Identifier;
  groupNumber?: Identifier;
  /** ORC-5, table 0038. */
  status?: string;
  /** ORC-9. */
  entered?: Timestamp;
  orderedBy: IdentifiedPerson[];
  /** OBR-4. */
  service?: Coded;
  /** OBR-7, when the observation or service was done. */
  performed?: Timestamp;
  /** OBR-25, table 0123. */
  resultStatus?: string;
  requisition: RequisitionLine[];
}

/**
 * The orders of an ORM, OMG, OML, OMS or ORU message: one for each ORC with what follows it (chapter 4.5.1).
 * Numbers missing from ORC are taken from OBR-2 and OBR-3, which repeat them.
 *
 * @throws Hl7Error 100 without ORC, 101 when ORC-1 is empty, 102 for a time or number that is none
 */
export function readOrders(message: Message): Order[] {
  const orders: Order[] = [];
  const counted = new Map<string, number>();
  for (const segment of message.segments()) {
    const sequence = (counted.get(segment.id) ?? 0) + 1;
    counted.set(segment.id, sequence);
    const order = orders.at(-1);
    if (segment.id === 'ORC') orders.push(readOrder(segment, sequence));
    else if (order !== undefined && segment.id === 'OBR') addService(order, segment, sequence);
    else if (order !== undefined && segment.id === 'RQD') order.requisition.push(readRequisitionLine(segment, sequence));
  }
  if (orders.length === 0) throw new Hl7Error('100', 'The message has no ORC segment', { segment: 'ORC' });
  return orders;
}

function readOrder(orc: Segment, sequence: number): Order {
  const control = orc.field(1).value;
  if (control === undefined) {
    throw new Hl7Error('101', 'The order control is missing', { segment: 'ORC', sequence, field: 1 });
  }
  return present<Order>({
    control,
    placerNumber: readEi(orc.field(2).repetition(1)),
    fillerNumber: readEi(orc.field(3).repetition(1)),
    groupNumber: readEi(orc.field(4).repetition(1)),
    status: orc.field(5).value,
    entered: readTimeField(orc, 9, sequence),
    orderedBy: readAll(orc.field(12), readIdentifiedPerson),
    requisition: [],
  });
}

function addService(order: Order, obr: Segment, sequence: number): void {
  // A second OBR under one ORC repeats the order; the first names the service.
  if (order.service !== undefined) return;
  Object.assign(order, present({
    placerNumber: order.placerNumber ?? readEi(obr.field(2).repetition(1)),
    fillerNumber: order.fillerNumber ?? readEi(obr.field(3).repetition(1)),
    service: readCoded(obr.field(4).repetition(1)),
    performed: readTimeField(obr, 7, sequence),
    resultStatus: obr.field(25).value,
  }));
  if (order.orderedBy.length === 0) order.orderedBy = readAll(obr.field(16), readIdentifiedPerson);
}

function readRequisitionLine(rqd: Segment, sequence: number): RequisitionLine {
  return present<RequisitionLine>({
    lineNumber: rqd.field(1).value,
    internalItem: readCoded(rqd.field(2).repetition(1)),
    externalItem: readCoded(rqd.field(3).repetition(1)),
    hospitalItem: readCoded(rqd.field(4).repetition(1)),
    quantity: readNumber(rqd.field(5).value, { segment: 'RQD', sequence, field: 5 }),
    unit: readCoded(rqd.field(6).repetition(1)),
    costCentre: rqd.field(7).value,
    needed: readTimeField(rqd, 10, sequence),
  });
}
