import Ajv2020, { type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { InputFault } from '../errors/failures.ts';

/** Returns the faults of a value; an empty list means that it fits. */
export type Check = (value: unknown) => InputFault[];

/** What our contracts add to JSON Schema and OpenAPI; none of it affects validity. */
export const ANNOTATIONS = ['x-data-class', 'x-business-key', 'example', 'discriminator', 'xml', 'externalDocs'];

const isDay = standard('date');
const isMoment = standard('date-time');
const isYear = (year: number) => year >= 1 && year <= 9_999;

/** Narrower than the standards, which also know what no column takes: `urn:uuid:`, the year 0, leap seconds, offsets of a day. */
const STORABLE = {
  'uuid': /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  'date': (text: string) => isDay(text) && isYear(Number(text.slice(0, 4))),
  'date-time': (text: string) => isMoment(text) && isYear(new Date(text).getUTCFullYear()) && !/[+-](1[6-9]|2\d):?\d\d$/.test(text),
};

function standard(name: 'date' | 'date-time'): (text: string) => boolean {
  return (addFormats.default.get(name) as { validate: (text: string) => boolean }).validate;
}

/**
 * `coerce` turns text into the schema's type and fills in defaults, as query strings and path parts need it. A schema is
 * compiled when it is first needed: a process has hundreds, meets a few of them, and would spend most of its start on the
 * others. That those of the contracts are sound is tested.
 */
export function schemaCompiler(document: object, { coerce = false } = {}): (schema: object) => Check {
  let compiler: Ajv2020.default | undefined;

  function newCompiler(): Ajv2020.default {
    const ajv = new Ajv2020.default({ allErrors: true, strict: false, coerceTypes: coerce, useDefaults: true, validateFormats: true, multipleOfPrecision: 6, meta: false, validateSchema: false });
    addFormats.default(ajv);
    for (const [name, isWritten] of Object.entries(STORABLE)) ajv.addFormat(name, isWritten);
    for (const keyword of ANNOTATIONS) ajv.addKeyword(keyword);
    ajv.addSchema({ ...document, $id: 'contract' });
    return ajv;
  }

  return (schema) => {
    let validate: ValidateFunction | undefined;
    return (value) => {
      validate ??= (compiler ??= newCompiler()).compile(withAbsoluteReferences(schema) as object);
      return validate(value) ? [] : (validate.errors ?? []).slice(0, 50).map(describe);
    };
  };
}

function describe(error: ErrorObject): InputFault {
  const { keyword, params, instancePath } = error;
  if (keyword === 'required') return { pointer: `${instancePath}/${params['missingProperty']}`, detail: 'is required', code: keyword };
  if (keyword === 'additionalProperties') return { pointer: `${instancePath}/${params['additionalProperty']}`, detail: 'is not known here', code: keyword };
  if (keyword === 'enum') return { pointer: instancePath, detail: `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`, code: keyword };
  return { pointer: instancePath, detail: error.message ?? 'is not valid', code: keyword };
}

/** Ajv resolves `#/...` against the schema at hand; ours mean the document. */
function withAbsoluteReferences(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withAbsoluteReferences);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) =>
    key === '$ref' && typeof value === 'string' && value.startsWith('#') ? [key, `contract${value}`] : [key, withAbsoluteReferences(value)]));
}
