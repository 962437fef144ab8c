import { schemaCompiler } from '../contract/schemas.ts';
import type { InputFault } from '../errors/failures.ts';

/** `contracts/generated/events/schemas.json`: the payload schema of each type, and what they refer to. */
export interface EventSchemaDocument {
  messages: Record<string, { $ref?: string }>;
  schemas: Record<string, unknown>;
}

export interface EventSchemas {
  /** What is wrong with the data of an event; a type that no contract knows is a fault. */
  faults(type: string, data: unknown): InputFault[];
}

export function eventSchemas(document: EventSchemaDocument): EventSchemas {
  const compile = schemaCompiler({ components: { schemas: document.schemas } });
  const checks = new Map(Object.entries(document.messages).map(([type, schema]) => [type, compile(schema)]));
  return {
    faults(type, data) {
      const check = checks.get(type);
      return check ? check(data) : [{ pointer: '', detail: 'no contract describes this type of event' }];
    },
  };
}
