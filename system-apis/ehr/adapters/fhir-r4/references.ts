/** What a reference leads to: `Device/123`, whether it is written relative, in full, or with a version. */
export interface Target {
  type: string;
  id: string;
}

/** Undefined for what leads out of this record: fragments, URNs, logical references. @source https://hl7.org/fhir/R4/references.html */
export function targetOf(reference: { reference?: string } | undefined, baseUrl: string): Target | undefined {
  const base = `${baseUrl.replace(/\/$/, '')}/`;
  const text = reference?.reference ?? '';
  const [, type, id] = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]+)?$/.exec(text.startsWith(base) ? text.slice(base.length) : text) ?? [];
  return type && id ? { type, id } : undefined;
}

/** The id of the first of these references that leads to this type. */
export function idOf(type: string, baseUrl: string, ...references: ({ reference?: string } | undefined)[]): string | undefined {
  return references.map((each) => targetOf(each, baseUrl)).find((each) => each?.type === type)?.id;
}

/** The first of these identifiers that is of this system. */
export function valueIn(identifiers: readonly { system?: string; value?: string }[] | undefined, system: string): string | undefined {
  return identifiers?.find((each) => each.system === system)?.value;
}
