import type { Adapter, Capability } from '#chassis/adapters/adapter.ts';
import type { Page } from '#chassis/contract/page.ts';
import type { Account, AccountToHold } from '#contracts/generated/system/identity/v1.ts';

/** An account as its directory tells it; the directory's own name is known one level up. */
export type DirectoryAccount = Omit<Account, 'directory'>;

export interface Held {
  /** As it was read back. Undefined when there is no account. */
  account: DirectoryAccount | undefined;
  /** Only where sessions can be ended. */
  sessionsEnded?: boolean;
}

/** What an adapter of one directory offers. It keeps nothing: all that is known is in the directory. */
export interface Directory {
  capabilities(): Promise<Capability[]>;
  listRights(cursor: string | undefined, limit: number): Promise<Page<string>>;
  /** Only accounts that bear one of our person ids. */
  listAccounts(cursor: string | undefined, limit: number): Promise<Page<DirectoryAccount>>;
  getAccount(personId: string): Promise<DirectoryAccount | undefined>;
  /**
   * Makes the account what it is to be: reads, takes away, gives, reads again. What an earlier attempt has done is found
   * by reading, so that it may be repeated at any time.
   *
   * @throws ApiError 'refused' with code unknown-right before anything is written
   */
  hold(personId: string, wanted: AccountToHold): Promise<Held>;
}

export type DirectoryAdapter = Adapter<Directory>;
