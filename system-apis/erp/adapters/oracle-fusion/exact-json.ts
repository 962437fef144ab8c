/** What TypeScript's libraries do not know yet (ECMAScript proposal "JSON.parse source text access", in V8 since 11.4). */
const json = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
};

/** The vendor writes amounts as JSON numbers. Here they stay the text that came, so that no binary float touches them. */
export function readJson(text: string): unknown {
  return json.parse(text, (_key, value, context) => (typeof value === 'number' ? context.source ?? String(value) : value));
}

/** A decimal as a JSON number with exactly these digits. */
export function exact(decimal: string | number): object {
  return json.rawJSON(String(decimal));
}
