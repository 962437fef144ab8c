import { headerOf, type Policy } from '../exchange.ts';

/** What a caller may say to an API beside the parameters of its contract. */
const CARRIED = ['accept', 'accept-language', 'if-match', 'if-none-match', 'prefer'];

/**
 * Only named headers go on, so that a forged identity, an address that somebody claims to come from, a method override
 * and whatever `Connection` lists are left at the door without anybody having thought of them.
 */
export const carryHeaders: Policy = (exchange) => {
  const ofContract = exchange.match.route!.operation.parameters.filter((parameter) => parameter.in === 'header').map((parameter) => parameter.name.toLowerCase());
  for (const name of [...CARRIED, ...ofContract]) {
    const value = headerOf(exchange, name);
    if (value !== undefined) exchange.headers[name] = value;
  }
};
