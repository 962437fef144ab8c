import { compileContract } from '#chassis/contract/contract.ts';
import { defineApi } from '#chassis/deployable/api-module.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { EventData } from '#contracts/generated/events/events.ts';
import { identity } from '#contracts/generated/system/identity/v1.ts';
import { openDirectories, Settings } from './directories.ts';

const PAGE = 50;

/** Accounts and rights of people in each of the hospital's directories. */
export const identityApi = defineApi<EventData>()({
  contract: identity,
  settings: Settings,
  create({ log, metrics, clock, dependencies, evidence, calls }, settings) {
    const directories = openDirectories(settings, { log, metrics, clock, dependencies, evidence, calls, tier: compileContract(identity).tier });
    return {
      operations: {
        async listDirectories() {
          const items = await Promise.all(directories.all.map(async ({ name, adapter, port }) => ({ directory: name, adapter, capabilities: await port.capabilities() })));
          return { items };
        },
        async listRights({ directory, cursor, limit = PAGE }) {
          const { items, ...rest } = await directories.named(directory).listRights(cursor, limit);
          return { items: items.map((right) => ({ right })), ...rest };
        },
        async listAccounts({ directory, cursor, limit = PAGE }) {
          const { items, ...rest } = await directories.named(directory).listAccounts(cursor, limit);
          return { items: items.map((account) => ({ ...account, directory })), ...rest };
        },
        async getAccount({ directory, personId }) {
          const account = await directories.named(directory).getAccount(personId);
          if (!account) throw new ApiError('not-found', 'The person has no account there.', { code: 'no-account' });
          return { ...account, directory };
        },
        async holdAccount({ directory, personId, body }) {
          const { account, sessionsEnded = false } = await directories.named(directory).hold(personId, body);
          const held = account ? { accountId: account.accountId, status: account.status, rights: account.rights } : { status: 'none' as const, rights: [] };
          return { ...held, confirmedAt: clock.now().toISOString(), ...(body.endSessions ? { sessionsEnded } : {}) };
        },
      },
      close: () => directories.close(),
    };
  },
});
