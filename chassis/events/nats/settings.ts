import { accessSync, constants } from 'node:fs';
import { isIP } from 'node:net';
import { Type, type Static } from '@sinclair/typebox';

/** The section `nats`: an event broker through which the log is told. An empty address means none. */
export const NatsConfig = Type.Object({
  /** One or more addresses, separated by commas: `nats://host:4222`, or `tls://host:4222`. */
  url: Type.String(),
  user: Type.Optional(Type.String()),
  passwordFile: Type.Optional(Type.String()),
  tokenFile: Type.Optional(Type.String()),
  caFile: Type.Optional(Type.String()),
  certFile: Type.Optional(Type.String()),
  keyFile: Type.Optional(Type.String()),
  /** What the stream may take on the broker's disk, and for how long it keeps an event at most. */
  maxBytes: Type.Optional(Type.Integer({ minimum: 65_536 })),
  maxAgeHours: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  /** For so long the broker itself drops an event that is told twice. */
  duplicateWindowSeconds: Type.Optional(Type.Number({ minimum: 0.1 })),
  replicas: Type.Optional(Type.Integer({ minimum: 1, maximum: 5 })),
}, { additionalProperties: false });

export type NatsConfig = Static<typeof NatsConfig>;

/** How the event broker is reached and how much it may keep. Secrets are files, read again for every connection. */
export interface BrokerSettings {
  servers: string[];
  user?: string;
  passwordFile?: string;
  tokenFile?: string;
  tls?: { caFile?: string; certFile?: string; keyFile?: string };
  maxBytes: number;
  maxAgeHours: number;
  duplicateWindowSeconds: number;
  replicas: number;
}

const FILES = ['passwordFile', 'tokenFile', 'caFile', 'certFile', 'keyFile'] as const;

/** Undefined when no address is given: events are then read from the log alone. */
export function brokerSettings(config: NatsConfig | undefined): BrokerSettings | undefined {
  if (!config?.url) return undefined;
  const { user, passwordFile, tokenFile, caFile, certFile, keyFile } = given(config);
  const urls = urlsOf(config);
  const wantsTls = urls.some((url) => url.startsWith('tls:')) || caFile !== undefined || certFile !== undefined;
  return {
    servers: urls.map((url) => new URL(url).host),
    ...(user ? { user } : {}), ...(passwordFile ? { passwordFile } : {}), ...(tokenFile ? { tokenFile } : {}),
    ...(wantsTls ? { tls: { ...(caFile ? { caFile } : {}), ...(certFile ? { certFile } : {}), ...(keyFile ? { keyFile } : {}) } } : {}),
    // The log is what is kept for long; the stream only has to outlast what its readers are behind.
    maxBytes: config.maxBytes ?? 1_073_741_824,
    maxAgeHours: config.maxAgeHours ?? 72,
    duplicateWindowSeconds: config.duplicateWindowSeconds ?? 120,
    replicas: config.replicas ?? 1,
  };
}

/** What the shape of the section cannot say. Nothing that is named here may hold a secret. */
export function brokerMistakes(config: NatsConfig | undefined): string[] {
  if (!config?.url) return [];
  const mistakes = urlsOf(config).flatMap(mistakesInUrl);
  const { user, passwordFile, tokenFile, certFile, keyFile } = given(config);
  if ((user === undefined) !== (passwordFile === undefined)) mistakes.push('/nats: user and passwordFile belong together');
  if (user !== undefined && tokenFile !== undefined) mistakes.push('/nats: either user and passwordFile or tokenFile');
  if ((certFile === undefined) !== (keyFile === undefined)) mistakes.push('/nats: certFile and keyFile belong together');
  return [...mistakes, ...FILES.flatMap((name) => mistakesInFile(name, config[name]))];
}

function given(config: NatsConfig): Partial<Record<'user' | (typeof FILES)[number], string>> {
  // An environment variable that is not set arrives as an empty text.
  return Object.fromEntries((['user', ...FILES] as const).flatMap((name) => (config[name] ? [[name, config[name]]] : [])));
}

function urlsOf(config: NatsConfig): string[] {
  return config.url.split(',').map((url) => url.trim()).map((url) => (url.includes('://') ? url : `nats://${url}`));
}

function mistakesInUrl(text: string): string[] {
  const url = URL.parse(text);
  if (!url || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '') return ['/nats/url: is not an address such as nats://host:4222'];
  if (url.username !== '' || url.password !== '') return ['/nats/url: credentials belong into files'];
  // The client would look for `localhost` in the certificate.
  if (url.protocol === 'tls:' && isIP(url.hostname.replaceAll(/[[\]]/g, '')) > 0) return ['/nats/url: over TLS a host is given by the name that its certificate says'];
  return [];
}

function mistakesInFile(name: string, file: string | undefined): string[] {
  if (!file) return [];
  try {
    accessSync(file, constants.R_OK);
    return [];
  } catch (error) {
    return [`/nats/${name}: the file ${file} cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'})`];
  }
}
