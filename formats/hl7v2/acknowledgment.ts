import type { Delimiters } from './delimiters.ts';
import { DEFAULT_DELIMITERS, readDelimiters } from './delimiters.ts';
import type { ErrorConditionCode, Hl7Location } from './error.ts';
import { describeLocation, ERROR_CONDITIONS, Hl7Error } from './error.ts';
import type { Message } from './message.ts';
import type { FieldInput, SegmentInput } from './print.ts';
import { printMessage } from './print.ts';
import type { Repetition } from './segment.ts';
import { Segment } from './segment.ts';
import { printTimestamp } from './timestamp.ts';

/**
 * Table 0008. A* answer in original mode or as application acknowledgment; C* are accept acknowledgments of enhanced
 * mode: the message is safely stored (or not), nothing is said of its content.
 */
export type AcknowledgmentCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR';

export interface AcknowledgmentRequest {
  /** The message answered; its text when it could not be parsed. */
  received: Message | string;
  code: AcknowledgmentCode;
  /** MSH-10 of the acknowledgment itself. */
  controlId: string;
  /** MSH-7; printed in UTC. */
  at: Date;
  /** MSA-3. Never put patient data here. */
  text?: string;
  errors?: readonly Hl7Error[];
}

/** Characters of a header worth reading; it may come from something that is no message at all. */
const MAX_HEADER = 4096;

/**
 * Builds the general acknowledgment (chapter 2.13.1): sender and receiver changed places, MSA with the control id
 * answered, one ERR for each error. A text without a readable MSH is answered too, with an empty MSA-2.
 *
 * ERR takes the form of the version answered: fields 2, 3 and 4 since v2.5, field 1 before.
 */
export function buildAcknowledgment(request: AcknowledgmentRequest): string {
  const header = typeof request.received === 'string' ? findHeader(request.received) : request.received.header;
  const field = (number: number): FieldInput => copy(header, number);
  const trigger = header?.field(9).component(2).value;
  const version = versionOf(header?.field(12).value);
  const segments: SegmentInput[] = [
    {
      id: 'MSH',
      fields: [
        field(5), field(6), field(3), field(4), printTimestamp(request.at), undefined,
        ['ACK', trigger, 'ACK'], request.controlId, header?.field(11).isEmpty === false ? field(11) : 'P', version,
        undefined, undefined, undefined, undefined, undefined, field(18),
      ],
    },
    { id: 'MSA', fields: [request.code, header?.field(10).value, request.text] },
    ...(request.errors ?? []).map((error) => printError(error, version)),
  ];
  return printMessage(segments, delimitersFor(header));
}

/** Those of the sender where they can say everything; without an escape character they cannot. */
function delimitersFor(header: Segment | undefined): Delimiters {
  const d = header?.delimiters;
  return d === undefined || d.subcomponent === '' ? DEFAULT_DELIMITERS : d;
}

/** The first line that begins with MSH and has usable separators, wherever it stands. */
function findHeader(text: string): Segment | undefined {
  const start = text.search(/(?:^|[\r\n\u000b\uFEFF])MSH/);
  if (start === -1) return undefined;
  const from = text.indexOf('MSH', start);
  const line = text.slice(from, from + MAX_HEADER).split(/[\r\n]/, 1)[0] as string;
  try {
    return new Segment(line, readDelimiters(line));
  } catch (error) {
    if (error instanceof Hl7Error) return undefined;
    throw error;
  }
}

function copy(header: Segment | undefined, number: number): FieldInput {
  if (header === undefined) return undefined;
  const { repetitions } = header.field(number);
  return { repetitions: repetitions.map((one) => one.components.map((component) => component.subcomponents)) };
}

function printError(error: Hl7Error, version: string): SegmentInput {
  const condition = ERROR_CONDITIONS[error.code];
  const at = error.location;
  if (hasCodedError(version)) {
    const code = [error.code, condition, 'HL70357'];
    return { id: 'ERR', fields: [undefined, locationField(at), code, 'E', undefined, undefined, undefined, error.message] };
  }
  // ELD, used up to v2.4: segment ^ sequence ^ field ^ code (a CE, its parts therefore subcomponents).
  const eld = [at?.segment, digits(at?.sequence), digits(at?.field), [error.code, condition, 'HL70357']];
  return { id: 'ERR', fields: [eld] };
}

/** ERR-2 to ERR-12 came with v2.5 (chapter 2.14.5). */
/** Whatever else stands there is no version, and an answer no place to repeat it. */
function versionOf(text: string | undefined): string {
  return text !== undefined && /^\d[\d.]{0,11}$/.test(text) ? text : '2.5.1';
}

function hasCodedError(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return !(major < 2 || (major === 2 && minor < 5));
}

