import { Type, type Static } from '@sinclair/typebox';
import { checkSection, type PlatformConfig } from '#chassis/config/config.ts';
import { EXPOSABLE } from './routes.ts';

/** Where in a token the facts about a caller are; a dot leads into an object. */
const Claims = Type.Object({
  name: Type.String({ default: 'name' }),
  roles: Type.String({ default: 'roles' }),
  facilities: Type.String({ default: 'facilities' }),
  /** Name inside the platform to claim; a list becomes one text with commas. */
  bindings: Type.Record(Type.String(), Type.String(), { default: {} }),
}, { additionalProperties: false, default: {} });

const Issuer = Type.Object({
  issuer: Type.String({ format: 'uri' }),
  audience: Type.String({ minLength: 1 }),
  /** Where the keys are; discovered from the issuer when absent. */
  jwksUri: Type.Optional(Type.String({ format: 'uri' })),
  /** Set before every subject, so that two issuers cannot mean the same person. */
  subjectPrefix: Type.String({ default: '' }),
  /** What becomes of a person whose token names no facility: inside, an empty list means all of them. */
  withoutFacilities: Type.Unsafe<'refuse' | 'everywhere'>({ type: 'string', enum: ['refuse', 'everywhere'], default: 'refuse' }),
  claims: Claims,
}, { additionalProperties: false });

const Rate = (perSecond: number, burst: number) => Type.Object({
  perSecond: Type.Number({ exclusiveMinimum: 0, default: perSecond }),
  burst: Type.Integer({ minimum: 1, default: burst }),
}, { additionalProperties: false, default: {} });

export const GatewaySettings = Type.Object({
  port: Type.Integer({ minimum: 0, maximum: 65_535, default: 7100 }),
  host: Type.String({ default: '127.0.0.1' }),
  /** Health, readiness and figures have a port of their own, which is not for outside. */
  admin: Type.Object({
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 7101 }),
    host: Type.String({ default: '127.0.0.1' }),
  }, { additionalProperties: false, default: {} }),
  issuers: Type.Array(Issuer, { minItems: 1 }),
  routes: Type.Array(Type.Object({
    api: Type.String(),
    entrance: Type.Unsafe<'app' | 'partner'>({ type: 'string', enum: ['app', 'partner'] }),
  }, { additionalProperties: false }), { default: [{ api: 'portal', entrance: 'app' }, { api: 'partner', entrance: 'partner' }] }),
  limits: Type.Object({
    bodyBytes: Type.Integer({ minimum: 1_024, default: 4 * 1024 * 1024 }),
    answerBytes: Type.Integer({ minimum: 1_024, default: 32 * 1024 * 1024 }),
    /** Requests that one experience deployable works on at once. */
    underWay: Type.Integer({ minimum: 1, default: 512 }),
    rates: Type.Object({
      /** For each person in each application. */
      app: Rate(50, 100),
      /** For each client. */
      partner: Rate(50, 100),
      /** For each address, where nobody has said who they are. */
      open: Rate(20, 40),
    }, { additionalProperties: false, default: {} }),
  }, { additionalProperties: false, default: {} }),
  /** Websites whose scripts may call the `app` entrance. */
  cors: Type.Object({ origins: Type.Array(Type.String({ format: 'uri' }), { default: [] }) }, { additionalProperties: false, default: {} }),
}, { additionalProperties: false });

export type GatewaySettings = Static<typeof GatewaySettings>;
export type IssuerSettings = Static<typeof Issuer>;

/** The gateway's section, with everything about it that is wrong; what is wrong elsewhere in the file is not its business. */
export function checkGateway(config: PlatformConfig): { settings: GatewaySettings; mistakes: string[] } {
  const mistakes: string[] = [];
  const settings = checkSection(GatewaySettings, config.gateway ?? {}, '/gateway', mistakes);
  if (mistakes.length === 0) mistakes.push(...crossChecks(settings, config));
  return { settings, mistakes };
}

function crossChecks({ issuers, routes }: GatewaySettings, config: PlatformConfig): string[] {
  const mistakes: string[] = [];
  routes.forEach(({ api }, index) => {
    const place = `/gateway/routes/${index}/api`;
    if (!EXPOSABLE.some((contract) => contract.name === api)) mistakes.push(`${place}: there is no contract of an experience API with this name`);
    else if (!hostOf(api, config)) mistakes.push(`${place}: no deployable hosts this API`);
    if (routes.findIndex((each) => each.api === api) !== index) mistakes.push(`${place}: is given twice`);
  });
  issuers.forEach(({ issuer, subjectPrefix, jwksUri }, index) => {
    const place = `/gateway/issuers/${index}`;
    if (issuers.findIndex((each) => each.issuer === issuer) !== index) mistakes.push(`${place}/issuer: is given twice`);
    if (issuers.findIndex((each) => each.subjectPrefix === subjectPrefix) !== index) mistakes.push(`${place}/subjectPrefix: must differ, or a person of one issuer could be taken for one of another`);
    if (config.environment === 'production' && [issuer, jwksUri ?? issuer].some((each) => !each.startsWith('https:'))) mistakes.push(`${place}: must be https in production`);
  });
  return mistakes;
}

/** The deployable that hosts an API: its name, which tokens are made out to, and its address. */
export function hostOf(api: string, config: PlatformConfig): { name: string; url: string } | undefined {
  const [name, deployable] = Object.entries(config.deployables).find(([, each]) => each.apis.includes(api)) ?? [];
  if (!name || !deployable) return undefined;
  return { name, url: deployable.url ?? `http://${deployable.host ?? '127.0.0.1'}:${deployable.port}` };
}
