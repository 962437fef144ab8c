import { invalid } from './refusal.ts';

export interface Ref {
  id: string;
}

/** What somebody is from a day on; of a job change only what becomes another. */
export interface JobData {
  jobProfile?: Ref;
  supervisoryOrganization?: Ref;
  location?: Ref;
  position?: Ref;
  manager?: { universalId: string };
  fte?: number;
}

/** What each business process takes. */
export interface Bodies {
  hire: JobData & { universalId?: string; legalName: { firstName: string; lastName: string }; workEmail?: string; npi?: string; hireDate: string; keepsWorkerId?: boolean };
  jobChange: JobData & { worker: Ref; effectiveDate: string };
  leaveOfAbsence: { worker: Ref; firstDayOfLeave: string };
  returnFromLeave: { worker: Ref; firstDayBack: string };
  terminate: { worker: Ref; terminationDate: string; primaryReason: Ref; removeAccessImmediately?: boolean };
  rescind: { event: Ref };
}
export type Kind = keyof Bodies;

const REQUIRED: { [Each in Kind]: readonly string[] } = {
  hire: ['legalName.firstName', 'legalName.lastName', 'hireDate', 'jobProfile.id', 'supervisoryOrganization.id', 'location.id'],
  jobChange: ['worker.id', 'effectiveDate'],
  leaveOfAbsence: ['worker.id', 'firstDayOfLeave'],
  returnFromLeave: ['worker.id', 'firstDayBack'],
  terminate: ['worker.id', 'terminationDate', 'primaryReason.id'],
  rescind: ['event.id'],
};

export function isKind(name: string): name is Kind {
  return Object.hasOwn(REQUIRED, name);
}

/** @throws Refusal that names every field that is missing or no day */
export function checkedBody<K extends Kind>(kind: K, body: unknown): Bodies[K] {
  const missing = REQUIRED[kind].filter((path) => {
    const value = path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], body);
    return typeof value !== 'string' || value === '' || (/Date$|^firstDay/.test(path) && !isDay(value));
  });
  if (missing.length > 0) throw invalid(...missing.map((path) => ({ error: 'The field is required and must be valid.', field: path.split('.')[0]! })));
  return body as Bodies[K];
}

export function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
