import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { schemaCompiler, type Check } from '#chassis/contract/schemas.ts';
import { ApiError, type InputFault } from '#chassis/errors/failures.ts';

/** What we rely on in the vendor's answers. Everything else may be there and is not looked at. */
export interface Shape<T> {
  name: string;
  check: Check;
  /** Never set; carries the type. */
  readonly of?: T;
}

const compile = schemaCompiler({});

function shape<S extends TSchema>(name: string, schema: S): Shape<Static<S>> {
  return { name, check: compile(schema) };
}

const optional = Type.Optional;
const text = optional(Type.String());
const Instant = Type.String({ format: 'date-time' });
const Id = Type.String({ pattern: '^[A-Za-z0-9\\-.]{1,64}$' });
const Reference = Type.Object({ reference: text });
const Coding = Type.Object({ system: text, code: text });
const Concept = Type.Object({ coding: optional(Type.Array(Coding)) });
const Identifier = Type.Object({ system: text, value: text, type: optional(Concept) });
const Identifiers = optional(Type.Array(Identifier));
const Period = Type.Object({ start: text, end: text });
const Extensions = optional(Type.Array(Type.Object({ url: text, valueReference: optional(Reference) })));
const Meta = Type.Object({ versionId: text, lastUpdated: Instant });
const head = <Name extends string>(name: Name) => ({ resourceType: Type.Literal(name), id: Id });
const Contained = optional(Type.Array(Type.Object({ resourceType: text, id: text })));

export const BundleShape = shape('Bundle', Type.Object({
  resourceType: Type.Literal('Bundle'),
  link: optional(Type.Array(Type.Object({ relation: Type.String(), url: Type.String() }))),
  entry: optional(Type.Array(Type.Object({
    resource: optional(Type.Object({ resourceType: Type.String() })),
    search: optional(Type.Object({ mode: text })),
  }))),
}));

/** What every resource of a poll must have, however odd the rest of it is. */
export const RecordedShape = shape('Resource', Type.Object({ resourceType: Type.String(), id: Id, meta: Meta, status: text }));
export type Recorded = NonNullable<typeof RecordedShape.of>;

const UdiCarrier = Type.Object({ deviceIdentifier: text, issuer: text, carrierHRF: text });

export const DeviceShape = shape('Device', Type.Object({
  resourceType: Type.Literal('Device'), id: text,
  udiCarrier: optional(Type.Array(UdiCarrier)),
  lotNumber: text, serialNumber: text, expirationDate: text, type: optional(Concept),
}));
export type Device = NonNullable<typeof DeviceShape.of>;

export const DeviceUseShape = shape('DeviceUseStatement', Type.Object({
  ...head('DeviceUseStatement'), meta: Meta, status: Type.String(), extension: Extensions, contained: Contained,
  device: Reference, derivedFrom: optional(Type.Array(Reference)), reasonReference: optional(Type.Array(Reference)),
  timingDateTime: text, timingPeriod: optional(Period), recordedOn: text,
}));
export type DeviceUse = NonNullable<typeof DeviceUseShape.of>;

export const SupplyDeliveryShape = shape('SupplyDelivery', Type.Object({
  ...head('SupplyDelivery'), meta: Meta, status: text, extension: Extensions, contained: Contained,
  suppliedItem: optional(Type.Object({
    quantity: optional(Type.Object({ value: optional(Type.Number()), unit: text, code: text })),
    itemCodeableConcept: optional(Concept), itemReference: optional(Reference),
  })),
  destination: optional(Reference), occurrenceDateTime: text, occurrencePeriod: optional(Period),
}));
export type SupplyDelivery = NonNullable<typeof SupplyDeliveryShape.of>;

export const ProcedureShape = shape('Procedure', Type.Object({
  ...head('Procedure'), status: Type.String(), code: optional(Concept), encounter: optional(Reference), location: optional(Reference),
  performedDateTime: text, performedPeriod: optional(Period),
}));
export type Procedure = NonNullable<typeof ProcedureShape.of>;

export const EncounterShape = shape('Encounter', Type.Object({
  ...head('Encounter'), status: Type.String(), class: optional(Coding), subject: optional(Reference), period: optional(Period),
  location: optional(Type.Array(Type.Object({ location: Reference }))), serviceProvider: optional(Reference),
}));
export type Encounter = NonNullable<typeof EncounterShape.of>;

export const PatientShape = shape('Patient', Type.Object({
  ...head('Patient'), identifier: Identifiers, gender: text, birthDate: text,
  name: optional(Type.Array(Type.Object({ use: text, family: text, given: optional(Type.Array(Type.String())) }))),
}));
export type Patient = NonNullable<typeof PatientShape.of>;

export const LocationShape = shape('Location', Type.Object({ ...head('Location'), identifier: Identifiers, managingOrganization: optional(Reference) }));
export type Location = NonNullable<typeof LocationShape.of>;

export const OrganizationShape = shape('Organization', Type.Object({ ...head('Organization'), identifier: Identifiers }));
export type Organization = NonNullable<typeof OrganizationShape.of>;

const active = optional(Type.Boolean());
const Versioned = optional(Type.Object({ versionId: text }));

export const PractitionerShape = shape('Practitioner', Type.Object({
  ...head('Practitioner'), meta: Versioned, identifier: Identifiers, active,
  name: optional(Type.Array(Type.Object({ use: text, family: text, given: optional(Type.Array(Type.String())) }))),
}));
export type Practitioner = NonNullable<typeof PractitionerShape.of>;

export const PractitionerRoleShape = shape('PractitionerRole', Type.Object({
  ...head('PractitionerRole'), meta: Versioned, active, practitioner: optional(Reference),
  code: optional(Type.Array(Concept)), location: optional(Type.Array(Reference)),
}));
export type PractitionerRole = NonNullable<typeof PractitionerRoleShape.of>;

export const CommunicationShape = shape('Communication', Type.Object({
  ...head('Communication'), sent: optional(Instant), category: optional(Type.Array(Concept)),
  payload: optional(Type.Array(Type.Object({ contentString: text }))), meta: optional(Meta),
}));

export function faultsIn(shapeOf: Shape<unknown>, value: unknown): InputFault[] {
  return shapeOf.check(value);
}

/** @throws ApiError upstream-broken, naming the places but nothing of what stood there */
export function fitting<T>(shapeOf: Shape<T>, value: unknown): T {
  const faults = shapeOf.check(value);
  if (faults.length > 0) throw invalidAnswer(`The ${shapeOf.name} that the EHR answered is not valid at ${placesOf(faults)}.`);
  return value as T;
}

export function placesOf(faults: readonly InputFault[]): string {
  return faults.slice(0, 5).map((fault) => `${fault.pointer || '/'} (${fault.code ?? 'invalid'})`).join(', ');
}

export function invalidAnswer(detail: string, cause?: unknown): ApiError {
  return new ApiError('upstream-broken', detail, { code: 'vendor-answer-invalid', cause });
}
