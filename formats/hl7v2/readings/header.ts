import { Hl7Error } from '../error.ts';
import type { Message } from '../message.ts';
import type { Timestamp } from '../timestamp.ts';
import type { Authority } from './values.ts';
import { present, readAuthorityField, readTimeField } from './values.ts';

export interface MessageType {
  /** `ADT`, table 0076. */
  code: string;
  /** `A01`, table 0003. */
  trigger?: string;
  /** `ADT_A01`, table 0354; senders of v2.3 and before do not give it. */
  structure?: string;
}

/**
 * MSH-9. The event is taken from EVN-1 when MSH-9 has none, where it stood up to v2.2 (chapter 3.4.1.1).
 *
 * @throws Hl7Error 101 when there is no message type
 */
export function readMessageType(message: Message): MessageType {
  const code = message.get('MSH-9.1');
  if (code === undefined) throw new Hl7Error('101', 'The message type is missing', { segment: 'MSH', field: 9 });
  const trigger = message.get('MSH-9.2') ?? message.get('EVN-1');
  return present<MessageType>({ code, trigger, structure: message.get('MSH-9.3') });
}

/** The header, chapter 2.14.9. */
export interface MessageHeader {
  sendingApplication?: Authority;
  sendingFacility?: Authority;
  receivingApplication?: Authority;
  receivingFacility?: Authority;
  sentAt?: Timestamp;
  type: MessageType;
  controlId?: string;
  processingId?: string;
  version?: string;
  sequenceNumber?: string;
  characterSet?: string;
}

/** @throws Hl7Error 101 without message type, 102 when MSH-7 is no time */
export function readHeader(message: Message): MessageHeader {
  const msh = message.header;
  return present<MessageHeader>({
    sendingApplication: readAuthorityField(msh.field(3)),
    sendingFacility: readAuthorityField(msh.field(4)),
    receivingApplication: readAuthorityField(msh.field(5)),
    receivingFacility: readAuthorityField(msh.field(6)),
    sentAt: readTimeField(msh, 7),
    type: readMessageType(message),
    controlId: msh.field(10).value,
    processingId: msh.field(11).value,
    version: msh.field(12).value,
    sequenceNumber: msh.field(13).value,
    characterSet: msh.field(18).value,
  });
}
