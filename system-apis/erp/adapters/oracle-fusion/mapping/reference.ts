/** The vendor's own documents carry no reference of ours: they go by their number. */
export function referenceOf(stamped: string | null | undefined, number: string): string {
  return stamped && /^[\x21-\x7e]{1,120}$/.test(stamped) ? stamped : number;
}

/** Texts of the vendor as long as the contract lets them be. */
export function textOf(text: string | null | undefined): string | undefined {
  return text ? text.slice(0, 240) : undefined;
}
