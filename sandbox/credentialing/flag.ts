import { SEARCH_PARAMETERS, type SearchParameter } from '../ehr/search-parameters.ts';
import { RESOURCES, type Structure } from '../ehr/structures.ts';
import { VALUE_SETS } from '../ehr/value-sets.ts';

/**
 * The FHIR type in which this office keeps sanctions. The server beneath is that of the simulated record system, which has
 * no such type of its own.
 *
 * @source https://hl7.org/fhir/R4/flag.html
 */
const FLAG: Structure = {
  id: '? id', meta: '? Meta', text: '? Narrative', extension: '* Extension',
  identifier: '* Identifier', status: '1 code @flag-status', category: '* CodeableConcept', code: '1 CodeableConcept',
  subject: '1 Reference(Patient,Location,Group,Organization,Practitioner,PlanDefinition,Medication,Procedure)',
  period: '? Period', encounter: '? Reference(Encounter)', author: '? Reference(Device,Organization,Patient,Practitioner,PractitionerRole)',
};

const FOUND_BY: Readonly<Record<string, SearchParameter>> = {
  identifier: { type: 'token', paths: ['identifier'] },
  subject: { type: 'reference', paths: ['subject'] },
  date: { type: 'date', paths: ['period'] },
};

/** Lets the server beneath keep flags. */
export function keepFlags(): void {
  Object.assign(RESOURCES, { Flag: FLAG });
  Object.assign(SEARCH_PARAMETERS, { Flag: FOUND_BY });
  Object.assign(VALUE_SETS, { 'flag-status': new Set(['active', 'inactive', 'entered-in-error']) });
}
