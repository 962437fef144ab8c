import { isPersonal } from './data-classes.ts';
import { schemaCompiler, type Check } from './schemas.ts';
import type { TierName } from '../resilience/tiers.ts';

/** What a contract offers, as generated: one input and one output per operation. */
export type OperationTypes = object;
type In<Ops, Name extends keyof Ops> = Ops[Name] extends { input: infer Input } ? Input : never;
type Out<Ops, Name extends keyof Ops> = Ops[Name] extends { output: infer Output } ? Output : never;

/** The generated face of a contract. */
export interface Contract<Ops = OperationTypes> {
  readonly name: string;
  readonly layer: string;
  readonly version: string;
  readonly document: object;
  readonly operations?: Ops;
}

export type { In as InputOf, Out as OutputOf };

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
}

/** One operation, ready to be checked and served. */
export interface Operation {
  id: string;
  method: string;
  /** As in the contract, such as `/orders/{orderId}`. */
  path: string;
  parameters: Parameter[];
  scopes: string[];
  successStatus: number;
  /** Media type of the answer; undefined when there is no body. */
  answers: string | undefined;
  /** Media type of the body; undefined when there is none. */
  consumes: string | undefined;
  bodyRequired: boolean;
  /** A write that needs an idempotency key. */
  idempotent: boolean;
  /** Its answer may say something of a person. */
  answersPersonalData: boolean;
  checkParameters: Check;
  checkBody: Check | undefined;
  checkAnswer: Check | undefined;
}

/** A contract as it is served and called. */
export interface CompiledContract {
  name: string;
  layer: string;
  version: string;
  basePath: string;
  tier: TierName;
  operations: Map<string, Operation>;
}

interface RawParameter { $ref?: string; name: string; in: string; required?: boolean; schema: object }
interface RawOperation {
  operationId: string;
  parameters?: RawParameter[];
  security?: Record<string, string[]>[];
  requestBody?: { required?: boolean; content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
interface RawPath {
  parameters?: RawParameter[];
  [method: string]: RawOperation | RawParameter[] | undefined;
}
interface RawDocument {
  servers: { url: string }[];
  'x-tier'?: TierName;
  security?: Record<string, string[]>[];
  paths: Record<string, RawPath>;
  components?: { parameters?: Record<string, RawParameter> };
}

/** Those that a contract can describe. */
export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const compiled = new WeakMap<object, CompiledContract>();

/** Reads a contract, once per process. */
export function compileContract(contract: Contract): CompiledContract {
  const known = compiled.get(contract.document);
  if (known) return known;
  const document = contract.document as RawDocument;
  const strict = schemaCompiler(document);
  const coercing = schemaCompiler(document, { coerce: true });
  const operations = new Map<string, Operation>();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const raw = item[method] as RawOperation | undefined;
      if (!raw) continue;
      const parameters = [...(item.parameters ?? []), ...(raw.parameters ?? [])];
      operations.set(raw.operationId, operationOf(document, path, method, { ...raw, parameters }, strict, coercing));
    }
  }
  const result: CompiledContract = {
    name: contract.name, layer: contract.layer, version: contract.version,
    basePath: document.servers[0]?.url ?? `/${contract.name}/${contract.version}`, tier: document['x-tier'] ?? 'standard', operations,
  };
  compiled.set(contract.document, result);
  return result;
}

type Compile = (schema: object) => Check;

function operationOf(document: RawDocument, path: string, method: string, raw: RawOperation, strict: Compile, coercing: Compile): Operation {
  const parameters = (raw.parameters ?? []).map((parameter) => resolveParameter(document, parameter));
  const inputs = parameters.filter((parameter) => parameter.in !== 'header');
  const [status = '200', success] = Object.entries(raw.responses).find(([code]) => code.startsWith('2')) ?? [];
  const [answers] = Object.keys(success?.content ?? {});
  const [consumes] = Object.keys(raw.requestBody?.content ?? {});
  return {
    id: raw.operationId, method, path,
    parameters: parameters.map(({ name, in: place, required }) => ({ name, in: place as Parameter['in'], required: required ?? false })),
    scopes: (raw.security ?? document.security ?? []).flatMap((requirement) => Object.values(requirement).flat()),
    successStatus: Number(status),
    answers, consumes,
    bodyRequired: consumes !== undefined && raw.requestBody?.required !== false,
    idempotent: parameters.some((parameter) => parameter.name === 'Idempotency-Key'),
    answersPersonalData: answers !== undefined && isPersonal(document, success!.content![answers]!.schema),
    checkParameters: coercing({
      type: 'object', additionalProperties: false,
      properties: Object.fromEntries(inputs.map((parameter) => [parameter.name, parameter.schema])),
      required: inputs.filter((parameter) => parameter.required).map((parameter) => parameter.name),
    }),
    checkBody: consumes ? strict(raw.requestBody!.content[consumes]!.schema) : undefined,
    checkAnswer: answers ? strict(success!.content![answers]!.schema) : undefined,
  };
}

function resolveParameter(document: RawDocument, parameter: RawParameter): RawParameter {
  if (!parameter.$ref) return parameter;
  const found = document.components?.parameters?.[parameter.$ref.split('/').at(-1) ?? ''];
  if (!found) throw new Error(`parameter ${parameter.$ref} is not in the document`);
  return found;
}
