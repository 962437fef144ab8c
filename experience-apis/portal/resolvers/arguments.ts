import { ApiError, asApiError } from '#chassis/errors/failures.ts';
import type { Principal } from '#chassis/security/principal.ts';

const LARGEST_PAGE = 100;

interface PageArguments {
  first?: number | null;
  after?: string | null;
}

/** The paging of the graph as that of the APIs below. */
export function pageIn({ first, after }: PageArguments, usually = 20): { limit: number; cursor?: string } {
  const limit = first ?? usually;
  if (limit < 1 || limit > LARGEST_PAGE) {
    throw new ApiError('invalid-request', `A page has 1 to ${LARGEST_PAGE} entries.`, { errors: [{ pointer: 'parameter:first', detail: `is not between 1 and ${LARGEST_PAGE}` }] });
  }
  return { limit, ...(after ? { cursor: after } : {}) };
}

/** Arguments that were left out or given as null are no filter. */
export function given<T extends object>(filters: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== null && value !== undefined)) as { [Name in keyof T]?: NonNullable<T[Name]> };
}

/** What is not there, or not for this person, is null; other failures stay what they are. */
export async function orNull<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (thrown) {
    if (asApiError(thrown).kind === 'not-found') return null;
    throw thrown;
  }
}

export function requireFacility(person: Principal, facility: string): void {
  if (person.facilities.length > 0 && !person.facilities.includes(facility)) {
    throw new ApiError('forbidden', 'You do not work at this facility.', { code: 'facility-not-yours', errors: [{ pointer: 'parameter:facility', detail: 'is not one of yours' }] });
  }
}
