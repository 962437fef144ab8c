/** Who calls, as a verified token says. */
export interface Principal {
  /** A person, an outside machine, or one of our own deployables on its own behalf. */
  kind: 'user' | 'client' | 'service';
  /** Person or client id; the name of the deployable for a service. */
  subject: string;
  /** The deployable that made this hop. */
  service: string;
  scopes: readonly string[];
  roles: readonly string[];
  /** Empty means every facility. */
  facilities: readonly string[];
  name?: string;
  /** Further claims that an API may bind to, such as the partner a client speaks for. */
  bindings: Readonly<Record<string, string>>;
}

/** How a principal is written down: a person by name, a machine so that it cannot be taken for one. */
export function nameOf({ kind, subject }: Principal): string {
  return kind === 'user' ? subject : `${kind}:${subject}`;
}

/** True when `scopes` hold what is required; `area:*` covers every scope of its area. */
export function hasScope(scopes: readonly string[], required: string): boolean {
  return scopes.includes(required) || scopes.includes(`${required.split(':')[0]}:*`);
}
