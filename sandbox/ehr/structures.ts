/**
 * The elements of the FHIR R4 types this server keeps, written as `cardinality type @value-set`.
 * Cardinality: `?` 0..1, `1` 1..1, `*` 0..*, `+` 1..*. Choice types keep their `[x]`; backbone elements are named by path.
 *
 * @source https://hl7.org/fhir/R4/datatypes.html and the page of each resource (`https://hl7.org/fhir/R4/patient.html` ...)
 */
export type Structure = Readonly<Record<string, string>>;

const EXTENDED: Structure = { id: '? string', extension: '* Extension' };
const BACKBONE: Structure = { ...EXTENDED, modifierExtension: '* Extension' };
const DOMAIN_RESOURCE: Structure = {
  id: '? id', meta: '? Meta', implicitRules: '? uri', language: '? code',
  text: '? Narrative', contained: '* Resource', extension: '* Extension', modifierExtension: '* Extension',
};

export const DATA_TYPES: Readonly<Record<string, Structure>> = {
  Extension: { ...EXTENDED, url: '1 uri', 'value[x]': '? any' },
  Meta: { ...EXTENDED, versionId: '? id', lastUpdated: '? instant', source: '? uri', profile: '* canonical', security: '* Coding', tag: '* Coding' },
  Narrative: { ...EXTENDED, status: '1 code @narrative-status', div: '1 xhtml' },
  Identifier: { ...EXTENDED, use: '? code @identifier-use', type: '? CodeableConcept', system: '? uri', value: '? string', period: '? Period', assigner: '? Reference(Organization)' },
  HumanName: { ...EXTENDED, use: '? code @name-use', text: '? string', family: '? string', given: '* string', prefix: '* string', suffix: '* string', period: '? Period' },
  ContactPoint: { ...EXTENDED, system: '? code @contact-point-system', value: '? string', use: '? code @contact-point-use', rank: '? positiveInt', period: '? Period' },
  Address: { ...EXTENDED, use: '? code @address-use', type: '? code @address-type', text: '? string', line: '* string', city: '? string', district: '? string', state: '? string', postalCode: '? string', country: '? string', period: '? Period' },
  Coding: { ...EXTENDED, system: '? uri', version: '? string', code: '? code', display: '? string', userSelected: '? boolean' },
  CodeableConcept: { ...EXTENDED, coding: '* Coding', text: '? string' },
  Reference: { ...EXTENDED, reference: '? string', type: '? uri', identifier: '? Identifier', display: '? string' },
  Period: { ...EXTENDED, start: '? dateTime', end: '? dateTime' },
  Quantity: { ...EXTENDED, value: '? decimal', comparator: '? code @quantity-comparator', unit: '? string', system: '? uri', code: '? code' },
  SimpleQuantity: { ...EXTENDED, value: '? decimal', unit: '? string', system: '? uri', code: '? code' },
  Age: { ...EXTENDED, value: '? decimal', comparator: '? code @quantity-comparator', unit: '? string', system: '? uri', code: '? code' },
  Duration: { ...EXTENDED, value: '? decimal', comparator: '? code @quantity-comparator', unit: '? string', system: '? uri', code: '? code' },
  Range: { ...EXTENDED, low: '? SimpleQuantity', high: '? SimpleQuantity' },
  Annotation: { ...EXTENDED, 'author[x]': '? Reference(Practitioner,Patient,RelatedPerson,Organization)|string', time: '? dateTime', text: '1 markdown' },
  Attachment: { ...EXTENDED, contentType: '? code', language: '? code', data: '? base64Binary', url: '? url', size: '? unsignedInt', hash: '? base64Binary', title: '? string', creation: '? dateTime' },
  Timing: { ...BACKBONE, event: '* dateTime', repeat: '? any', code: '? CodeableConcept' },
};

