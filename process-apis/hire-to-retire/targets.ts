import type { PersonName } from '#contracts/generated/system/hcm/v1.ts';
import type { Shift } from '#contracts/generated/system/scheduling/v1.ts';
import type { Target } from './person.ts';
import type { Systems } from './systems.ts';

/** What one system is to hold of somebody from now on, whole. */
export interface ToHold {
  personId: string;
  rights: readonly string[];
  /** Given where the system may have to make an account; it makes none otherwise. */
  identity?: { name: PersonName; email?: string; npi?: string };
  endSessions: boolean;
}

/** What it confirmed, read back after it was written. */
export interface Confirmed {
  rights: string[];
  confirmedAt: string;
  /** Shifts that nobody has any more. */
  gaps?: Shift[];
}

/** What a system really holds of one person. */
export interface Holding {
  personId: string;
  rights: string[];
}

/** One system that holds rights, in the one language in which the process asks for them. */
export interface TargetSystem {
  hold(toHold: ToHold, idempotencyKey: string): Promise<Confirmed>;
  list(cursor: string | undefined): Promise<{ items: Holding[]; next?: string }>;
}

/** Every system behind the same two questions: hold exactly this, and what do you hold? */
export function targetsOf({ identity, scheduling, ehr, erp }: Systems): Record<Target, TargetSystem> {
  const directory = (name: string): TargetSystem => ({
    async hold({ personId, rights, identity: who, endSessions }, idempotencyKey) {
      const held = await identity.holdAccount({ directory: name, personId, body: { status: rights.length > 0 ? 'active' : 'disabled', rights: [...rights], ...(who ? { name: who.name, ...(who.email ? { email: who.email } : {}) } : {}), endSessions } }, { idempotencyKey });
      return { rights: held.status === 'active' ? held.rights : [], confirmedAt: held.confirmedAt };
    },
    async list(cursor) {
      const { items, next } = await identity.listAccounts({ directory: name, limit: 200, ...(cursor ? { cursor } : {}) });
      return { items: items.map(({ personId, status, rights }) => ({ personId, rights: status === 'active' ? rights : [] })), ...(next ? { next } : {}) };
    },
  });
  return {
    directory: directory('directory'),
    applications: directory('applications'),
    badges: directory('badges'),
    scheduling: {
      async hold({ personId, rights, identity: who }, idempotencyKey) {
        const { units, skills, confirmedAt, gaps } = await scheduling.holdEligibility({ personId, body: { units: named(rights, UNIT), skills: named(rights, SKILL), ...(who ? { name: who.name } : {}) } }, { idempotencyKey });
        return { rights: plannable({ units, skills }), confirmedAt, gaps };
      },
      async list(cursor) {
        const { items, next } = await scheduling.listEligibilities({ limit: 200, ...(cursor ? { cursor } : {}) });
        return { items: items.map((each) => ({ personId: each.personId, rights: plannable(each) })), ...(next ? { next } : {}) };
      },
    },
    clinical: {
      async hold({ personId, rights, identity: who }, idempotencyKey) {
        const { roles, confirmedAt } = await ehr.holdClinicalUser({ personId, body: { roles: [...rights], ...(who ? { name: who.name, ...(who.npi ? { npi: who.npi } : {}) } : {}) } }, { idempotencyKey });
        return { rights: roles, confirmedAt };
      },
      async list(cursor) {
        const { items, next } = await ehr.listClinicalUsers({ limit: 200, ...(cursor ? { cursor } : {}) });
        return { items: items.map(({ personId, roles }) => ({ personId, rights: roles })), ...(next ? { next } : {}) };
      },
    },
    business: {
      async hold({ personId, rights, identity: who }, idempotencyKey) {
        const [facility, costCenter] = rights[0]?.split('/') ?? [];
        const held = await erp.holdEmployee({ personId, body: { active: rights.length > 0, ...(facility && costCenter ? { facility, costCenter } : {}), ...(who ? { name: who.name } : {}) } }, { idempotencyKey });
        return { rights: chargedTo(held), confirmedAt: held.confirmedAt };
      },
      async list(cursor) {
        const { items, next } = await erp.listEmployees({ limit: 200, ...(cursor ? { cursor } : {}) });
        return { items: items.map((each) => ({ personId: each.personId, rights: chargedTo(each) })), ...(next ? { next } : {}) };
      },
    },
  };
}

const UNIT = 'unit/';
const SKILL = 'skill/';

function named(rights: readonly string[], kind: string): string[] {
  return rights.filter((right) => right.startsWith(kind)).map((right) => right.slice(kind.length));
}

function plannable({ units, skills }: { units: readonly string[]; skills: readonly string[] }): string[] {
  return [...units.map((unit) => UNIT + unit), ...skills.map((skill) => SKILL + skill)];
}

function chargedTo({ active, facility, costCenter }: { active: boolean; facility?: string; costCenter?: string }): string[] {
  return active && facility && costCenter ? [`${facility}/${costCenter}`] : [];
}
