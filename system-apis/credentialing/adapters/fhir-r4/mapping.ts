import { DateTime } from 'luxon';
import type { Credential, Sanction } from '../../port.ts';
import { KINDS, type FhirSettings } from './settings.ts';
import { QualificationShape, type Concept, type Flag, type Identifiers, type Practitioner, type Qualification } from './shapes.ts';

const PLAN_NET = 'http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/practitioner-qualification';

/**
 * What a status says. There is none for what a board suspended but `inactive`; what is unknown does not count as valid.
 *
 * @source Da Vinci PDex Plan Net 1.2.0, QualificationStatusCS; `issiner` (issued in error) never was a credential
 */
const STATUSES: Readonly<Record<string, Credential['status']>> = { active: 'valid', pending: 'pending', unknown: 'pending', inactive: 'suspended', revoked: 'revoked' };

/** As the contract writes them. */
const PERSON_ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/;
const CODE = /^[A-Za-z0-9][A-Za-z0-9 ._:/#-]{0,63}$/;
const FACILITY = /^[A-Z][A-Z0-9-]{1,15}$/;
const NPI = /^[12]\d{9}$/;

/** A sanction whose beginning nobody knows has always held. */
const ALWAYS = '1900-01-01';

type Systems = FhirSettings['systems'];

/** Undefined for somebody who bears no id of ours. */
export function personIdOf({ identifier }: Practitioner, systems: Systems): string | undefined {
  return valueOf(identifier, systems.person, PERSON_ID);
}

export function npiOf({ identifier }: Practitioner, systems: Systems): string | undefined {
  return valueOf(identifier, systems.npi, NPI);
}

/** What cannot be understood counts as if it were not there: nobody gets a right by it. */
export function credentialsOf({ qualification = [] }: Practitioner, personId: string, settings: FhirSettings): { credentials: Credential[]; leftOut: number } {
  const each = qualification.map((one) => (QualificationShape.check(one).length > 0 ? undefined : credentialsIn(one as Qualification, personId, settings)));
  return { credentials: each.flatMap((one) => one ?? []), leftOut: each.filter((one) => one === undefined).length };
}

function credentialsIn({ extension, identifier, code: concept, period, issuer }: Qualification, personId: string, { systems, kinds }: FhirSettings): Credential[] | undefined {
  const details = extension?.filter((each) => each.url === PLAN_NET).flatMap((each) => each.extension ?? []) ?? [];
  const vendorStatus = details.find((each) => each.url === 'status')?.valueCode ?? 'unknown';
  if (vendorStatus === 'issiner') return [];
  const status = STATUSES[vendorStatus];
  const code = codeOf(concept, systems.code);
  const kind = KINDS.find((each) => each === codeOf(concept, systems.kind)) ?? (code === undefined ? undefined : kinds[code]);
  const id = valueOf(identifier, systems.credential, CODE);
  const facilities = details.filter((each) => each.url === 'whereValid').map((each) => each.valueCodeableConcept && codeOf(each.valueCodeableConcept, systems.facility, FACILITY));
  // A place that is not understood must not become everywhere.
  if (!status || !code || !kind || !id || facilities.includes(undefined)) return undefined;
  const number = identifier?.find((each) => each.system !== systems.credential)?.value?.slice(0, 60);
  const [issuedOn, expiresOn] = [firstDayOf(period?.start), lastDayOf(period?.end)];
  const credential = {
    credentialId: id, personId, kind, code, status,
    ...(issuer?.display === undefined ? {} : { issuer: issuer.display.slice(0, 120) }), ...(number === undefined ? {} : { number }),
    ...(issuedOn === undefined ? {} : { issuedOn }), ...(expiresOn === undefined ? {} : { expiresOn }),
  };
  if (facilities.length === 0) return [credential];
  return facilities.map((facility) => ({ ...credential, facility: facility!, ...(facilities.length > 1 ? { credentialId: `${id}#${facility}`.slice(0, 64) } : {}) }));
}

export function sanctionOf({ code, status, period, meta }: Flag, systems: Systems): Sanction | undefined {
  const source = codeOf(code, systems.sanctionList);
  if (source === undefined || status === 'entered-in-error') return undefined;
  const to = lastDayOf(period?.end) ?? (status === 'active' ? undefined : firstDayOf(meta.lastUpdated));
  return { source, from: firstDayOf(period?.start) ?? ALWAYS, ...(to === undefined ? {} : { to }) };
}

/** The id of the Practitioner of whom a flag is; undefined when it is of somebody or something else. */
export function practitionerIdOf({ subject }: Flag): string | undefined {
  return /(?:^|\/)Practitioner\/([A-Za-z0-9\-.]{1,64})$/.exec(subject.reference)?.[1];
}

function valueOf(identifiers: Identifiers, system: string, form: RegExp): string | undefined {
  return identifiers?.find((each) => each.system === system && each.value !== undefined && form.test(each.value))?.value;
}

function codeOf({ coding }: Concept, system: string, form = CODE): string | undefined {
  return coding?.find((each) => each.system === system && each.code !== undefined && form.test(each.code))?.code;
}

/** `2026-03` is all of March, and a moment is the day on which it lies where it was written. @source https://hl7.org/fhir/R4/datatypes.html#Period */
function firstDayOf(text: string | undefined): string | undefined {
  return dayOf(text, (day) => day.startOf(text!.length === 4 ? 'year' : text!.length === 7 ? 'month' : 'day'));
}

function lastDayOf(text: string | undefined): string | undefined {
  return dayOf(text, (day) => day.endOf(text!.length === 4 ? 'year' : text!.length === 7 ? 'month' : 'day'));
}

function dayOf(text: string | undefined, which: (day: DateTime) => DateTime): string | undefined {
  const day = text === undefined ? undefined : DateTime.fromISO(text, { setZone: true });
  return day?.isValid ? which(day).toISODate() ?? undefined : undefined;
}
