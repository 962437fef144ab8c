import { AdfError } from './errors.ts';

/**
 * Reads the attributes of a request body and remembers which it read, so that an attribute nobody knows is refused as
 * ADF refuses it, and not silently lost.
 */
export class Body {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #known = new Set<string>();
  readonly #children: Body[] = [];

  constructor(values: unknown, path = '') {
    if (typeof values !== 'object' || values === null || Array.isArray(values)) throw new AdfError(400, 'The request body is not a JSON object.', undefined, path || undefined);
    this.#values = values as Record<string, unknown>;
    this.#path = path;
  }

  #refuse(name: string, detail: string): never {
    throw new AdfError(400, detail, 'JBO-27014', `${this.#path}/${name}`);
  }

  #value(name: string): unknown {
    this.#known.add(name);
    const value = this.#values[name];
    return value === null || value === '' ? undefined : value;
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  /** Whether the attribute is there to be emptied. */
  clears(name: string): boolean {
    this.#known.add(name);
    return this.#values[name] === null;
  }

  text(name: string): string | undefined {
    const value = this.#value(name);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    return this.#refuse(name, `The value of the attribute ${name} is not valid.`);
  }

  needText(name: string): string {
    return this.text(name) ?? this.#refuse(name, `You must enter a value for the attribute ${name}.`);
  }

  /** Decimal string; JSON numbers are taken by their shortest spelling, as they were sent. */
  decimal(name: string): string | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const text = String(value);
    if (!/^-?\d{1,15}(\.\d{1,9})?$/.test(text)) this.#refuse(name, `The value of the attribute ${name} is not a number.`);
    return text;
  }

  needDecimal(name: string): string {
    return this.decimal(name) ?? this.#refuse(name, `You must enter a value for the attribute ${name}.`);
  }

  whole(name: string): number | undefined {
    const text = this.decimal(name);
    if (text !== undefined && !/^\d{1,9}$/.test(text)) this.#refuse(name, `The value of the attribute ${name} is not a whole number.`);
    return text === undefined ? undefined : Number(text);
  }

  date(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^\d{4}-\d\d-\d\d($|T)/.test(text) || Number.isNaN(Date.parse(text))) this.#refuse(name, `The value of the attribute ${name} is not a date.`);
    return text.slice(0, 10);
  }

  /** ISO time; a bare date is its midnight. */
  time(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (Number.isNaN(Date.parse(text))) this.#refuse(name, `The value of the attribute ${name} is not a date and time.`);
    return new Date(text).toISOString();
  }

  flag(name: string): boolean | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const text = String(value).toLowerCase();
    if (text === 'true' || text === 'y') return true;
    if (text === 'false' || text === 'n') return false;
    return this.#refuse(name, `The value of the attribute ${name} is not true or false.`);
  }

  list(name: string): Body[] {
    const value = this.#value(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) this.#refuse(name, `The value of ${name} is not a list.`);
    const items = (value as unknown[]).map((each, index) => new Body(each, `${this.#path}/${name}/${index}`));
    this.#children.push(...items);
    return items;
  }

  /** Attributes that exist in Oracle and change nothing here. */
  ignore(...names: string[]): void {
    for (const name of names) this.#known.add(name);
  }

  /** @throws AdfError 400 for the first attribute that nobody read */
  finish(): void {
    const unknown = Object.keys(this.#values).find((name) => !this.#known.has(name));
    if (unknown !== undefined) this.#refuse(unknown, `The attribute ${unknown} is not found.`);
    for (const child of this.#children) child.finish();
  }
}