/** Data type ERL (chapter 2A). */
function locationField(at: Hl7Location | undefined): FieldInput {
  if (at === undefined) return undefined;
  const { segment, sequence = 1, field, repetition, component, subcomponent } = at;
  const place = [segment, digits(sequence), digits(field)];
  if (field === undefined) return place.slice(0, 2);
  return [...place, digits(repetition ?? 1), digits(component), digits(subcomponent)];
}

function digits(number: number | undefined): string | undefined {
  return number?.toString();
}

export interface AcknowledgedError {
  /** Table 0357, or whatever the sender put there. */
  code: string | undefined;
  severity: string | undefined;
  location: Hl7Location | undefined;
  /** ERR-8, else the text of the code. */
  text: string | undefined;
}

export interface Acknowledgment {
  code: AcknowledgmentCode;
  /** MSA-2, the control id answered. Correlate by nothing else: receivers differ in all other fields. */
  controlId: string | undefined;
  /** AA or CA. */
  isPositive: boolean;
  /** An accept acknowledgment of enhanced mode; the application's word may still follow. */
  isAccept: boolean;
  text: string | undefined;
  errors: AcknowledgedError[];
}

const CODES: readonly string[] = ['AA', 'AE', 'AR', 'CA', 'CE', 'CR'] satisfies AcknowledgmentCode[];

/**
 * Reads MSA and ERR of an acknowledgment, of any message type that carries an MSA.
 *
 * @throws Hl7Error 100 without MSA, 103 when MSA-1 is not of table 0008
 */
export function readAcknowledgment(message: Message): Acknowledgment {
  const msa = message.segment('MSA');
  if (msa === undefined) throw new Hl7Error('100', 'The answer has no MSA segment', { segment: 'MSA' });
  const code = msa.field(1).value ?? '';
  if (!CODES.includes(code)) {
    throw new Hl7Error('103', 'The acknowledgment code is not one of table 0008', { segment: 'MSA', field: 1 });
  }
  return {
    code: code as AcknowledgmentCode,
    controlId: msa.field(2).value,
    isPositive: code === 'AA' || code === 'CA',
    isAccept: code.startsWith('C'),
    text: msa.field(3).value,
    errors: message.segments('ERR').flatMap(readErrorSegment),
  };
}

function readErrorSegment(segment: Segment): AcknowledgedError[] {
  if (segment.field(3).isEmpty) return segment.field(1).repetitions.map((eld) => readEld(eld));
  const places = segment.field(2).repetitions.map((erl) => readErl(erl));
  const error = {
    code: segment.field(3).value,
    severity: segment.field(4).value,
    text: segment.field(8).value ?? segment.field(3).component(2).value,
  };
  return places.length === 0
    ? [{ ...error, location: undefined }]
    : places.map((location) => ({ ...error, location }));
}

function readEld(eld: Repetition): AcknowledgedError {
  const code = eld.component(4);
  return { code: code.value, severity: undefined, location: readErl(eld, 3), text: code.subcomponent(2) };
}

function readErl(erl: Repetition, upTo = 6): Hl7Location | undefined {
  const segment = erl.component(1).value;
  if (segment === undefined) return undefined;
  const numbers = (['sequence', 'field', 'repetition', 'component', 'subcomponent'] as const)
    .slice(0, upTo - 1)
    .map((name, index) => [name, Number(erl.component(index + 2).value)] as const)
    .filter(([, value]) => Number.isInteger(value) && value > 0);
  return { segment, ...Object.fromEntries(numbers) };
}

/** Conditions of MSH-15 and MSH-16, table 0155. */
const ASKS: Record<string, (succeeded: boolean) => boolean> = {
  AL: () => true,
  NE: () => false,
  ER: (succeeded) => !succeeded,
  SU: (succeeded) => succeeded,
};

/** Enhanced mode is chosen by valuing MSH-15 or MSH-16 (chapter 2.9.3). */
export function isEnhancedMode(message: Message): boolean {
  return message.get('MSH-15') !== undefined || message.get('MSH-16') !== undefined;
}

/** Whether the sender wants the accept acknowledgment (CA, CE, CR). Only in enhanced mode. */
export function needsAcceptAcknowledgment(message: Message, succeeded: boolean): boolean {
  return isEnhancedMode(message) && (ASKS[message.get('MSH-15') ?? 'NE']?.(succeeded) ?? true);
}

/** Whether the sender wants the application's answer (AA, AE, AR). Always in original mode. */
export function needsApplicationAcknowledgment(message: Message, succeeded: boolean): boolean {
  return !isEnhancedMode(message) || (ASKS[message.get('MSH-16') ?? 'NE']?.(succeeded) ?? true);
}

/** `101 Required field missing at PID-3`, for logs and work items. */
export function describeError(error: { code: ErrorConditionCode; location?: Hl7Location | undefined }): string {
  const place = error.location === undefined ? '' : ` at ${describeLocation(error.location)}`;
  return `${error.code} ${ERROR_CONDITIONS[error.code]}${place}`;
}
