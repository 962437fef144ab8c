/**
 * GS1 check digit of a GTIN, GLN or SSCC without its last digit.
 *
 * @source GS1 General Specifications, section 7.9 (weights 3 and 1 from the right)
 */
export function checkDigit(digits: string): number {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    sum += Number(digits[digits.length - 1 - place]) * (place % 2 === 0 ? 3 : 1);
  }
  return (10 - (sum % 10)) % 10;
}

export function isGtin(text: string): boolean {
  return /^(\d{8}|\d{12,14})$/.test(text) && checkDigit(text.slice(0, -1)) === Number(text.at(-1));
}

/**
 * A GTIN-14 for an invented product, under the GS1 prefix 952, which is kept for demonstrations and never issued.
 *
 * @param product number of the product, below a billion
 * @param indicator 0 for the single unit, 1 to 8 for its packages
 */
export function demonstrationGtin(product: number, indicator = 0): string {
  const digits = `${indicator}952${String(product).padStart(9, '0')}`;
  return `${digits}${checkDigit(digits)}`;
}

/** A GLN under the demonstration prefix 952. */
export function demonstrationGln(party: number): string {
  const digits = `952${String(party).padStart(9, '0')}`;
  return `${digits}${checkDigit(digits)}`;
}
