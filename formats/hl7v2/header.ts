import type { ErrorConditionCode, Hl7Location } from './error.ts';
import { Hl7Error } from './error.ts';
import type { Message } from './message.ts';

/**
 * Table 0104, version id, as far as its definitions are backward compatible (chapter 2.8).
 */
export const SUPPORTED_VERSIONS: readonly string[] = [
  '2.1', '2.2', '2.3', '2.3.1', '2.4', '2.5', '2.5.1', '2.6', '2.7', '2.7.1', '2.8', '2.8.1', '2.8.2', '2.9',
];

export interface AcceptedMessages {
  versions?: readonly string[];
  /** `ADT` takes every event of ADT, `ADT^A01` only this one. Everything when left out. */
  messages?: readonly string[];
  /** MSH-11.1, table 0103: P production, T training, D debugging. Everything when left out. */
  processingIds?: readonly string[];
  /** MSH-5.1 and MSH-6.1. A message meant for somebody else, or for nobody named, is not taken when these are given. */
  receivingApplications?: readonly string[];
  receivingFacilities?: readonly string[];
}

/**
 * What a receiver has to check before it takes responsibility for a message (chapter 2.9.2.1): the required fields of
 * MSH, and whether message type, event, processing id and version are ones it understands. A foreign receiver is a value
 * not found in tables 0361 and 0362.
 *
 * @returns all findings in the order of the fields; empty when the header is acceptable
 */
export function checkHeader(message: Message, accepted: AcceptedMessages = {}): Hl7Error[] {
  const findings: Hl7Error[] = [];
  const add = (code: ErrorConditionCode, text: string, at: Partial<Hl7Location>): void => {
    findings.push(new Hl7Error(code, text, { segment: 'MSH', sequence: 1, ...at }));
  };

  for (const [field, names] of [[5, accepted.receivingApplications], [6, accepted.receivingFacilities]] as const) {
    if (names !== undefined && !names.includes(message.header.field(field).value ?? '')) {
      add('103', 'The message is addressed to another receiver', { field, component: 1 });
    }
  }
  const code = message.get('MSH-9.1');
  const trigger = message.get('MSH-9.2') ?? message.get('EVN-1');
  if (code === undefined) add('101', 'The message type is missing', { field: 9 });
  else if (accepted.messages !== undefined) {
    const sameType = accepted.messages.filter((one) => one.split('^')[0] === code);
    if (sameType.length === 0) add('200', 'This message type is not taken here', { field: 9, component: 1 });
    else if (!sameType.includes(code) && !sameType.includes(`${code}^${trigger ?? ''}`)) {
      add('201', 'This event is not taken here', { field: 9, component: 2 });
    }
  }
  if (message.get('MSH-10') === undefined) add('101', 'The message control id is missing', { field: 10 });

  const processing = message.get('MSH-11.1');
  if (processing === undefined) add('101', 'The processing id is missing', { field: 11 });
  else if (accepted.processingIds !== undefined && !accepted.processingIds.includes(processing)) {
    add('202', 'Messages with this processing id are not taken here', { field: 11, component: 1 });
  }

  const version = message.get('MSH-12.1');
  if (version === undefined) add('101', 'The version id is missing', { field: 12 });
  else if (!(accepted.versions ?? SUPPORTED_VERSIONS).includes(version)) {
    add('203', 'This version of HL7 is not supported', { field: 12, component: 1 });
  }
  return findings;
}
