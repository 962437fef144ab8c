import { readFile } from 'node:fs/promises';
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { parse, YAMLParseError } from 'yaml';
import { schemaCompiler } from '../contract/schemas.ts';
import { NatsConfig } from '../events/nats/settings.ts';
import { PayloadSettings } from '../payloads/settings.ts';

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

/** A union of literals would be reported as one mistake for each of them. */
function oneOf<const Names extends string[]>(...names: Names) {
  return Type.Unsafe<Names[number]>({ type: 'string', enum: names });
}

const PlatformConfig = Type.Object({
  environment: oneOf('sandbox', 'development', 'test', 'production'),
  log: Type.Object({ level: oneOf('debug', 'info', 'warn', 'error') }, { additionalProperties: false }),
  database: Type.Object({ url: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
  keys: Type.Object({ directory: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
  /** Needed by deployables whose APIs keep bodies. */
  payloads: Type.Optional(PayloadSettings),
  /** Absent or without an address: the log is read from the database alone. */
  nats: Type.Optional(NatsConfig),
  /** Days for which is kept what is needed no longer. */
  retention: Type.Optional(Type.Object({
    keysDays: Type.Optional(Type.Number({ minimum: 1 })),
    eventsDays: Type.Optional(Type.Number({ minimum: 1 })),
    movesDays: Type.Optional(Type.Number({ minimum: 1 })),
    livesDays: Type.Optional(Type.Number({ minimum: 1 })),
    callsDays: Type.Optional(Type.Number({ minimum: 1 })),
    groupsDays: Type.Optional(Type.Number({ minimum: 1 })),
  }, { additionalProperties: false })),
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
  const { config, mistakes } = await readConfig(file, env);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return config;
}

/** As `loadConfig`, for whoever has more to check before all mistakes are reported together. */
export async function readConfig(file: string, env: NodeJS.ProcessEnv = process.env): Promise<{ config: PlatformConfig; mistakes: string[] }> {
  const mistakes: string[] = [];
  const filled = await substitute(await readYaml(file), env, '', mistakes);
  return { config: checkSection(PlatformConfig, filled, '', mistakes), mistakes };
}

/** One section against its schema; mistakes are collected, defaults filled in. */
export function checkSection<S extends TSchema>(schema: S, value: unknown, place: string, mistakes: string[]): Static<S> {
  const section: unknown = structuredClone(value);
  const check = schemaCompiler({}, { coerce: true })(schema);
  for (const fault of check(section)) mistakes.push(`${place}${fault.pointer || '/'}: ${fault.detail}`);
  return section as Static<S>;
}

async function readYaml(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => { throw new ConfigError([`${file}: cannot be read (${codeOf(error)})`]); });
  try {
    return parse(text);
  } catch (error) {
    // The parser's own message quotes the line, which may hold a secret.
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    throw new ConfigError([`${file}: is not YAML${line ? ` (line ${line})` : ''}`]);
  }
}

async function substitute(value: unknown, env: NodeJS.ProcessEnv, place: string, mistakes: string[]): Promise<unknown> {
  if (typeof value === 'string') return fill(value, env, place, mistakes);
  if (Array.isArray(value)) return Promise.all(value.map((each, index) => substitute(each, env, `${place}/${index}`, mistakes)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = await Promise.all(Object.entries(value).map(async ([key, each]) => [key, await substitute(each, env, `${place}/${key}`, mistakes)] as const));
  return Object.fromEntries(entries);
}

/** What is filled in is taken as it stands: a secret may contain `$` or look like a variable itself. */
async function fill(text: string, env: NodeJS.ProcessEnv, place: string, mistakes: string[]): Promise<string> {
  let result = '';
  let end = 0;
  for (const match of text.matchAll(/\$\{(file:)?([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g)) {
    const [whole, fromFile, name, fallback] = match;
    const value = env[name!] ?? fallback;
    if (value === undefined) mistakes.push(`${place}: the environment variable ${name} is not set`);
    const filled = value === undefined ? whole : fromFile ? await secretIn(value, place, mistakes) : value;
    result += text.slice(end, match.index) + filled;
    end = match.index + whole.length;
  }
  return result + text.slice(end);
}

async function secretIn(file: string, place: string, mistakes: string[]): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    mistakes.push(`${place}: the file ${file} cannot be read (${codeOf(error)})`);
    return '';
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
