import type { Implementation } from '#chassis/contract/serve.ts';
import { pageOf, positionOf } from '#chassis/contract/page.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { ClinicalUser, EhrOperations, NewNotice, Use } from '#contracts/generated/system/ehr/v1.ts';

export interface EhrBooks {
  uses: Map<string, Use>;
  notices: NewNotice[];
  /** By person id. */
  clinicalUsers: Map<string, ClinicalUser>;
  /** As `MAIN/CATHLAB`: where nobody can be given a role. */
  unknownDepartments: Set<string>;
}

export const newEhrBooks = (): EhrBooks => ({ uses: new Map(), notices: [], clinicalUsers: new Map(), unknownDepartments: new Set() });

export function fakeEhr(books: EhrBooks): Implementation<EhrOperations> {
  const notHere = async (): Promise<never> => { throw new ApiError('not-supported', 'This system does not do that.'); };
  return {
    getCapabilities: async () => ({ adapter: 'memory', capabilities: [] }),
    getPatient: notHere,
    getEncounter: notHere,
    listProcedures: notHere,
    async getUse({ useId }) {
      const use = books.uses.get(useId);
      if (!use) throw new ApiError('not-found', 'There is no such use.');
      return use;
    },
    async createNotice({ body }, { repeated }) {
      const known = repeated && books.notices.some((each) => each.reference === body.reference);
      if (!known) books.notices.push(body);
      return { id: `N-${books.notices.length}`, reference: body.reference, topic: body.topic, sentAt: new Date().toISOString() };
    },
    listClinicalUsers: async ({ cursor, limit = 50 }) => {
      const after = positionOf(cursor, [/^[A-Za-z0-9-]+$/])?.[0] ?? '';
      const rest = [...books.clinicalUsers.values()].filter((each) => each.personId > after).toSorted((one, other) => (one.personId < other.personId ? -1 : 1));
      return pageOf(rest, limit, (each) => [each.personId], (each) => each);
    },
    async getClinicalUser({ personId }) {
      const user = books.clinicalUsers.get(personId);
      if (!user) throw new ApiError('not-found', 'There is no such clinical user.', { code: 'unknown-clinical-user' });
      return user;
    },
    async holdClinicalUser({ personId, body }) {
      const known = books.clinicalUsers.get(personId);
      const confirmed = ({ active, roles }: Pick<ClinicalUser, 'active' | 'roles'>) => ({ active, roles, confirmedAt: new Date().toISOString() });
      if (!known && (!body.name || body.roles.length === 0)) return confirmed({ active: false, roles: [] });
      const user = known ?? { personId, active: true, roles: [] };
      user.roles = user.roles.filter((role) => body.roles.includes(role));
      user.active = body.roles.length > 0;
      const unknown = body.roles.findIndex((role) => books.unknownDepartments.has(role.replace(/\/[^/]*$/, '')));
      if (unknown >= 0) throw new ApiError('refused', 'There is no such department.', { code: 'unknown-department', errors: [{ pointer: `/roles/${unknown}`, detail: 'is unknown' }] });
      Object.assign(user, { roles: body.roles.toSorted(), ...(body.npi === undefined ? {} : { npi: body.npi }) });
      books.clinicalUsers.set(personId, user);
      return confirmed(user);
    },
    listMessages: notHere,
    getMessage: notHere,
    reprocessMessage: notHere,
  };
}
