import { ApiError } from '#chassis/errors/failures.ts';

/** As the contract spells persons and rights; what a directory holds besides is not for us to tell. */
export const PERSON_ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/;
export const RIGHT = /^[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,119}$/;

/** The directory's groups of exactly these names. @throws ApiError 'refused' for names that it does not know, all of them named */
export function groupsOfNames<Group extends { name: string }>(wanted: readonly string[], known: readonly Group[]): Group[] {
  const groups = wanted.map((right) => known.filter(({ name }) => name === right));
  const errors = groups.flatMap((found, index) => {
    if (found.length === 1) return [];
    const what = found.length === 0 ? 'is not known to the directory' : 'is the name of more than one group';
    return [{ pointer: `/rights/${index}`, detail: `${wanted[index]} ${what}`, code: found.length === 0 ? 'unknown-right' : 'ambiguous-right' }];
  });
  if (errors.length > 0) throw new ApiError('refused', 'The directory does not know every right that was asked for.', { code: errors[0]!.code, errors });
  return groups.flat();
}

export function personOfTwoAccounts(): ApiError {
  return new ApiError('conflict', 'The directory has more than one account of this person.', { code: 'person-has-two-accounts' });
}

export function noUserNameFree(): ApiError {
  return new ApiError('refused', 'No user name is left for this person.', { code: 'no-user-name-free' });
}

/** A copy that lags behind was read. To try the next name would make a second account. */
export function notSeenYet(): ApiError {
  return new ApiError('unavailable', 'The directory does not show yet what was written.', { code: 'not-seen-yet', retryAfterMs: 1_000 });
}
