/**
 * Message error condition codes.
 *
 * @source HL7 v2.8 chapter 2C, table 0357; code 104 since v2.7, 198 and 199 since v2.9
 */
export const ERROR_CONDITIONS = {
  '0': 'Message accepted',
  '100': 'Segment sequence error',
  '101': 'Required field missing',
  '102': 'Data type error',
  '103': 'Table value not found',
  '104': 'Value too long',
  '198': 'Non-conformant cardinality',
  '199': 'Other HL7 error',
  '200': 'Unsupported message type',
  '201': 'Unsupported event code',
  '202': 'Unsupported processing id',
  '203': 'Unsupported version id',
  '204': 'Unknown key identifier',
  '205': 'Duplicate key identifier',
  '206': 'Application record locked',
  '207': 'Application internal error',
} as const;

export type ErrorConditionCode = keyof typeof ERROR_CONDITIONS;

/** Where in a message: data type ERL (v2.5 and later). All numbers count from 1. */
export interface Hl7Location {
  segment: string;
  /** Which segment of that name, counted within the message. */
  sequence?: number;
  field?: number;
  repetition?: number;
  component?: number;
  subcomponent?: number;
}

/**
 * A message that cannot be taken as it is. The text names places and rules, never values, so that it may be
 * logged and sent back (ERR-8) without carrying patient data.
 */
export class Hl7Error extends Error {
  readonly code: ErrorConditionCode;
  readonly location: Hl7Location | undefined;

  constructor(code: ErrorConditionCode, message: string, location?: Hl7Location, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Hl7Error';
    this.code = code;
    this.location = location;
  }
}

/** `PID-5.1`, `OBX[3]-5(2)`: the way people write a location. */
export function describeLocation(at: Hl7Location): string {
  let text = at.segment;
  if (at.sequence !== undefined && at.sequence > 1) text += `[${at.sequence}]`;
  if (at.field === undefined) return text;
  text += `-${at.field}`;
  if (at.repetition !== undefined && at.repetition > 1) text += `(${at.repetition})`;
  if (at.component !== undefined) text += `.${at.component}`;
  if (at.component !== undefined && at.subcomponent !== undefined) text += `.${at.subcomponent}`;
  return text;
}
