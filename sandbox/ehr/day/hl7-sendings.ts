import { readdirSync, readFileSync } from 'node:fs';
import { createDice } from './random.ts';

/** One message of the day's HL7 v2 feed. */
export interface Hl7Sending {
  id: string;
  at: string;
  /** File under `sandbox/data/hl7v2/`. */
  source: string;
  /** MSH-10 that it is sent with; undefined where the file has no MSH. */
  controlId: string | undefined;
  /** The same message as an earlier sending, control id included: a sender that lost the answer. */
  isResend: boolean;
  /** The file is damaged on purpose; AE or AR is the right answer. */
  isDamaged: boolean;
}

const FILES = new URL('../../data/hl7v2/', import.meta.url);
const FOLDERS = ['edge', 'efferent', 'fhir-converter', 'lfh'];
const RESENT_EVERY = 20;
const PER_PATIENT = 2;
const FIRST_MINUTE = 6 * 60;
const LAST_MINUTE = 20 * 60;

/** Names of all message files, in a fixed order. */
export function hl7Files(): string[] {
  return FOLDERS.flatMap((folder) => readdirSync(new URL(`${folder}/`, FILES)).map((file) => `${folder}/${file}`))
    .filter((each) => /\.(hl7|txt)$/.test(each)).sort();
}

/** Two messages per patient, each file once before any comes again, and every twentieth sent twice. */
export function planSendings(seed: number, patients: number, day: string): Hl7Sending[] {
  const dice = createDice(seed ^ 0x48_4c_37);
  const wanted = Math.max(1, patients * PER_PATIENT);
  const sources: string[] = [];
  while (sources.length < wanted) sources.push(...dice.shuffle(hl7Files()));
  sources.length = wanted;
  const at = (index: number) => new Date(Date.parse(`${day}T00:00:00Z`) + (FIRST_MINUTE + (index * (LAST_MINUTE - FIRST_MINUTE)) / wanted) * 60_000).toISOString();
  return sources.flatMap((source, index): Hl7Sending[] => {
    const id = `s${seed}-h${String(index + 1).padStart(5, '0')}`;
    const sending = { id, at: at(index), source, controlId: source.includes('missing-msh') ? undefined : id.toUpperCase(), isResend: false, isDamaged: source.includes('/invalid-') };
    const isSentTwice = (index + 1) % RESENT_EVERY === 0 && sending.controlId !== undefined;
    return isSentTwice ? [sending, { ...sending, id: `${id}-again`, at: at(index + 1), isResend: true }] : [sending];
  }).sort((one, other) => one.at.localeCompare(other.at) || one.id.localeCompare(other.id));
}

/**
 * The bytes of a sending. Files in repositories end their lines with LF, which HL7 v2 does not know; those become CR,
 * as the sender wrote them. MSH-10 is replaced, since the files of one source all carry the same.
 */
export function hl7Message(sending: Pick<Hl7Sending, 'source' | 'controlId'>): Buffer {
  const bytes = readFileSync(new URL(sending.source, FILES));
  const text = bytes.toString('latin1').replace(/\r?\n/g, '\r');
  return Buffer.from(sending.controlId === undefined ? text : withControlId(text, sending.controlId), 'latin1');
}

/** Works on text decoded byte by byte, before anything is known of its character set. */
function withControlId(text: string, controlId: string): string {
  const start = text.indexOf('MSH');
  if (start === -1) return text;
  const end = text.indexOf('\r', start);
  const header = text.slice(start, end === -1 ? undefined : end);
  const fields = header.split(header.charAt(3));
  fields[9] = controlId;
  return text.slice(0, start) + fields.join(header.charAt(3)) + (end === -1 ? '' : text.slice(end));
}
