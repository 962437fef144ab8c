import Big from 'big.js';

/**
 * Values as Tryton's JSON-RPC carries them: what JSON has no type for is an object with `__class__`.
 *
 * @source trytond/protocols/jsonrpc.py of Tryton 6.0
 */

export interface WireDecimal { __class__: 'Decimal'; decimal: string }
export interface WireDate { __class__: 'date'; year: number; month: number; day: number }

/** Money and prices. A JSON number would become a binary float on the way. */
export function decimal(text: string): WireDecimal {
  return { __class__: 'Decimal', decimal: text };
}

/** @param day as `2026-01-31` */
export function date(day: string): WireDate {
  const [year, month, number] = day.split('-').map(Number);
  return { __class__: 'date', year: year!, month: month!, day: number! };
}

/** JSON text with decimals as plain text, days as `2026-01-31` and instants as ISO 8601. */
export function readWire(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => (isTyped(value) ? plain(value) : value));
}

function isTyped(value: unknown): value is { __class__: string } & Record<string, unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { __class__?: unknown }).__class__ === 'string';
}

function plain(value: { __class__: string } & Record<string, unknown>): unknown {
  const part = (name: string, width = 2) => String(value[name]).padStart(width, '0');
  switch (value.__class__) {
    // Python may print 0E-10.
    case 'Decimal': return new Big(String(value['decimal'])).toFixed();
    case 'date': return `${part('year', 4)}-${part('month')}-${part('day')}`;
    case 'datetime': return `${part('year', 4)}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}.${part('microsecond', 6)}Z`;
    case 'timedelta': return value['seconds'];
    case 'bytes': return value['base64'];
    default: return value;
  }
}
