import { Hl7Error } from '../error.ts';
import type { Message } from '../message.ts';
import type { Segment } from '../segment.ts';
import type { Timestamp } from '../timestamp.ts';
import type { Coded, Identifier } from './values.ts';
import { present, readCoded, readEi, readNumber, readTime, readTimeField } from './values.ts';

export type ResourceKind = 'service' | 'general' | 'location' | 'personnel';

/** AIS, AIG, AIL or AIP: one thing the appointment needs. */
export interface AppointmentResource {
  kind: ResourceKind;
  /** AIS-3 the service, AIG-3, AIL-3 or AIP-3 the resource, first component and what follows. */
  resource?: Coded;
  start?: Timestamp;
  duration?: string;
  durationUnit?: string;
  /** Table 0278. */
  status?: string;
}

/** RGS and the resources that follow it. */
export interface ResourceGroup {
  /** RGS-3. */
  id?: Coded;
  resources: AppointmentResource[];
}

export interface Appointment {
  placerId?: Identifier;
  fillerId?: Identifier;
  /** SCH-6. */
  eventReason?: Coded;
  /** SCH-7. */
  reason?: Coded;
  /** SCH-8, table 0277. */
  type?: Coded;
  start?: Timestamp;
  end?: Timestamp;
  duration?: string;
  durationUnit?: string;
  /** SCH-25, table 0278: Booked, Cancelled, Complete ... */
  status?: Coded;
  groups: ResourceGroup[];
}

/** Start, duration and status stand at different fields in the four resource segments (chapter 10.6.4 to 10.6.7). */
const RESOURCES: Record<string, { kind: ResourceKind; start: number; duration: number; status: number }> = {
  AIS: { kind: 'service', start: 4, duration: 7, status: 10 },
  AIG: { kind: 'general', start: 8, duration: 11, status: 14 },
  AIL: { kind: 'location', start: 6, duration: 9, status: 12 },
  AIP: { kind: 'personnel', start: 6, duration: 9, status: 12 },
};

/**
 * A SIU message (chapter 10.3): SCH and its resource groups. Start and end come from TQ in SCH-11, or from TQ1-7 and
 * TQ1-8 since v2.6.
 *
 * @throws Hl7Error 100 without SCH, 101 without any appointment id, 102 for a time or number that is none
 */
export function readAppointment(message: Message): Appointment {
  const sch = message.segment('SCH');
  if (sch === undefined) throw new Hl7Error('100', 'The message has no SCH segment', { segment: 'SCH' });
  const placerId = readEi(sch.field(1).repetition(1));
  const fillerId = readEi(sch.field(2).repetition(1));
  if (placerId === undefined && fillerId === undefined) {
    throw new Hl7Error('101', 'The appointment has no id', { segment: 'SCH', sequence: 1, field: 2 });
  }
  return present<Appointment>({
    placerId,
    fillerId,
    eventReason: readCoded(sch.field(6).repetition(1)),
    reason: readCoded(sch.field(7).repetition(1)),
    type: readCoded(sch.field(8).repetition(1)),
    start: scheduled(message, sch, 4, 7),
    end: scheduled(message, sch, 5, 8),
    duration: readNumber(sch.field(9).value, { segment: 'SCH', sequence: 1, field: 9 }),
    durationUnit: sch.field(10).value,
    status: readCoded(sch.field(25).repetition(1)),
    groups: readGroups(message),
  });
}

function scheduled(message: Message, sch: Segment, component: number, tq1Field: number): Timestamp | undefined {
  const text = sch.field(11).component(component).value;
  if (text !== undefined) return readTime(text, { segment: 'SCH', sequence: 1, field: 11, component });
  const tq1 = message.segment('TQ1');
  return tq1 && readTimeField(tq1, tq1Field);
}

/** Senders leave RGS out although it is required; resources before any RGS form a group without id. */
function readGroups(message: Message): ResourceGroup[] {
  const groups: ResourceGroup[] = [];
  const counted = new Map<string, number>();
  for (const segment of message.segments()) {
    if (segment.id === 'RGS') {
      groups.push(present<ResourceGroup>({ id: readCoded(segment.field(3).repetition(1)), resources: [] }));
      continue;
    }
    const shape = RESOURCES[segment.id];
    if (shape === undefined) continue;
    const sequence = (counted.get(segment.id) ?? 0) + 1;
    counted.set(segment.id, sequence);
    if (groups.length === 0) groups.push({ resources: [] });
    groups.at(-1)?.resources.push(present<AppointmentResource>({
      kind: shape.kind,
      resource: readCoded(segment.field(3).repetition(1)),
      start: readTimeField(segment, shape.start, sequence),
      duration: readNumber(segment.field(shape.duration).value, { segment: segment.id, sequence, field: shape.duration }),
      durationUnit: segment.field(shape.duration + 1).value,
      status: segment.field(shape.status).value,
    }));
  }
  return groups;
}
