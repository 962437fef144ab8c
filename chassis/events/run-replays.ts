import { randomUUID } from 'node:crypto';
import { loop, type Background } from '../deployable/background.ts';
import type { Queries, Row } from '../storage/database.ts';
import { deliver, type LookUp } from './deliver.ts';
import { loadEvents, planReplay, type HeldReplay } from './plan-replay.ts';
import { channelOfReplays, type Replay } from './replays.ts';
import type { ConsumerDeps, Subscription } from './subscription.ts';

const POLL_MS = 5_000;
const BATCH = 400;
/** A process that died over a replay is waited for no longer. */
const HOLD_MS = 5_000;

type FoundReplay = HeldReplay & Row & Pick<Replay, 'status'>;

/**
 * Plans and carries out the replays of one group until stopped. What was delivered is written down in the transaction that
 * delivered it: whenever a process dies, another goes on, and nothing of a replay happens twice.
 */
export function runReplays(subscription: Subscription, deps: ConsumerDeps): Background {
  const { database, signals, log } = deps;
  const { group } = subscription;
  const holder = randomUUID();
  const work = loop({ name: `replays ${group}`, pollMs: POLL_MS, log, turn });
  const stopListening = signals.listen(channelOfReplays(group), work.wake);

  async function turn(): Promise<boolean> {
    const [replay] = await database.query<FoundReplay>(
      `update chassis.replays set held_by = $2, held_until = now() + $3 * interval '1 millisecond' where id = (
         select id from chassis.replays where consumer = $1 and status in ('asked', 'running') and (held_until < now() or held_by = $2) order by asked_at limit 1 for update skip locked)
       returning id, held_by, status, again, asked_by, reason`, [group, holder, HOLD_MS]);
    if (!replay) return false;
    if (replay.status === 'asked') await planReplay(subscription, replay, deps);
    else await runBatch(subscription, replay, deps);
    return true;
  }

  return {
    start: work.start,
    async stop() {
      stopListening();
      await work.stop();
      await database.query(`update chassis.replays set held_until = '-infinity' where held_by = $1`, [holder]);
    },
  };
}

async function runBatch(subscription: Subscription, replay: HeldReplay, deps: ConsumerDeps): Promise<void> {
  const { database, log } = deps;
  const { group } = subscription;
  const rows = await database.query<{ event_id: string }>(
    `select event_id from chassis.replay_events where replay_id = $1 and status = 'open' order by xid, seq limit $2`, [replay.id, BATCH]);
  const ids = rows.map((row) => row.event_id);
  const events = await loadEvents(database, group, replay, ids);
  const gone = ids.filter((id) => !events.some((event) => event.id === id));
  if (gone.length > 0) await database.query(`update chassis.replay_events set status = 'gone', done_at = now() where replay_id = $1 and event_id = any($2) and status = 'open'`, [replay.id, gone]);
  if (events.length > 0) await deliver(subscription, events, deps, { lookUp: openIn(replay) });
  if (rows.length === BATCH) return;
  const ended = await database.query(
    `update chassis.replays set status = 'done', ended_at = now() where id = $1 and status = 'running' and not exists (select 1 from chassis.replay_events where replay_id = $1 and status = 'open') returning 1`, [replay.id]);
  if (ended.length > 0) log.info('replay ended', { group, replay: replay.id });
}

/**
 * Takes what is still open; then decides by the inbox, as for any delivery, unless the event is a dead letter or is to be
 * handled once more. What the group has yet to read comes to it by itself, in its order.
 */
function openIn(replay: HeldReplay): LookUp {
  return async (tx: Queries, { group }, events) => {
    const [claimed, inTrouble] = await Promise.all([
      tx.query<{ event_id: string; is_unread: boolean; is_new: boolean; was_dead: boolean }>(
        `with claimed as (
           update chassis.replay_events set status = 'handled', done_at = now() where replay_id = $1 and event_id = any($2) and status = 'open'
           returning event_id, at, xid, seq),
         unread as (
           select event_id from claimed c, chassis.consumer_groups g where g.name = $3 and (c.xid, c.seq) > (g.xid, g.seq)
             and not exists (select 1 from chassis.inbox i where i.consumer = $3 and i.event_id = c.event_id and i.at = c.at)),
         fresh as (
           insert into chassis.inbox (consumer, event_id, at) select $3, event_id, at from claimed where event_id not in (select event_id from unread) on conflict do nothing returning event_id),
         dead as (delete from chassis.troubled_events where consumer = $3 and event_id in (select event_id from claimed) and status = 'dead' returning event_id)
         select claimed.event_id, unread.event_id is not null as is_unread, fresh.event_id is not null as is_new, dead.event_id is not null as was_dead
         from claimed left join unread using (event_id) left join fresh using (event_id) left join dead using (event_id)`, [replay.id, events.map((event) => event.id), group]),
      tx.query<{ event_id: string; subject: string }>(
        `select event_id, subject from chassis.troubled_events where consumer = $1 and subject = any($2) and status in ('retrying', 'parked')`, [group, events.map((event) => event.subject)]),
    ]);
    const troubled = new Set(inTrouble.map((row) => row.event_id));
    const taken = new Set(claimed.filter((row) => row.is_new || row.was_dead || (replay.again && !row.is_unread && !troubled.has(row.event_id))).map((row) => row.event_id));
    const passedOver = claimed.filter((row) => !taken.has(row.event_id)).map((row) => row.event_id);
    if (passedOver.length > 0) await tx.query(`update chassis.replay_events set status = 'passed-over' where replay_id = $1 and event_id = any($2)`, [replay.id, passedOver]);
    return { fresh: events.filter((event) => taken.has(event.id)), troubled: new Set(inTrouble.map((row) => row.subject)) };
  };
}
