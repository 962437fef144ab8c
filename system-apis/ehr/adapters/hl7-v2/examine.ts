import { checkHeader, decodeMessage, describeError, Hl7Error, parseMessage, type Message } from '#formats/hl7v2/index.ts';
import type { Acknowledgement, Judgement } from '../../port.ts';
import { ACCEPTED, kindOf } from './kinds.ts';
import type { MllpSettings } from './settings.ts';

/** What was found in the bytes of one message, and what is needed to answer it. */
export interface Examined {
  judgement: Judgement;
  errors: readonly Hl7Error[];
  /** The message, or as much of its text as can be answered. */
  received: Message | string;
  /** It acknowledges something itself: answering it could go on for ever (chapter 2.9.2). */
  isAnswer: boolean;
}

export type ExamineSettings = Pick<MllpSettings, 'facility' | 'facilities' | 'receivingApplications' | 'receivingFacilities' | 'processingIds' | 'maxMessageBytes'>;

const HEADER_CHARACTERS = 4_096;
/** MSH-10 since v2.7; longer ones could not be told apart by a sender that cuts them. */
const CONTROL_ID_CHARACTERS = 199;

/** Reads a message: its character set, its segments, its header, and what its kind requires. Never throws. */
export function examine(bytes: Buffer, settings: ExamineSettings): Examined {
  const text = attempt(() => decodeMessage(bytes).text);
  if (text instanceof Hl7Error) return refused(bytes.toString('latin1', 0, HEADER_CHARACTERS), [text], settings);
  const message = attempt(() => parseMessage(text, { maxLength: settings.maxMessageBytes }));
  if (message instanceof Hl7Error) return refused(text, [message], settings);
  const errors = [...checkHeader(message, { ...settings, messages: ACCEPTED }), ...checkControlId(message)];
  if (errors.length === 0) {
    const reading = attempt(() => kindOf(message)?.read(message));
    if (reading instanceof Hl7Error) errors.push(reading);
  }
  return { judgement: judgementOf(message, errors, settings), errors, received: message, isAnswer: isAnswer(message) };
}

/** A message that cannot be taken as such, from whatever text there is of it. */
export function refused(text: string, errors: readonly Hl7Error[], settings: ExamineSettings): Examined {
  const [, line] = /(?:^|[\r\n\v\uFEFF])\s*(MSH[^\r\n]*)/.exec(text.slice(0, HEADER_CHARACTERS)) ?? [];
  const header = line === undefined ? undefined : attempt(() => parseMessage(line));
  const known = header instanceof Hl7Error ? undefined : header;
  return { judgement: judgementOf(known, errors, settings), errors, received: text.slice(0, HEADER_CHARACTERS), isAnswer: known !== undefined && isAnswer(known) };
}

function isAnswer(message: Message): boolean {
  return message.get('MSH-9.1') === 'ACK' || message.segment('MSA') !== undefined;
}

function judgementOf(message: Message | undefined, errors: readonly Hl7Error[], { facility, facilities }: ExamineSettings): Judgement {
  const code = message?.get('MSH-9.1');
  const event = message?.get('MSH-9.2') ?? message?.get('EVN-1');
  const sendingFacility = message?.get('MSH-4') ?? '';
  return {
    acknowledgement: acknowledgementOf(errors),
    problem: errors.length === 0 ? undefined : errors.map(problemOf).join('; ').slice(0, 500),
    sender: [message?.get('MSH-3'), message?.get('MSH-4')].map((each) => shown(each, 110) ?? '').join('|').replace(/^\|$/, ''),
    controlId: shown(message?.get('MSH-10'), CONTROL_ID_CHARACTERS),
    messageType: fitting([code, event].filter((each) => each !== undefined).join('^'), /^[A-Z0-9]{1,8}(\^[A-Z0-9]{1,8})?$/),
    version: fitting(message?.get('MSH-12.1'), /^\d[\d.]{0,11}$/),
    facility: (Object.hasOwn(facilities, sendingFacility) ? facilities[sendingFacility] : undefined) ?? facility,
    encounterId: shown(message?.get('PV1-19.1'), 80),
  };
}

/**
 * Error conditions from 200 on are rejections: the message is of a kind, version or size that this receiver does not
 * take, so that the same one will not be taken later either. Without a header there is nothing that could be mended.
 *
 * @source HL7 v2.8 chapter 2C, table 0357, and chapter 2.9.2.1
 */
function acknowledgementOf(errors: readonly Hl7Error[]): Acknowledgement {
  if (errors.length === 0) return 'AA';
  const isRejection = ({ code, location }: Hl7Error) => Number(code) >= 200 || (code === '100' && location?.segment === 'MSH' && location.sequence === undefined);
  return errors.some(isRejection) ? 'AR' : 'AE';
}

function checkControlId(message: Message): Hl7Error[] {
  const controlId = message.get('MSH-10');
  if (controlId === undefined || shown(controlId, CONTROL_ID_CHARACTERS) === controlId) return [];
  return [new Hl7Error('102', 'The message control id is too long or not printable', { segment: 'MSH', sequence: 1, field: 10 })];
}

function problemOf(error: Hl7Error): string {
  return `${describeError(error)}: ${error.message}`;
}

/** Cut, and without what has no place in a line of text. */
function shown(text: string | undefined, length: number): string | undefined {
  const clean = text?.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '').trim().slice(0, length);
  return clean === '' ? undefined : clean;
}

function fitting(text: string | undefined, form: RegExp): string | undefined {
  return text !== undefined && form.test(text) ? text : undefined;
}

function attempt<T>(read: () => T): T | Hl7Error {
  try {
    return read();
  } catch (error) {
    // Whatever a message does to its reader, the message is kept and answered.
    return error instanceof Hl7Error ? error : new Hl7Error('207', 'The message could not be read', undefined, { cause: error });
  }
}
