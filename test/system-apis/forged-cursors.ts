const forge = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');
const ID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';

/** Cursors that no list of a system API gives out. */
export const forgedCursors: Record<string, string> = {
  'random bytes': 'q83vEjRWeJDerb7v',
  'no base64': '../../etc/passwd',
  'SQL': `' or 1=1; drop table chassis.lives; --`,
  'SQL in a position': forge([`' or 1=1; drop table chassis.lives; --`]),
  'SQL in a number': forge(['1); drop table chassis.lives; --']),
  'SQL in each part': forge([`2026-11-20T08:00:00.000Z' or '1'='1`, `PO-1' or '1'='1`, `' --`]),
  'a list of a process': forge(['2026-11-20 08:00:00.123456+00', ID]),
  'a list of another system': forge(['2026-11-20T08:00:00.000Z', 'PO-1', 'and more']),
  'a day that is none': forge(['2026-02-31T00:00:00.000Z', 'PO 1\u0000']),
  'nothing': forge([]),
  'an empty place': forge(['']),
  'an object': forge({ id: '1' }),
  'a list in a list': forge([['1']]),
  'a number that is no text': forge([1]),
  'null': forge(null),
  'a NUL': forge(['\u0000']),
  'ten kilobytes': 'A'.repeat(10_240),
  'ten kilobytes in a position': forge(['7'.repeat(10_240)]),
};

/** What could be a place in a list that is in the order of codes, and nowhere else. */
export const keyedByCode: Record<string, string> = {
  'a code': forge(['SUP-100']),
  'a negative number': forge(['-1']),
  'a number with an exponent': forge(['1e3']),
  'a hexadecimal number': forge(['0x10']),
  'a number between blanks': forge([' 7 ']),
  'a number beyond all': forge(['9'.repeat(19)]),
};

/** What could be a place in a list of the ERP, and nowhere else. */
export const numbersAndCodes: Record<string, string> = {
  'two numbers': forge(['7', '7']),
  'three numbers': forge(['7', '7', '7']),
};

/** What looks like a moment and is none to PostgreSQL. */
export const impossibleMoments: Record<string, string> = {
  'a day in February that is none': forge(['2026-02-31T00:00:00.000Z', 'PO-1']),
  'the same with an id': forge(['2026-02-31T00:00:00.000000Z', ID]),
  'a year before all': forge(['0000-01-01T00:00:00.000Z', 'PO-1']),
  'the same with another id': forge(['0000-01-01T00:00:00.000000Z', ID]),
};
