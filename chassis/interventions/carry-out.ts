import { ApiError, asApiError } from '../errors/failures.ts';
import { isForNewerVersion } from '../errors/newer-version.ts';
import { loop, type Background } from '../deployable/background.ts';
import type { Lives } from '../lifecycle/lives.ts';
import { channelOf as movesChannelOf } from '../moves/queue.ts';
import { isDatabaseUnavailable, type Database, type Transaction } from '../storage/database.ts';
import type { Signals } from '../storage/signals.ts';
import { describeError, type Log } from '../telemetry/logger.ts';
import { channelOf, COLUMNS, type InterventionRow, type Plan } from './intervention.ts';
import { forceLife } from './life-acts.ts';
import { cancelMove, forkMove, retryMove, rewindMove } from './move-acts.ts';

/** One kind of intervention: what it would do now, and doing it. Both see the same locked rows. */
export interface Act {
  /** Changes whenever what was planned no longer holds. */
  basis: string;
  plan: Plan;
  carryOut(): Promise<void>;
}

export interface CarryOutDeps {
  database: Database;
  signals: Signals;
  lives: Lives;
  log: Log;
}

const POLL_MS = 5_000;

/** Plans and carries out what operators ask of the processes hosted here. */
export function carryOutInterventions(processes: readonly string[], { database, signals, lives, log }: CarryOutDeps): Background {
  const work = loop({ name: 'interventions', pollMs: POLL_MS, log, turn });
  const stopListening = processes.map((process) => signals.listen(channelOf(process), work.wake));

  async function turn(): Promise<boolean> {
    return database.transaction(async (tx) => {
      const [row] = await tx.query<InterventionRow>(
        `select ${COLUMNS} from chassis.interventions i join unnest($1::text[], $2::int[]) as p (process, version) using (process)
         where status in ('asked', 'confirmed') and readable_by <= p.version order by asked_at limit 1 for update of i skip locked`, [processes, processes.map(versionOf)]);
      if (!row) return false;
      try {
        await tx.attempt(() => advance(tx, row));
      } catch (error) {
        if (isDatabaseUnavailable(error)) throw error;
        if (isForNewerVersion(error)) await leaveToNewer(tx, row);
        else await refuse(tx, row, error);
      }
      return true;
    });
  }

  const versionOf = (process: string) => lives.definition(process).version;

  async function leaveToNewer(tx: Transaction, { id, process }: InterventionRow): Promise<void> {
    await tx.query('update chassis.interventions set readable_by = $2 where id = $1', [id, versionOf(process) + 1]);
    tx.afterCommit(() => signals.raise(channelOf(process)));
  }

  async function advance(tx: Transaction, row: InterventionRow): Promise<void> {
    const act = await actOf(tx, row, lives);
    if (row.status === 'asked' && row.stops_at_plan) {
      await tx.query(`update chassis.interventions set status = 'planned', plan = $2, basis = $3 where id = $1`, [row.id, JSON.stringify(act.plan), act.basis]);
      return;
    }
    // Nobody has read what it would do now.
    if (row.status === 'confirmed' && act.basis !== row.basis) throw new ApiError('conflict', 'Since it was planned something has happened. It has to be asked for anew.', { code: 'plan-overtaken' });
    await act.carryOut();
    await tx.query(`update chassis.interventions set status = 'done', plan = $2, settled_at = now() where id = $1`, [row.id, JSON.stringify(act.plan)]);
    tx.afterCommit(() => signals.raise(movesChannelOf(row.process)));
    log.info('an operator intervened', { process: row.process, kind: row.kind });
  }

  async function refuse(tx: Transaction, row: InterventionRow, error: unknown): Promise<void> {
    const { kind, code, message } = asApiError(error);
    log.warn('an intervention is not possible', { process: row.process, ...describeError(error) });
    await tx.query(`update chassis.interventions set status = 'refused', failure = $2, settled_at = now() where id = $1`, [row.id, JSON.stringify({ kind, code, detail: message })]);
  }

  return {
    start: work.start,
    async stop() {
      for (const stop of stopListening) stop();
      await work.stop();
    },
  };
}

async function actOf(tx: Transaction, row: InterventionRow, lives: Lives): Promise<Act> {
  switch (row.kind) {
    case 'retry-move': return retryMove(tx, row.move_id!);
    case 'cancel-move': return cancelMove(tx, row.move_id!, row.reason);
    case 'rewind-move': return rewindMove(tx, row.move_id!, String(row.params['step']));
    case 'fork-move': return forkMove(tx, row.move_id!, String(row.params['step']), row.params['input']);
    case 'force-life': return forceLife(tx, row, lives);
  }
}
