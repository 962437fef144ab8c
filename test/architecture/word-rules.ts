import type { Source, Violation } from './sources.ts';

/** Words of the business, which the chassis must not know: the next house that stands on it may be no hospital. */
const BUSINESS_WORDS = [
  'patient', 'hospital', 'encounter', 'clinical', 'clinician', 'physician', 'nurse', 'diagnosis', 'ehr', 'hl7', 'fhir',
  'x12', 'cxml', 'supplier', 'invoice', 'requisition', 'purchase order', 'implant', 'payer', 'pharmacy', 'medication',
];

const VENDOR_WORDS = [
  'oracle', 'fusion', 'netsuite', 'peoplesoft', 'tryton', 'coupa', 'ariba', 'jaggaer', 'ghx', 'workday', 'sap', 'infor',
  'lawson', 'epic', 'cerner', 'meditech', 'athenahealth', 'allscripts', 'salesforce', 'servicenow', 'ukg', 'kronos', 'okta',
];

/** Where a vendor may be called by its name. */
const VENDOR_PLACES = [
  /^(sandbox|config|docs|deploy|test)\//,
  /^contracts\/catalog\//,
  /^system-apis\/[^/]+\/adapters\/(index\.ts$|[^/]+\/)/,
  /(^|\/)README\.md$/,
];

const SHAPELESS_NAMES = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'base', 'misc']);

export function checkBusinessWords(sources: Source[]): Violation[] {
  return sources
    .filter(({ path }) => path.startsWith('chassis/'))
    .flatMap((source) => findWords(source, BUSINESS_WORDS, (word) => `says "${word}", a word of the business, in the chassis`));
}

export function checkVendorWords(sources: Source[]): Violation[] {
  return sources
    .filter(({ path }) => !VENDOR_PLACES.some((place) => place.test(path)))
    .flatMap((source) => findWords(source, VENDOR_WORDS, (word) => `names the vendor "${word}" outside of its adapter`));
}

export function checkNames(sources: Source[]): Violation[] {
  return sources.flatMap(({ path }) =>
    path
      .split('/')
      .map((segment) => segment.split('.')[0] ?? '')
      .filter((name) => SHAPELESS_NAMES.has(name.toLowerCase()))
      .map((name) => ({ path, line: 1, message: `"${name}" says nothing about what is inside` })),
  );
}

/** Identifiers, strings and comments alike: everything in a source file that has letters. The path counts as well. */
function findWords({ path, text }: Source, words: string[], message: (word: string) => string): Violation[] {
  const wanted = words.map((word) => ({ word, pattern: new RegExp(` ${word.replace(' ', '[^a-z0-9]+')}s? `) }));
  const search = (line: string, number: number): Violation[] => {
    const separated = separateWords(line);
    return wanted.filter(({ pattern }) => pattern.test(separated)).map(({ word }) => ({ path, line: number, message: message(word) }));
  };
  return [...search(path, 1), ...text.split('\n').flatMap((line, index) => search(line, index + 1))];
}

/** `parsePatientID` becomes ` parse patient id `, `HL7v2Message` becomes ` hl7v2 hl7 v2 message `. */
function separateWords(line: string): string {
  const words = line
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ' ')
    // A version glued to a name, as in hl7v2, hides the name.
    .replaceAll(/\b([a-z]+\d+)(v\d+)\b/g, '$1$2 $1 $2');
  return ` ${words} `;
}
