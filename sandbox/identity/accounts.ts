/** What a person may do in the hospital; tokens carry these in `roles`, and the APIs decide by them. */
export type Role =
  | 'requester'
  | 'department-manager'
  | 'department-director'
  | 'chief-financial-officer'
  | 'approval-delegate'
  | 'buyer'
  | 'dock-clerk'
  | 'accounts-payable-clerk'
  | 'accounts-payable-manager'
  | 'supply-chain-analyst'
  | 'integration-operations'
  | 'hr-analyst'
  | 'security-officer'
  | 'pharmacy-director';

export interface Account {
  /** Sign-in name and subject of the tokens. */
  username: string;
  /** The person at work; tokens carry it as `person`. */
  personId: string;
  name: string;
  /** Shown on no page; for the reader of this table. */
  position: string;
  roles: readonly Role[];
  facilities: readonly string[];
  /** Cost centres for which the person asks or approves. */
  costCenters: readonly string[];
}

const both = ['MAIN', 'EAST'];
const everyCostCenter = ['7010', '7020', '7030', '7040', '7050', '7060', '7090'];

/** The people of the sandbox hospital. All names are invented; passwords are made at each installation (see state.ts). */
export const demoAccounts: readonly Account[] = [
  { username: 'nina.alvarez', personId: 'P-1001', name: 'Nina Alvarez', position: 'Nurse, catheterisation laboratory', roles: ['requester'], facilities: ['MAIN'], costCenters: ['7010'] },
  { username: 'omar.reyes', personId: 'P-1002', name: 'Omar Reyes', position: 'Materials coordinator, operating theatres and electrophysiology', roles: ['requester'], facilities: ['MAIN'], costCenters: ['7020', '7030'] },
  { username: 'june.park', personId: 'P-1003', name: 'June Park', position: 'Midwife, maternity', roles: ['requester'], facilities: ['MAIN'], costCenters: ['7060'] },
  { username: 'rosa.diaz', personId: 'P-1004', name: 'Rosa Diaz', position: 'Nurse, East clinic', roles: ['requester'], facilities: ['EAST'], costCenters: ['7050'] },

  { username: 'maya.cohen', personId: 'P-1005', name: 'Maya Cohen', position: 'Manager, catheterisation laboratory and electrophysiology', roles: ['department-manager', 'requester'], facilities: ['MAIN'], costCenters: ['7010', '7030'] },
  { username: 'david.okafor', personId: 'P-1006', name: 'David Okafor', position: 'Manager, operating theatres', roles: ['department-manager', 'requester'], facilities: ['MAIN'], costCenters: ['7020'] },
  { username: 'priya.raman', personId: 'P-1007', name: 'Priya Raman', position: 'Manager, emergency, outpatient clinic, maternity and stores', roles: ['department-manager', 'requester'], facilities: both, costCenters: ['7040', '7050', '7060', '7090'] },
  { username: 'helen.brandt', personId: 'P-1008', name: 'Helen Brandt', position: 'Director, cardiovascular services', roles: ['department-director'], facilities: both, costCenters: ['7010', '7030'] },
  { username: 'luis.ferreira', personId: 'P-1009', name: 'Luis Ferreira', position: 'Director, perioperative and ambulatory services', roles: ['department-director'], facilities: both, costCenters: ['7020', '7040', '7050', '7060', '7090'] },
  { username: 'grace.kim', personId: 'P-1010', name: 'Grace Kim', position: 'Chief financial officer', roles: ['chief-financial-officer'], facilities: both, costCenters: everyCostCenter },
  { username: 'tomas.novak', personId: 'P-1011', name: 'Tomas Novak', position: 'Charge nurse; approves only in another\'s place', roles: ['approval-delegate', 'requester'], facilities: ['MAIN'], costCenters: ['7010'] },

  { username: 'ben.turner', personId: 'P-1012', name: 'Ben Turner', position: 'Buyer', roles: ['buyer'], facilities: both, costCenters: [] },
  { username: 'dora.ivanova', personId: 'P-1013', name: 'Dora Ivanova', position: 'Dock clerk, Lakeside General', roles: ['dock-clerk'], facilities: ['MAIN'], costCenters: [] },
  { username: 'eve.lindqvist', personId: 'P-1014', name: 'Eve Lindqvist', position: 'Dock clerk, East clinic', roles: ['dock-clerk'], facilities: ['EAST'], costCenters: [] },
  { username: 'carla.mendes', personId: 'P-1015', name: 'Carla Mendes', position: 'Accounts payable clerk', roles: ['accounts-payable-clerk'], facilities: both, costCenters: [] },
  { username: 'arthur.bell', personId: 'P-1016', name: 'Arthur Bell', position: 'Accounts payable manager', roles: ['accounts-payable-manager', 'accounts-payable-clerk'], facilities: both, costCenters: [] },
  { username: 'sofia.weber', personId: 'P-1017', name: 'Sofia Weber', position: 'Supply chain analyst', roles: ['supply-chain-analyst'], facilities: both, costCenters: [] },
  { username: 'ivan.petrov', personId: 'P-1018', name: 'Ivan Petrov', position: 'Integration operations', roles: ['integration-operations'], facilities: both, costCenters: [] },
  { username: 'olga.marin', personId: 'P-1019', name: 'Olga Marin', position: 'Integration operations', roles: ['integration-operations'], facilities: both, costCenters: [] },
  { username: 'hana.sato', personId: 'P-1021', name: 'Hana Sato', position: 'HR analyst', roles: ['hr-analyst'], facilities: both, costCenters: [] },
  { username: 'sam.oduya', personId: 'P-1022', name: 'Sam Oduya', position: 'Information security officer', roles: ['security-officer'], facilities: both, costCenters: [] },
  { username: 'ruth.klein', personId: 'P-1023', name: 'Ruth Klein', position: 'Director of pharmacy', roles: ['pharmacy-director'], facilities: both, costCenters: [] },
  { username: 'noel.gray', personId: 'P-1020', name: 'Noel Gray', position: 'Visiting auditor without any role', roles: [], facilities: [], costCenters: [] },
];
