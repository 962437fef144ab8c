import { Type, type Static, type TObject, type TProperties } from '@sinclair/typebox';
import { schemaCompiler, type Check } from '#chassis/contract/schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';

/** The part of an answer that is read, and the check that it is there. What is beyond it is not looked at. */
export interface Shape<T> {
  name: string;
  check: Check;
  checkPage: Check;
  /** Never set; carries the type. */
  readonly of?: T;
}

const compile = schemaCompiler({});

function shape<P extends TProperties>(name: string, properties: P): Shape<Static<TObject<P>>> {
  const schema = Type.Object(properties);
  return { name, check: compile(schema), checkPage: compile(Type.Object({ total: Type.Integer({ minimum: 0 }), data: Type.Array(schema) })) };
}

const optional = Type.Optional;
const text = Type.String();
const Ref = Type.Object({ id: Type.String({ minLength: 1 }) });
const Day = Type.String({ format: 'date' });
const flag = Type.Boolean();

const JobRow = Type.Object({
  effectiveDate: Day, jobProfile: Ref, supervisoryOrganization: Ref, location: Ref, position: optional(Ref),
  manager: optional(Type.Object({ universalId: optional(text) })), fte: Type.Number({ minimum: 0, maximum: 1 }),
});
const Employment = Type.Object({
  id: text, hireDate: Day, status: text, lastDayOfWork: optional(Day), terminationReason: optional(Ref), removeAccessImmediately: optional(flag),
  hireEvent: Ref, terminationEvent: optional(Ref), jobData: Type.Array(JobRow), leaves: Type.Array(Type.Object({ firstDay: Day, lastDay: optional(Day) })),
});
export type VendorEmployment = Static<typeof Employment>;

export const WorkerShape = shape('worker', {
  id: text, universalId: optional(text), employments: Type.Array(Employment),
  person: Type.Object({ legalName: Type.Object({ firstName: text, lastName: text }), workEmail: optional(text), npi: optional(text) }),
});
export type VendorWorker = NonNullable<typeof WorkerShape.of>;

export const JobShape = shape('jobProfile', { id: text, descriptor: text, jobFamily: optional(Type.Object({ descriptor: text })), clinical: optional(flag) });
export const OrganizationShape = shape('supervisoryOrganization', { id: text, descriptor: text, costCenter: optional(Ref), locations: optional(Type.Array(Ref)) });
export const PositionShape = shape('position', {
  id: text, descriptor: optional(text), jobProfile: Ref, supervisoryOrganization: Ref, location: Ref,
  status: Type.Unsafe<'Open' | 'Filled' | 'Closed'>({ type: 'string', enum: ['Open', 'Filled', 'Closed'] }),
});
export const TimeBlockShape = shape('timeBlock', { id: text, date: Day, hours: Type.Number(), type: text, status: text, supervisoryOrganization: optional(Ref) });
export const PayrollInputShape = shape('payrollInput', { id: text, externalReference: text, status: text });

export const StartedShape = shape('business process', { id: text, overallStatus: text });
export const ProcessShape = shape('business process', {
  id: text, overallStatus: text, externalReference: optional(text), for: optional(Ref),
  errors: optional(Type.Array(Type.Object({ error: text, field: optional(text) }))),
});
export type Process = NonNullable<typeof ProcessShape.of>;

/** What every entry must have, however odd the rest of it is. */
export const EntryShape = shape('event', {
  id: Type.String({ minLength: 1, maxLength: 80 }), enteredMoment: Type.String({ format: 'date-time' }), transactionType: text,
  worker: Type.Object({ id: text, universalId: optional(text) }), effectiveDate: optional(Day), reason: optional(Ref), removeAccessImmediately: optional(flag), location: optional(Ref),
});
export type Entry = NonNullable<typeof EntryShape.of>;

export const RefusalShape = shape('refusal', { error: text, errors: optional(Type.Array(Type.Object({ error: text, field: optional(text) }))) });
export const TokenShape = shape('token', { access_token: Type.String({ minLength: 1 }), expires_in: Type.Number() });

/** @throws ApiError upstream-broken, naming the place but nothing of what stood there */
export function fitting<T>({ name, check }: Shape<T>, answer: unknown): T {
  const [fault] = check(answer);
  if (fault) throw invalidAnswer(`${name}${fault.pointer} ${fault.detail}`);
  return answer as T;
}

export interface VendorPage<T> {
  total: number;
  data: T[];
}

export function fittingPage<T>({ name, checkPage }: Shape<T>, answer: unknown): VendorPage<T> {
  const [fault] = checkPage(answer);
  if (fault) throw invalidAnswer(`${name}${fault.pointer} ${fault.detail}`);
  return answer as VendorPage<T>;
}

export function invalidAnswer(what: string, cause?: unknown): ApiError {
  return new ApiError('upstream-broken', `The HR system answered in an unexpected form: ${what}.`, { code: 'vendor-answer-invalid', cause });
}
