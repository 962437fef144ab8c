import type { Stage } from './scene.ts';

/** What the accountant books by mistake. */
const AMOUNT = '5.00';

/**
 * An accountant books something by hand to the clearing account of an order, in the way the platform books: under the
 * order's number, against price variance.
 *
 * @returns false while nothing was posted for the order yet
 */
export async function bookByHand({ database }: Stage, orderNumber: string): Promise<boolean> {
  const { rowCount } = await database.query(
    `with receipt as (
       select l.account_combination, j.category, j.currency, j.period, j.effective_date, b.source
       from erp.journal_lines l join erp.journals j on j.id = l.journal_id join erp.journal_batches b on b.id = j.batch_id
         join erp.account_combinations k on k.combination = l.account_combination
       where b.name like $1 || ' receipt/%' and k.account = '2150' limit 1),
     batch as (
       insert into erp.journal_batches (name, description, source)
       select $1 || ' manual/' || $1, 'Booked by hand', source from receipt where not exists (select 1 from erp.journal_batches where name = $1 || ' manual/' || $1) returning id),
     journal as (
       insert into erp.journals (batch_id, name, description, reference, category, currency, period, effective_date)
       select batch.id, 'manual/' || $1, 'Booked by hand', $1, category, currency, period, effective_date from batch, receipt returning id)
     insert into erp.journal_lines (journal_id, line_number, account_combination, debit, credit, reference1)
     select journal.id, 1, account_combination, $2::numeric, 0, 'manual/' || $1 from journal, receipt
     union all
     select journal.id, 2, (select combination from erp.account_combinations where account = '5190' and entity = split_part(account_combination, '-', 1) order by 1 limit 1), 0, $2::numeric, 'manual/' || $1 from journal, receipt`,
    [orderNumber, AMOUNT]);
  return (rowCount ?? 0) > 0;
}