export const RESOURCES: Readonly<Record<string, Structure>> = {
  Patient: {
    ...DOMAIN_RESOURCE,
    identifier: '* Identifier', active: '? boolean', name: '* HumanName', telecom: '* ContactPoint', gender: '? code @administrative-gender',
    birthDate: '? date', 'deceased[x]': '? boolean|dateTime', address: '* Address', maritalStatus: '? CodeableConcept',
    'multipleBirth[x]': '? boolean|integer', photo: '* Attachment', contact: '* Patient.contact', communication: '* Patient.communication',
    generalPractitioner: '* Reference(Organization,Practitioner,PractitionerRole)', managingOrganization: '? Reference(Organization)', link: '* Patient.link',
  },
  Encounter: {
    ...DOMAIN_RESOURCE,
    identifier: '* Identifier', status: '1 code @encounter-status', statusHistory: '* Encounter.statusHistory', class: '1 Coding', classHistory: '* Encounter.classHistory',
    type: '* CodeableConcept', serviceType: '? CodeableConcept', priority: '? CodeableConcept', subject: '? Reference(Patient,Group)',
    episodeOfCare: '* Reference(EpisodeOfCare)', basedOn: '* Reference(ServiceRequest)', participant: '* Encounter.participant', appointment: '* Reference(Appointment)',
    period: '? Period', length: '? Duration', reasonCode: '* CodeableConcept', reasonReference: '* Reference(Condition,Procedure,Observation,ImmunizationRecommendation)',
    diagnosis: '* Encounter.diagnosis', account: '* Reference(Account)', hospitalization: '? Encounter.hospitalization', location: '* Encounter.location',
    serviceProvider: '? Reference(Organization)', partOf: '? Reference(Encounter)',
  },
  Procedure: {
    ...DOMAIN_RESOURCE,
    identifier: '* Identifier', instantiatesCanonical: '* canonical', instantiatesUri: '* uri', basedOn: '* Reference(CarePlan,ServiceRequest)',
    partOf: '* Reference(Procedure,Observation,MedicationAdministration)', status: '1 code @event-status', statusReason: '? CodeableConcept',
    category: '? CodeableConcept', code: '? CodeableConcept', subject: '1 Reference(Patient,Group)', encounter: '? Reference(Encounter)',
    'performed[x]': '? dateTime|Period|string|Age|Range', recorder: '? Reference(Patient,RelatedPerson,Practitioner,PractitionerRole)',
    asserter: '? Reference(Patient,RelatedPerson,Practitioner,PractitionerRole)', performer: '* Procedure.performer', location: '? Reference(Location)',
    reasonCode: '* CodeableConcept', reasonReference: '* Reference(Condition,Observation,Procedure,DiagnosticReport,DocumentReference)',
    bodySite: '* CodeableConcept', outcome: '? CodeableConcept', report: '* Reference(DiagnosticReport,DocumentReference,Composition)',
    complication: '* CodeableConcept', complicationDetail: '* Reference(Condition)', followUp: '* CodeableConcept', note: '* Annotation',
    focalDevice: '* Procedure.focalDevice', usedReference: '* Reference(Device,Medication,Substance)', usedCode: '* CodeableConcept',
  },
  Device: {
    ...DOMAIN_RESOURCE,
    identifier: '* Identifier', definition: '? Reference(DeviceDefinition)', udiCarrier: '* Device.udiCarrier', status: '? code @device-status', statusReason: '* CodeableConcept',
    distinctIdentifier: '? string', manufacturer: '? string', manufactureDate: '? dateTime', expirationDate: '? dateTime', lotNumber: '? string', serialNumber: '? string',
    deviceName: '* Device.deviceName', modelNumber: '? string', partNumber: '? string', type: '? CodeableConcept', specialization: '* Device.specialization',
    version: '* Device.version', property: '* Device.property', patient: '? Reference(Patient)', owner: '? Reference(Organization)', contact: '* ContactPoint',
    location: '? Reference(Location)', url: '? uri', note: '* Annotation', safety: '* CodeableConcept', parent: '? Reference(Device)',
  },
  DeviceUseStatement: {
    ...DOMAIN_RESOURCE,
    identifier: '* Identifier', basedOn: '* Reference(ServiceRequest)', status: '1 code @device-statement-status', subject: '1 Reference(Patient,Group)',
    derivedFrom: '* Reference(ServiceRequest,Procedure,Claim,Observation,QuestionnaireResponse,DocumentReference)', 'timing[x]': '? Timing|Period|dateTime',
    recordedOn: '? dateTime', source: '? Reference(Patient,Practitioner,PractitionerRole,RelatedPerson)', device: '1 Reference(Device)', reasonCode: '* CodeableConcept',
    // Procedure is not among the targets of the R4 page, but the official example points to one.
    reasonReference: '* Reference(Condition,Observation,DiagnosticReport,DocumentReference,Media,Procedure)', bodySite: '? CodeableConcept', note: '* Annotation',
  },
  SupplyRequest: {
    ...DOMAIN_RESOURCE,
    identifier: '* Identifier', status: '? code @supplyrequest-status', category: '? CodeableConcept', priority: '? code @request-priority',
    'item[x]': '1 CodeableConcept|Reference(Medication,Substance,Device)', quantity: '1 Quantity', parameter: '* SupplyRequest.parameter',
    'occurrence[x]': '? dateTime|Period|Timing', authoredOn: '? dateTime', requester: '? Reference(Practitioner,PractitionerRole,Organization,Patient,RelatedPerson,Device)',
    supplier: '* Reference(Organization,HealthcareService)', reasonCode: '* CodeableConcept', reasonReference: '* Reference(Condition,Observation,DiagnosticReport,DocumentReference)',
    deliverFrom: '? Reference(Organization,Location)', deliverTo: '? Reference(Organization,Location,Patient)',
  },
  SupplyDelivery: {
    ...DOMAIN_RESOURCE,
    identifier: '* Identifier', basedOn: '* Reference(SupplyRequest)', partOf: '* Reference(SupplyDelivery,Contract)', status: '? code @supplydelivery-status',
    patient: '? Reference(Patient)', type: '? CodeableConcept', suppliedItem: '? SupplyDelivery.suppliedItem', 'occurrence[x]': '? dateTime|Period|Timing',
    supplier: '? Reference(Practitioner,PractitionerRole,Organization)', destination: '? Reference(Location)', receiver: '* Reference(Practitioner,PractitionerRole)',
  },
  Communication: {
    ...DOMAIN_RESOURCE,
    identifier: '* Identifier', instantiatesCanonical: '* canonical', instantiatesUri: '* uri', basedOn: '* Reference', partOf: '* Reference', inResponseTo: '* Reference(Communication)',
    status: '1 code @event-status', statusReason: '? CodeableConcept', category: '* CodeableConcept', priority: '? code @request-priority', medium: '* CodeableConcept',
    subject: '? Reference(Patient,Group)', topic: '? CodeableConcept', about: '* Reference', encounter: '? Reference(Encounter)', sent: '? dateTime', received: '? dateTime',
    recipient: '* Reference(Device,Organization,Patient,Practitioner,PractitionerRole,RelatedPerson,Group,CareTeam,HealthcareService)',
    sender: '? Reference(Device,Organization,Patient,Practitioner,PractitionerRole,RelatedPerson,HealthcareService)', reasonCode: '* CodeableConcept',
    reasonReference: '* Reference(Condition,Observation,DiagnosticReport,DocumentReference)', payload: '* Communication.payload', note: '* Annotation',
  },
  Practitioner: {
    ...DOMAIN_RESOURCE,
    identifier: '* Identifier', active: '? boolean', name: '* HumanName', telecom: '* ContactPoint', address: '* Address', gender: '? code @administrative-gender',
    birthDate: '? date', photo: '* Attachment', qualification: '* Practitioner.qualification', communication: '* CodeableConcept',
  },
  PractitionerRole: {
    ...DOMAIN_RESOURCE,
    identifier: '* Identifier', active: '? boolean', period: '? Period', practitioner: '? Reference(Practitioner)', organization: '? Reference(Organization)',
    code: '* CodeableConcept', specialty: '* CodeableConcept', location: '* Reference(Location)', healthcareService: '* Reference(HealthcareService)', telecom: '* ContactPoint',
    availableTime: '* PractitionerRole.availableTime', notAvailable: '* PractitionerRole.notAvailable', availabilityExceptions: '? string', endpoint: '* Reference(Endpoint)',
  },
  Organization: {
    ...DOMAIN_RESOURCE,
    identifier: '* Identifier', active: '? boolean', type: '* CodeableConcept', name: '? string', alias: '* string', telecom: '* ContactPoint', address: '* Address',
    partOf: '? Reference(Organization)', contact: '* Organization.contact', endpoint: '* Reference(Endpoint)',
  },
  Location: {
    ...DOMAIN_RESOURCE,
    identifier: '* Identifier', status: '? code @location-status', operationalStatus: '? Coding', name: '? string', alias: '* string', description: '? string',
    mode: '? code @location-mode', type: '* CodeableConcept', telecom: '* ContactPoint', address: '? Address', physicalType: '? CodeableConcept',
    position: '? Location.position', managingOrganization: '? Reference(Organization)', partOf: '? Reference(Location)',
    hoursOfOperation: '* Location.hoursOfOperation', availabilityExceptions: '? string', endpoint: '* Reference(Endpoint)',
  },
};

