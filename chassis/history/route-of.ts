/**
 * A path as it may be remembered: its first part names the sort of thing that is asked for; everything after that may name
 * a person or a document, and so may what is asked about it.
 */
export function routeOf(method: string, path: string): string {
  const parts = path.split(/[?#]/)[0]!.split('/').filter((part) => part !== '');
  const shown = parts.map((part, index) => (index === 0 && /^[A-Za-z][A-Za-z0-9_.$-]{0,59}$/.test(part) ? part : '{}'));
  return `${method} /${shown.join('/')}`;
}
