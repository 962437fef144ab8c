export type SearchType = 'token' | 'string' | 'date' | 'reference';
export interface SearchParameter {
  type: SearchType;
  paths: readonly string[];
  /** Resource types a reference may lead to, where the parameter itself narrows them (`patient`). */
  target?: string;
}

/**
 * Search parameters per type: name, then `type path path ...`.
 *
 * @source the "Search Parameters" section at the foot of each resource's R4 page
 */
const DEFINITIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Patient: {
    identifier: 'token identifier', active: 'token active', name: 'string name', family: 'string name.family', given: 'string name.given', gender: 'token gender',
    birthdate: 'date birthDate', 'death-date': 'date deceasedDateTime', phone: 'token telecom', address: 'string address', 'address-city': 'string address.city',
    'address-postalcode': 'string address.postalCode', organization: 'reference managingOrganization', 'general-practitioner': 'reference generalPractitioner',
  },
  Encounter: {
    identifier: 'token identifier', status: 'token status', class: 'token class', type: 'token type', date: 'date period', subject: 'reference subject',
    patient: 'reference:Patient subject', participant: 'reference participant.individual', practitioner: 'reference:Practitioner participant.individual',
    location: 'reference location.location', 'service-provider': 'reference serviceProvider', 'part-of': 'reference partOf', 'reason-code': 'token reasonCode',
  },
  Procedure: {
    identifier: 'token identifier', status: 'token status', category: 'token category', code: 'token code', date: 'date performedDateTime performedPeriod',
    subject: 'reference subject', patient: 'reference:Patient subject', encounter: 'reference encounter', performer: 'reference performer.actor',
    location: 'reference location', 'part-of': 'reference partOf', 'based-on': 'reference basedOn', 'reason-code': 'token reasonCode',
  },
  Device: {
    identifier: 'token identifier', 'udi-carrier': 'string udiCarrier.carrierHRF', 'udi-di': 'string udiCarrier.deviceIdentifier', 'device-name': 'string deviceName.name type.text',
    manufacturer: 'string manufacturer', model: 'string modelNumber', type: 'token type', status: 'token status', patient: 'reference patient',
    organization: 'reference owner', location: 'reference location',
  },
  DeviceUseStatement: {
    identifier: 'token identifier', device: 'reference device', subject: 'reference subject', patient: 'reference:Patient subject',
  },
  SupplyRequest: {
    identifier: 'token identifier', status: 'token status', category: 'token category', date: 'date authoredOn', requester: 'reference requester',
    subject: 'reference deliverTo', supplier: 'reference supplier',
  },
  SupplyDelivery: {
    identifier: 'token identifier', status: 'token status', patient: 'reference patient', receiver: 'reference receiver', supplier: 'reference supplier',
  },
  Communication: {
    identifier: 'token identifier', status: 'token status', category: 'token category', medium: 'token medium', subject: 'reference subject',
    patient: 'reference:Patient subject', encounter: 'reference encounter', sender: 'reference sender', recipient: 'reference recipient', sent: 'date sent',
    received: 'date received', 'based-on': 'reference basedOn', 'part-of': 'reference partOf',
  },
  Practitioner: {
    identifier: 'token identifier', active: 'token active', name: 'string name', family: 'string name.family', given: 'string name.given', gender: 'token gender',
  },
  PractitionerRole: {
    identifier: 'token identifier', active: 'token active', date: 'date period', practitioner: 'reference practitioner', organization: 'reference organization',
    location: 'reference location', role: 'token code', specialty: 'token specialty', phone: 'token telecom',
  },
  Organization: {
    identifier: 'token identifier', active: 'token active', name: 'string name alias', type: 'token type', address: 'string address', partof: 'reference partOf',
  },
  Location: {
    identifier: 'token identifier', status: 'token status', name: 'string name alias', type: 'token type', organization: 'reference managingOrganization', partof: 'reference partOf',
  },
};

export const SEARCH_PARAMETERS: Readonly<Record<string, Readonly<Record<string, SearchParameter>>>> = Object.fromEntries(
  Object.entries(DEFINITIONS).map(([type, parameters]) => [
    type,
    Object.fromEntries(Object.entries(parameters).map(([name, definition]) => [name, parseDefinition(definition)])),
  ]),
);

function parseDefinition(definition: string): SearchParameter {
  const [kind = '', ...paths] = definition.split(' ');
  const [type, target] = kind.split(':');
  return { type: type as SearchType, paths, ...(target ? { target } : {}) };
}
