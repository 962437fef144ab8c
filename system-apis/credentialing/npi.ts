import { ApiError } from '#chassis/errors/failures.ts';

/**
 * Refuses a provider number whose check digit is wrong: Luhn over 80840 and the number.
 *
 * @throws ApiError refused, code invalid-npi
 * @source CMS, Requirements for NPI and NPI check digit, 2004
 */
export function requireCheckDigit(npi: string): void {
  const sum = [...`80840${npi}`].toReversed().reduce((total, digit, place) => {
    const weighted = Number(digit) * (place % 2 === 0 ? 1 : 2);
    return total + (weighted > 9 ? weighted - 9 : weighted);
  }, 0);
  if (sum % 10 === 0) return;
  throw new ApiError('refused', 'The check digit of the provider number is wrong.', { code: 'invalid-npi', errors: [{ pointer: 'parameter:npi', detail: 'has a wrong check digit' }] });
}
