import { readAdmission, readAppointment, readCharges, readOrders, type Message } from '#formats/hl7v2/index.ts';

/** One type of message with the events of it that are understood. Reading it throws an Hl7Error at what is wrong. */
interface Kind {
  type: string;
  events: readonly string[];
  read(message: Message): unknown;
}

/**
 * ADT: events that are about a patient. A19 is a query and A20 the state of a bed; A56 to A59 do not exist.
 * SIU: S25 does not exist.
 *
 * @source HL7 v2.8 chapters 3.3 (ADT), 4.4 (ORM), 6.4 (DFT), 10.4 (SIU); table 0003
 */
const KINDS: readonly Kind[] = [
  { type: 'ADT', events: [...events('A', 1, 18), ...events('A', 21, 55), ...events('A', 60, 62)], read: readAdmission },
  { type: 'SIU', events: [...events('S', 12, 24), 'S26'], read: readAppointment },
  { type: 'ORM', events: ['O01'], read: readOrders },
  { type: 'DFT', events: ['P03', 'P11'], read: readCharges },
];

/** As `checkHeader` wants them: `ADT^A01`. */
export const ACCEPTED = KINDS.flatMap((kind) => kind.events.map((event) => `${kind.type}^${event}`));

export function kindOf(message: Message): Kind | undefined {
  const type = message.get('MSH-9.1');
  return KINDS.find((kind) => kind.type === type);
}

function events(letter: string, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${letter}${String(from + index).padStart(2, '0')}`);
}
