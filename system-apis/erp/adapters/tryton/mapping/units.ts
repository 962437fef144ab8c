/** X12 element 355: mutually defined. */
const NO_CODE = 'ZZ';

/**
 * A unit's X12 code. Tryton 6.0 has no code on units, so it stands at the beginning of the symbol, before a slash when
 * several units share it: `EA`, `BX/100`, `BX/50`. Other symbols are translated by the settings.
 */
export function unitCodeOf(symbol: string, table: Record<string, string>): string {
  const translated = Object.hasOwn(table, symbol) ? table[symbol] : undefined;
  return translated ?? /^([A-Z0-9]{2})(\/.*)?$/.exec(symbol)?.[1] ?? NO_CODE;
}
