import { readFile } from 'node:fs/promises';
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { parse } from 'yaml';
import { schemaCompiler } from '../contract/schemas.ts';

/** Where a deployable listens and what it hosts. */
const Deployable = Type.Object({
  port: Type.Integer({ minimum: 0, maximum: 65_535 }),
  host: Type.Optional(Type.String()),
  /** Address under which the others reach it; its own host and port when absent. */
  url: Type.Optional(Type.String({ format: 'uri' })),
  apis: Type.Array(Type.String()),
  moveConcurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  databaseConnections: Type.Optional(Type.Integer({ minimum: 2, maximum: 100 })),
  /** What each calling service may do here. */
  grants: Type.Optional(Type.Record(Type.String(), Type.Object({
    scopes: Type.Array(Type.String()),
    actsForOthers: Type.Optional(Type.Boolean()),
  }, { additionalProperties: false }))),
}, { additionalProperties: false });

const PlatformConfig = Type.Object({
  environment: Type.Union([Type.Literal('sandbox'), Type.Literal('development'), Type.Literal('test'), Type.Literal('production')]),
  log: Type.Object({ level: Type.Union([Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')]) }, { additionalProperties: false }),
  database: Type.Object({ url: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
  keys: Type.Object({ directory: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
  deployables: Type.Record(Type.String(), Deployable),
  /** Settings of each API, in the shape that the API declares. */
  apis: Type.Record(Type.String(), Type.Unknown()),
  gateway: Type.Optional(Type.Unknown()),
}, { additionalProperties: false });

export type PlatformConfig = Static<typeof PlatformConfig>;
export type DeployableConfig = Static<typeof Deployable>;

/** Every mistake in the configuration at once, each with its place. */
export class ConfigError extends Error {
  readonly mistakes: string[];
  constructor(mistakes: string[]) {
    super(`The configuration has ${mistakes.length} mistake${mistakes.length === 1 ? '' : 's'}:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`);
    this.name = 'ConfigError';
    this.mistakes = mistakes;
  }
}

/**
 * Reads one file per environment. `${NAME}` stands for an environment variable and `${NAME:-text}` for one with a
 * default; `${file:NAME}` for the content of the file that the variable names, for secrets.
 */
export async function loadConfig(file: string, env: NodeJS.ProcessEnv = process.env): Promise<PlatformConfig> {
  const mistakes: string[] = [];
  const raw: unknown = parse(await readFile(file, 'utf8'));
  const filled = await substitute(raw, env, '', mistakes);
  const config = checkSection(PlatformConfig, filled, '', mistakes);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return config;
}

/** One section against its schema; mistakes are collected, defaults filled in. */
export function checkSection<S extends TSchema>(schema: S, value: unknown, place: string, mistakes: string[]): Static<S> {
  const section: unknown = structuredClone(value);
  const check = schemaCompiler({}, { coerce: true })(schema);
  for (const fault of check(section)) mistakes.push(`${place}${fault.pointer || '/'}: ${fault.detail}`);
  return section as Static<S>;
}

async function substitute(value: unknown, env: NodeJS.ProcessEnv, place: string, mistakes: string[]): Promise<unknown> {
  if (typeof value === 'string') return fill(value, env, place, mistakes);
  if (Array.isArray(value)) return Promise.all(value.map((each, index) => substitute(each, env, `${place}/${index}`, mistakes)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = await Promise.all(Object.entries(value).map(async ([key, each]) => [key, await substitute(each, env, `${place}/${key}`, mistakes)] as const));
  return Object.fromEntries(entries);
}

async function fill(text: string, env: NodeJS.ProcessEnv, place: string, mistakes: string[]): Promise<string> {
  let result = text;
  for (const [whole, fromFile, name, fallback] of text.matchAll(/\$\{(file:)?([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g)) {
    const value = env[name!] ?? fallback;
    if (value === undefined) {
      mistakes.push(`${place}: the environment variable ${name} is not set`);
      continue;
    }
    result = result.replace(whole, fromFile ? (await secretIn(value, place, mistakes)) : value);
  }
  return result;
}

async function secretIn(file: string, place: string, mistakes: string[]): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    mistakes.push(`${place}: the file ${file} cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'})`);
    return '';
  }
}
