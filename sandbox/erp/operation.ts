import type { Body } from './adf/body.ts';
import type { Books } from './database.ts';
import type { Master } from './master.ts';

/** What every write of the ERP works with. */
export interface Erp {
  books: Books;
  /** Replaced as a whole when master data changes. */
  master: Master;
  now(): Date;
  today(): string;
  reloadMaster(): Promise<void>;
  /** A job for the scheduler was stored. */
  wakeScheduler(): void;
}

/** What a write answers: a record that is read back, the result of an action, or a body as it is. */
export type Outcome =
  | { kind: 'created'; id: string; expand?: string }
  | { kind: 'changed'; id: string; expand?: string }
  | { kind: 'result'; result: string }
  | { kind: 'body'; status: number; body: object }
  | { kind: 'deleted' };

/**
 * @param keys path keys, outermost first
 * @param effectiveOf header of that name: from when on a dated change holds
 */
export type Operation = (erp: Erp, body: Body, keys: readonly string[], effectiveOf?: string) => Promise<Outcome>;
