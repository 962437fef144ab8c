import type { Queryable } from '../database.ts';

/** The next ISA13 of the network, nine digits. One count for all suppliers: each still sees numbers that never repeat. */
export async function nextControlNumber(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ number: string }>(`select lpad(nextval('network.control_numbers')::text, 9, '0') as number`);
  const number = rows[0]?.number;
  if (number === undefined) throw new Error('The control number sequence gave no number');
  return number;
}
