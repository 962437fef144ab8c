/** Who can work in the sandbox hospital: its jobs and departments. Invented for this project; codes are its own. */

export interface Job {
  code: string;
  title: string;
  family: string;
  isClinical: boolean;
  /** Codes of credentials that somebody in this job usually has. */
  credentials: readonly string[];
}

export interface Department {
  code: string;
  name: string;
  facilities: readonly string[];
  /** Of the ERP; volunteers have none on purpose. */
  costCentre?: string;
  jobs: readonly string[];
}

export const jobs: readonly Job[] = [
  { code: 'RN', title: 'Registered nurse', family: 'Nursing', isClinical: true, credentials: ['RN', 'BLS'] },
  { code: 'MW', title: 'Midwife', family: 'Nursing', isClinical: true, credentials: ['CNM', 'BLS'] },
  { code: 'PHYS', title: 'Physician', family: 'Medical staff', isClinical: true, credentials: ['MD', 'DEA', 'ACLS'] },
  { code: 'SURGT', title: 'Surgical technologist', family: 'Perioperative', isClinical: true, credentials: ['CST', 'BLS'] },
  { code: 'RPH', title: 'Pharmacist', family: 'Pharmacy', isClinical: true, credentials: ['RPH'] },
  { code: 'REG', title: 'Registrar', family: 'Patient access', isClinical: false, credentials: [] },
  { code: 'STORE', title: 'Stores assistant', family: 'Supply chain', isClinical: false, credentials: [] },
  { code: 'BUYER', title: 'Buyer', family: 'Supply chain', isClinical: false, credentials: [] },
  { code: 'AP', title: 'Accounts payable clerk', family: 'Finance', isClinical: false, credentials: [] },
  { code: 'SYSADM', title: 'Systems administrator', family: 'Information technology', isClinical: false, credentials: [] },
  { code: 'VOL', title: 'Volunteer', family: 'Volunteers', isClinical: false, credentials: [] },
];

export const departments: readonly Department[] = [
  { code: 'CATHLAB', name: 'Cardiac catheterisation laboratory', facilities: ['MAIN'], costCentre: '7010', jobs: ['RN', 'PHYS', 'SURGT'] },
  { code: 'THEATRE', name: 'Operating theatres', facilities: ['MAIN'], costCentre: '7020', jobs: ['RN', 'PHYS', 'SURGT'] },
  { code: 'EPLAB', name: 'Electrophysiology', facilities: ['MAIN'], costCentre: '7030', jobs: ['RN', 'PHYS'] },
  { code: 'ED', name: 'Emergency department', facilities: ['MAIN'], costCentre: '7040', jobs: ['RN', 'PHYS', 'REG'] },
  { code: 'CLINIC', name: 'Outpatient clinic', facilities: ['MAIN', 'EAST'], costCentre: '7050', jobs: ['RN', 'PHYS', 'REG', 'RPH'] },
  { code: 'MATERNITY', name: 'Maternity', facilities: ['MAIN'], costCentre: '7060', jobs: ['RN', 'MW', 'PHYS'] },
  { code: 'STORES', name: 'Central stores', facilities: ['MAIN', 'EAST'], costCentre: '7090', jobs: ['STORE', 'BUYER', 'AP', 'SYSADM'] },
  { code: 'VOLUNTEERS', name: 'Volunteers', facilities: ['MAIN'], jobs: ['VOL'] },
];

/** What each directory can give: groups of the hospital's directory, roles in applications, zones of badges. */
export const directoryRights = {
  directory: ['staff', 'nurses', 'medical-staff', 'administrators'],
  applications: ['intranet', 'charting', 'prescribing', 'pharmacy', 'registration', 'procurement', 'payables'],
  badges: ['entrances', 'cathlab', 'theatre', 'maternity', 'emergency', 'stores', 'vault'],
} as const;

/** What a credential of the code is, as credentialing has it. */
export const credentialKinds: Readonly<Record<string, { kind: 'licence' | 'privilege' | 'board-certification' | 'certificate' | 'registration'; issuer: string }>> = {
  RN: { kind: 'licence', issuer: 'Massachusetts Board of Registration in Nursing' },
  CNM: { kind: 'licence', issuer: 'Massachusetts Board of Registration in Nursing' },
  MD: { kind: 'licence', issuer: 'Massachusetts Board of Registration in Medicine' },
  RPH: { kind: 'licence', issuer: 'Massachusetts Board of Registration in Pharmacy' },
  DEA: { kind: 'registration', issuer: 'Drug Enforcement Administration' },
  CST: { kind: 'certificate', issuer: 'National Board of Surgical Technology' },
  BLS: { kind: 'certificate', issuer: 'American Heart Association' },
  ACLS: { kind: 'certificate', issuer: 'American Heart Association' },
};

/** A provider number whose check digit is right, for demonstrations: the digits before it run from 100000000. */
export function demonstrationNpi(sequence: number): string {
  const digits = String(100_000_000 + sequence);
  // Luhn over 80840 and the number, as CMS has it.
  const sum = [...`80840${digits}`].toReversed().reduce((total, digit, place) => {
    const doubled = Number(digit) * (place % 2 === 0 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}
