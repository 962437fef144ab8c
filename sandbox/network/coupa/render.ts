/** `2026-11-20T08:15:00+00:00`: whole seconds, as Coupa prints moments. */
export function moment(date: Date | null): string | null {
  return date === null ? null : `${date.toISOString().slice(0, 19)}+00:00`;
}

/** A calendar day in a field that Coupa types as a moment. */
export function day(text: string | null): string | null {
  return text === null ? null : `${text}T00:00:00+00:00`;
}

export const currency = (code: string) => ({ code });
export const uom = (code: string) => ({ code });
