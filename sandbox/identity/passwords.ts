import { createHash, timingSafeEqual } from 'node:crypto';

export type SignInResult = 'accepted' | 'refused' | 'throttled';

export interface Passwords {
  /**
   * @param origin address the attempt comes from
   */
  check(username: string, password: string, origin: string): SignInResult;
}

const MOST_FAILURES = 8;
const WITHIN_MS = 5 * 60_000;
const MOST_REMEMBERED = 10_000;

/**
 * Passwords of an installation, with a brake on guessing: after eight wrong ones for a name from one address, or eighty
 * from one address for any names, nothing is looked at for up to five minutes. A right password does not lift the brake.
 *
 * @param passwordOf undefined for an unknown name, which takes the same path as a wrong password
 */
export function createPasswords(passwordOf: (username: string) => string | undefined, now: () => number = Date.now): Passwords {
  const failures = new Map<string, { count: number; since: number }>();

  const failuresOf = (key: string) => {
    const found = failures.get(key);
    return found && now() - found.since < WITHIN_MS ? found : undefined;
  };
  const countFailure = (key: string) => {
    const found = failuresOf(key);
    if (found) found.count += 1;
    else {
      if (failures.size >= MOST_REMEMBERED) failures.delete(failures.keys().next().value ?? '');
      failures.set(key, { count: 1, since: now() });
    }
  };

  return {
    check(username, password, origin) {
      const name = `${origin} ${username}`;
      if ((failuresOf(name)?.count ?? 0) >= MOST_FAILURES || (failuresOf(origin)?.count ?? 0) >= MOST_FAILURES * 10) return 'throttled';
      const expected = passwordOf(username);
      const isRight = timingSafeEqual(digest(password), digest(expected ?? 'no such account'));
      if (isRight && expected !== undefined) return 'accepted';
      countFailure(name);
      countFailure(origin);
      return 'refused';
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
