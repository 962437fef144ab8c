/** What the label of a device says beyond its kind. */
export interface DeviceLabel {
  deviceIdentifier?: string;
  /** ISO date. */
  expiresOn?: string;
  lot?: string;
  serial?: string;
}

/** Application identifiers of a UDI: how many characters their data has, or at most has. */
const IDENTIFIERS: Readonly<Record<string, { length: number; isFixed: boolean; is?: keyof DeviceLabel }>> = {
  '01': { length: 14, isFixed: true, is: 'deviceIdentifier' },
  '10': { length: 20, isFixed: false, is: 'lot' },
  '11': { length: 6, isFixed: true },
  '17': { length: 6, isFixed: true, is: 'expiresOn' },
  '20': { length: 2, isFixed: true },
  '21': { length: 20, isFixed: false, is: 'serial' },
  '22': { length: 20, isFixed: false },
  '30': { length: 8, isFixed: false },
  '240': { length: 30, isFixed: false },
  '241': { length: 30, isFixed: false },
};
/** Every application identifier there is, so that data of any length ends where the next one begins. */
const ANY_IDENTIFIER = /^(?:0[0-4]|1[0-35-7]|2[0-2]|30|37|9\d|235|24[0-3]|25[0-5]|40[0-3]|41[0-7]|42[0-7]|71\d|3[1-69]\d\d|70\d\d|72\d\d|8[0-2]\d\d)$/;
/** Function character: ends data of variable length in the form that a scanner reads. */
const SEPARATOR = '\u001d';

/**
 * Reads a UDI in GS1 syntax, as people read it, `(01)...(17)...(10)...(21)...`, or as a scanner gives it. HIBCC and ICCBBA
 * labels are told by their first character and not taken apart: the record holds their parts beside the label.
 *
 * @param year the present one: years have two digits on labels
 * @returns undefined when it is no UDI in GS1 syntax
 * @source GS1 General Specifications, section 3.2 (application identifiers) and 7.12 (dates); FDA, UDI formats by
 *   issuing agency
 */
export function readGs1Label(carrier: string, year: number): DeviceLabel | undefined {
  // No data of a label has a space in it (character set 82); people put them between its parts.
  const label = read(carrier.replaceAll(' ', ''), year);
  return label?.deviceIdentifier !== undefined && /^\d{14}$/.test(label.deviceIdentifier) ? label : undefined;
}

function read(carrier: string, year: number): DeviceLabel | undefined {
  const elements = carrier.startsWith('(') ? humanReadable(carrier) : scanned(carrier.replace(/^\](?:d2|C1|Q3|e0)/, ''));
  if (!elements) return undefined;
  const label: DeviceLabel = {};
  for (const [identifier, data] of elements) {
    const place = IDENTIFIERS[identifier]?.is;
    if (place === undefined) continue;
    const value = place === 'expiresOn' ? labelDate(data, year) : data;
    if (value !== undefined && value !== '') label[place] = value;
  }
  return label;
}

type Elements = [identifier: string, data: string][];

/** Parentheses may be part of a lot number, so data ends only where an identifier begins. */
function humanReadable(carrier: string): Elements | undefined {
  const elements: Elements = [];
  for (let at = 0; at < carrier.length;) {
    const [opening, identifier] = /^\((\d{2,4})\)/.exec(carrier.slice(at, at + 6)) ?? [];
    if (opening === undefined || identifier === undefined || !ANY_IDENTIFIER.test(identifier)) return undefined;
    at += opening.length;
    const known = IDENTIFIERS[identifier];
    const length = known?.isFixed ? known.length : variableLength(carrier.slice(at));
    elements.push([identifier, carrier.slice(at, at + length)]);
    at += length;
  }
  return elements;
}

function variableLength(rest: string): number {
  for (const { 1: identifier = '', index } of rest.matchAll(/\((\d{2,4})\)/g)) if (index > 0 && ANY_IDENTIFIER.test(identifier)) return index;
  return rest.length;
}

function scanned(carrier: string): Elements | undefined {
  const elements: Elements = [];
  for (let at = carrier.startsWith(SEPARATOR) ? 1 : 0; at < carrier.length;) {
    const identifier = [2, 3].map((length) => carrier.slice(at, at + length)).find((each) => each in IDENTIFIERS);
    if (identifier === undefined) return undefined;
    const { length, isFixed } = IDENTIFIERS[identifier]!;
    const rest = carrier.slice(at + identifier.length);
    const end = rest.indexOf(SEPARATOR);
    const data = isFixed ? rest.slice(0, length) : rest.slice(0, end === -1 ? undefined : end);
    if (data.length > length) return undefined;
    elements.push([identifier, data]);
    at += identifier.length + data.length;
    if (carrier.charAt(at) === SEPARATOR) at += 1;
  }
  return elements;
}

/**
 * YYMMDD, where day 00 is the last of the month and the century is the one that brings the year nearest to ours.
 *
 * @source GS1 General Specifications, section 7.12
 */
function labelDate(data: string, year: number): string | undefined {
  if (!/^\d{6}$/.test(data)) return undefined;
  const [short, month, day] = [Number(data.slice(0, 2)), Number(data.slice(2, 4)), Number(data.slice(4))];
  const difference = short - (year % 100);
  const century = Math.floor(year / 100) + (difference >= 51 ? -1 : difference <= -50 ? 1 : 0);
  const full = century * 100 + short;
  const lastDay = new Date(Date.UTC(full, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day > lastDay) return undefined;
  return `${full}-${data.slice(2, 4)}-${String(day === 0 ? lastDay : day).padStart(2, '0')}`;
}
