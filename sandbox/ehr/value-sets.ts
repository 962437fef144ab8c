/**
 * Codes of the value sets that R4 binds with strength "required" to the elements of `structures.ts`.
 *
 * @source https://hl7.org/fhir/R4/valueset-<name>.html for each name below
 */
export const VALUE_SETS: Readonly<Record<string, ReadonlySet<string>>> = {
  'narrative-status': codes('generated extensions additional empty'),
  'identifier-use': codes('usual official temp secondary old'),
  'name-use': codes('usual official temp nickname anonymous old maiden'),
  'contact-point-system': codes('phone fax email pager url sms other'),
  'contact-point-use': codes('home work temp old mobile'),
  'address-use': codes('home work temp old billing'),
  'address-type': codes('postal physical both'),
  'quantity-comparator': codes('< <= >= >'),
  'administrative-gender': codes('male female other unknown'),
  'link-type': codes('replaced-by replaces refer seealso'),
  'encounter-status': codes('planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown'),
  'encounter-location-status': codes('planned active reserved completed'),
  'event-status': codes('preparation in-progress not-done on-hold stopped completed entered-in-error unknown'),
  'device-status': codes('active inactive entered-in-error unknown'),
  'udi-entry-type': codes('barcode rfid manual card self-reported unknown'),
  'device-nametype': codes('udi-label-name user-friendly-name patient-reported-name manufacturer-name model-name other'),
  'device-statement-status': codes('active completed entered-in-error intended stopped on-hold'),
  'supplyrequest-status': codes('draft active suspended cancelled completed entered-in-error unknown'),
  'supplydelivery-status': codes('in-progress completed abandoned entered-in-error'),
  'request-priority': codes('routine urgent asap stat'),
  'location-status': codes('active suspended inactive'),
  'location-mode': codes('instance kind'),
  'days-of-week': codes('mon tue wed thu fri sat sun'),
};

function codes(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}