export const BACKBONE_ELEMENTS: Readonly<Record<string, Structure>> = {
  'Patient.contact': { ...BACKBONE, relationship: '* CodeableConcept', name: '? HumanName', telecom: '* ContactPoint', address: '? Address', gender: '? code @administrative-gender', organization: '? Reference(Organization)', period: '? Period' },
  'Patient.communication': { ...BACKBONE, language: '1 CodeableConcept', preferred: '? boolean' },
  'Patient.link': { ...BACKBONE, other: '1 Reference(Patient,RelatedPerson)', type: '1 code @link-type' },
  'Encounter.statusHistory': { ...BACKBONE, status: '1 code @encounter-status', period: '1 Period' },
  'Encounter.classHistory': { ...BACKBONE, class: '1 Coding', period: '1 Period' },
  'Encounter.participant': { ...BACKBONE, type: '* CodeableConcept', period: '? Period', individual: '? Reference(Practitioner,PractitionerRole,RelatedPerson)' },
  'Encounter.diagnosis': { ...BACKBONE, condition: '1 Reference(Condition,Procedure)', use: '? CodeableConcept', rank: '? positiveInt' },
  'Encounter.hospitalization': { ...BACKBONE, preAdmissionIdentifier: '? Identifier', origin: '? Reference(Location,Organization)', admitSource: '? CodeableConcept', reAdmission: '? CodeableConcept', dietPreference: '* CodeableConcept', specialCourtesy: '* CodeableConcept', specialArrangement: '* CodeableConcept', destination: '? Reference(Location,Organization)', dischargeDisposition: '? CodeableConcept' },
  'Encounter.location': { ...BACKBONE, location: '1 Reference(Location)', status: '? code @encounter-location-status', physicalType: '? CodeableConcept', period: '? Period' },
  'Procedure.performer': { ...BACKBONE, function: '? CodeableConcept', actor: '1 Reference(Practitioner,PractitionerRole,Organization,Patient,RelatedPerson,Device)', onBehalfOf: '? Reference(Organization)' },
  'Procedure.focalDevice': { ...BACKBONE, action: '? CodeableConcept', manipulated: '1 Reference(Device)' },
  'Device.udiCarrier': { ...BACKBONE, deviceIdentifier: '? string', issuer: '? uri', jurisdiction: '? uri', carrierAIDC: '? base64Binary', carrierHRF: '? string', entryType: '? code @udi-entry-type' },
  'Device.deviceName': { ...BACKBONE, name: '1 string', type: '1 code @device-nametype' },
  'Device.specialization': { ...BACKBONE, systemType: '1 CodeableConcept', version: '? string' },
  'Device.version': { ...BACKBONE, type: '? CodeableConcept', component: '? Identifier', value: '1 string' },
  'Device.property': { ...BACKBONE, type: '1 CodeableConcept', valueQuantity: '* Quantity', valueCode: '* CodeableConcept' },
  'SupplyRequest.parameter': { ...BACKBONE, code: '? CodeableConcept', 'value[x]': '? CodeableConcept|Quantity|Range|boolean' },
  'SupplyDelivery.suppliedItem': { ...BACKBONE, quantity: '? SimpleQuantity', 'item[x]': '? CodeableConcept|Reference(Medication,Substance,Device)' },
  'Communication.payload': { ...BACKBONE, 'content[x]': '1 string|Attachment|Reference' },
  'Practitioner.qualification': { ...BACKBONE, identifier: '* Identifier', code: '1 CodeableConcept', period: '? Period', issuer: '? Reference(Organization)' },
  'PractitionerRole.availableTime': { ...BACKBONE, daysOfWeek: '* code @days-of-week', allDay: '? boolean', availableStartTime: '? time', availableEndTime: '? time' },
  'PractitionerRole.notAvailable': { ...BACKBONE, description: '1 string', during: '? Period' },
  'Organization.contact': { ...BACKBONE, purpose: '? CodeableConcept', name: '? HumanName', telecom: '* ContactPoint', address: '? Address' },
  'Location.position': { ...BACKBONE, longitude: '1 decimal', latitude: '1 decimal', altitude: '? decimal' },
  'Location.hoursOfOperation': { ...BACKBONE, daysOfWeek: '* code @days-of-week', allDay: '? boolean', openingTime: '? time', closingTime: '? time' },
};
