import type { Implementation } from '#chassis/contract/serve.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { EhrOperations, NewNotice, Use } from '#contracts/generated/system/ehr/v1.ts';

export interface EhrBooks {
  uses: Map<string, Use>;
  notices: NewNotice[];
}

export const newEhrBooks = (): EhrBooks => ({ uses: new Map(), notices: [] });

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
    listMessages: notHere,
    getMessage: notHere,
    reprocessMessage: notHere,
  };
}
