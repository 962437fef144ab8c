import type { Implementation } from '#chassis/contract/serve.ts';
import type { Platform } from '#chassis/deployable/api-module.ts';
import { keyOf } from '#chassis/events/business-keys.ts';
import { consumerGroups } from '#chassis/events/consumer-groups.ts';
import { deadLetters, dismissDeadLetters } from '#chassis/events/dead-letters.ts';
import type { Selection } from '#chassis/events/replay-selection.ts';
import { askReplay, confirmReplay, getReplay, listReplays, replayedEvents, replaysOfEvent, stopReplay, type Replay } from '#chassis/events/replays.ts';
import { nameOf } from '#chassis/security/principal.ts';
import type { OperationsOperations, Replay as ReplayAnswer, ReplayWish } from '#contracts/generated/experience/operations/v1.ts';

type Served = Pick<Implementation<OperationsOperations>,
  'listConsumerGroups' | 'listDeadLetters' | 'dismissDeadLetters' | 'askReplay' | 'listReplays' | 'getReplay' | 'listReplayedEvents' | 'confirmReplay' | 'stopReplay' | 'listReplaysOfEvent'>;

/** Who reads events, what they gave up on, and how it is delivered to them again. */
export function eventOperations({ database, signals }: Pick<Platform, 'database' | 'signals'>): Served {
  const deps = { database, signals };
  return {
    listConsumerGroups: async () => ({ items: await consumerGroups(database) }),
    listDeadLetters: ({ type, ...query }, { principal: { facilities } }) => deadLetters(database, { ...query, ...(type === undefined ? {} : { types: [type] }) }, facilities),
    dismissDeadLetters: async ({ body: { reason, ...which } }, { principal }) => ({ dismissed: await dismissDeadLetters(database, which, { by: nameOf(principal), reason }, principal.facilities) }),
    askReplay: async ({ body: { selection, ...wish } }, { principal, idempotencyKey: key }) => asAnswer(await askReplay(deps, { ...wish, selection: selectionIn(selection), by: nameOf(principal), facilities: principal.facilities, key })),
    async listReplays(query, { principal: { facilities } }) {
      const { items, ...page } = await listReplays(database, query, facilities);
      return { items: items.map(asAnswer), ...page };
    },
    getReplay: async ({ replayId }, { principal: { facilities } }) => asAnswer(await getReplay(database, replayId, facilities)),
    async listReplayedEvents({ replayId, ...query }, { principal: { facilities } }) {
      await getReplay(database, replayId, facilities);
      return replayedEvents(database, replayId, query);
    },
    confirmReplay: async ({ replayId }, { principal }) => asAnswer(await confirmReplay(deps, replayId, nameOf(principal), principal.facilities)),
    stopReplay: async ({ replayId }, { principal }) => asAnswer(await stopReplay(deps, replayId, nameOf(principal), principal.facilities)),
    listReplaysOfEvent: async ({ eventId }, { principal: { facilities } }) => ({ items: await replaysOfEvent(database, eventId, facilities) }),
  };
}

function selectionIn(selection: ReplayWish['selection']): Selection {
  if ('ids' in selection) return selection;
  if ('deadLetters' in selection) {
    const { limit, from, to, ...which } = selection.deadLetters;
    return { deadLetters: { ...which, ...momentsIn({ from, to }) }, ...(limit === undefined ? {} : { limit }) };
  }
  const { from, to, key, ...which } = selection.range;
  return { ...which, from: new Date(from), to: new Date(to), ...(key ? { key: keyOf(key.kind, key.value) } : {}) };
}

function momentsIn({ from, to }: { from: string | undefined; to: string | undefined }): { from?: Date; to?: Date } {
  return { ...(from === undefined ? {} : { from: new Date(from) }), ...(to === undefined ? {} : { to: new Date(to) }) };
}

/** What the contract calls an object of any shape is generated as one without properties. */
function asAnswer(replay: Replay): ReplayAnswer {
  return replay as ReplayAnswer;
}
