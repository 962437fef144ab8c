import type { Credential, Standing } from '#contracts/generated/system/credentialing/v1.ts';
import type { Assignment, Employment } from '#contracts/generated/system/hcm/v1.ts';
import { TARGETS, type Person, type Plan } from '../../../process-apis/hire-to-retire/person.ts';
import type { Facts, WorkerFacts } from '../../../process-apis/hire-to-retire/rules.ts';
import type { Rule, Settings } from '../../../process-apis/hire-to-retire/settings.ts';

export const TODAY = '2026-11-20';

export const POLICY: readonly Rule[] = [
  { name: 'Everybody', rights: ['directory:staff', 'badges:entrances'], duringLeave: true },
  { name: 'Nurses', job: 'RN', needs: ['RN', 'BLS'], rights: ['directory:nurses', 'applications:charting', 'clinical:{facility}/{department}/nurse', 'scheduling:unit/{facility}/{department}', 'scheduling:skill/RN'] },
  { name: 'Catheterisation laboratory', department: 'CATHLAB', facility: 'MAIN', rights: ['badges:cathlab'] },
  { name: 'Pharmacists', job: 'RPH', needs: ['RPH'], rights: ['applications:pharmacy'] },
  { name: 'Controlled substances', job: 'RPH', needs: ['RPH'], approvedBy: 'pharmacy-director', rights: ['badges:vault'] },
  { name: 'Administrators', job: 'SYSADM', approvedBy: 'security-officer', rights: ['directory:admins'] },
];

export function sampleSettings(): Settings {
  return {
    calendar: { timeZone: 'UTC' }, policy: structuredClone([...POLICY]) as Rule[],
    limits: { riskMs: 60_000, revokedWithinMs: 300_000 }, drift: { everyMs: 86_400_000, repair: true },
  };
}

export const employment = (changes: Partial<Employment> = {}): Employment => ({ employmentId: 'E-1', hiredOn: '2026-01-05', status: 'hired', ...changes });

export const assignment = (changes: Partial<Assignment> = {}): Assignment => ({
  employmentId: 'E-1', from: '2026-01-05', status: 'active', jobCode: 'RN', departmentCode: 'CATHLAB', facility: 'MAIN', fullTimeEquivalent: 1, ...changes,
});

export const worker = (changes: Partial<WorkerFacts> = {}): WorkerFacts => ({ workerId: 'W-1', employments: [employment()], assignments: [assignment()], ...changes });

export const credential = (code: string, changes: Partial<Credential> = {}): Credential => ({
  credentialId: `C-${code}`, personId: 'P-1', kind: 'licence', code, status: 'valid', issuedOn: '2020-01-01', expiresOn: '2027-06-30', ...changes,
});

export const standing = (...credentials: Credential[]): Standing => ({ personId: 'P-1', credentials, sanctions: [] });

export const facts = (changes: Partial<Facts> = {}): Facts => ({
  workers: [worker()], standing: standing(credential('RN'), credential('BLS')), knownJobs: ['RN', 'RPH', 'SYSADM', 'VOL'],
  costCenters: { CATHLAB: '7010', ED: '7040', CLINIC: '7050', VOLUNTEERS: null }, ...changes,
});

export const emptyPlan = (changes: Partial<Plan> = {}): Plan => ({ standing: 'unknown', workerIds: [], entitlements: [], withheld: [], toApprove: [], questions: [], changesOn: null, ...changes });

export function samplePerson(changes: Partial<Person> = {}): Person {
  return {
    personId: 'P-1', facility: 'MAIN', because: 'worker.changed.v1/1', revision: 0, asked: 0, decisions: {}, reviewInMs: null, departure: null, formerDeparture: null, gaveAnyway: -1, troubles: {},
    plan: emptyPlan(), held: Object.fromEntries(TARGETS.map((target) => [target, null])) as Person['held'], ...changes,
  };
}
