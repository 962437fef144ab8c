import { ApiError } from '#chassis/errors/failures.ts';
import type { CompleteSettings } from './settings.ts';

export interface Session {
  authorization: string;
  context: { company: number; employee: number; language: string } & Record<string, unknown>;
}

/** Carries the password there and the key of the session back. */
export const SIGN_ON = 'common.db.login';

type Exchange = (method: string, params: unknown[], authorization?: string) => Promise<unknown>;

/** Modules that the operations stand on; all are in Tryton 6.0. */
const REQUIRED_MODULES = [
  'purchase', 'purchase_requisition', 'purchase_amendment', 'account_invoice_stock', 'analytic_purchase', 'analytic_invoice',
  'stock_lot', 'stock_lot_sled', 'stock_lot_unit', 'stock_supply',
];

/**
 * Signs on and asks for the user's preferences. They are the context of every call: without the company in it records
 * end up in the wrong one, and without a fixed language the texts of refusals cannot be told apart.
 */
export async function openSession({ user, password }: CompleteSettings, exchange: Exchange): Promise<Session> {
  const signedOn = await exchange(SIGN_ON, [user, { password }]);
  if (!Array.isArray(signedOn)) throw new ApiError('unavailable', 'The ERP does not accept the sign-on of the integration user.', { code: 'vendor-sign-on-failed' });
  const [userId, key] = signedOn as [number, string];
  const authorization = `Session ${Buffer.from(`${user}:${userId}:${key}`).toString('base64')}`;
  const preferences = await exchange('model.res.user.get_preferences', [true, {}], authorization) as Record<string, unknown>;
  const { company, employee } = preferences;
  if (!Number.isInteger(company) || !Number.isInteger(employee)) {
    throw new ApiError('unavailable', 'The integration user has no company and employee in the ERP.', { code: 'vendor-user-incomplete' });
  }
  const context = { ...preferences, company: company as number, employee: employee as number, language: 'en' };
  const modules = await exchange('model.ir.module.search_read', [[['name', 'in', REQUIRED_MODULES], ['state', '=', 'activated']], 0, null, null, ['name'], context], authorization) as { name: string }[];
  const missing = REQUIRED_MODULES.filter((name) => !modules.some((module) => module.name === name));
  if (missing.length > 0) throw new ApiError('unavailable', `The ERP lacks the modules ${missing.join(', ')}.`, { code: 'vendor-modules-missing' });
  return { authorization, context };
}
