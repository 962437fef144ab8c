import { schemaCompiler, type Check } from '../contract/schemas.ts';
import type { InputFault } from '../errors/failures.ts';
import { keyPlaces, keyReader } from './business-keys.ts';

/** `contracts/generated/events/schemas.json`: the payload schema of each type, and what they refer to. */
export interface EventSchemaDocument {
  messages: Record<string, { $ref?: string }>;
  schemas: Record<string, unknown>;
}

export interface EventSchemas {
  /** What is wrong with the data of an event; a type that no contract knows is a fault. */
  faults(type: string, data: unknown): InputFault[];
  /** Business keys in the data of an event, each as `kind:value`. */
  keys(type: string, data: unknown): string[];
  /** Kinds of business keys that events of a type may have; undefined for a type that no contract knows. */
  kinds(type: string): ReadonlySet<string> | undefined;
}

interface CompiledType {
  check: Check;
  keys: (data: unknown) => string[];
  kinds: ReadonlySet<string>;
}

export function eventSchemas(document: EventSchemaDocument): EventSchemas {
  const compile = schemaCompiler({ components: { schemas: document.schemas } });
  const types = new Map(Object.entries(document.messages).map(([type, schema]): [string, CompiledType] => {
    const places = keyPlaces(document, type);
    return [type, { check: compile(schema), keys: keyReader(places), kinds: new Set(places.map((place) => place.kind)) }];
  }));
  return {
    faults(type, data) {
      const known = types.get(type);
      return known ? known.check(data) : [{ pointer: '', detail: 'no contract describes this type of event' }];
    },
    keys: (type, data) => types.get(type)?.keys(data) ?? [],
    kinds: (type) => types.get(type)?.kinds,
  };
}
