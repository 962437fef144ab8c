import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { PlatformConfig } from '#chassis/config/config.ts';
import { compileContract } from '#chassis/contract/contract.ts';
import { startDeployable } from '#chassis/deployable/deployable.ts';
import { ensureServiceKeys } from '#chassis/security/service-keys.ts';
import { createServiceTokens, type ServiceTokens } from '#chassis/security/service-tokens.ts';
import { openDatabase } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import eventSchemas from '#contracts/generated/events/schemas.json' with { type: 'json' };
import { operations } from '#contracts/generated/experience/operations/v1.ts';
import { operationsApi } from '../../../experience-apis/operations/api.ts';
import { createTestDatabase } from '../../support/database.ts';
import { freePort } from '../../support/free-port.ts';
import { forgedCursors, impossibleMoments, keyedByCode } from '../../system-apis/forged-cursors.ts';

const forge = (...position: string[]) => Buffer.from(JSON.stringify(position)).toString('base64url');
const ID = randomUUID();

/** Parts of the right number that no column takes. */
const misfits: Record<string, string> = {
  'a NUL in a name': forge('\0', '7'),
  'a long name': forge('a'.repeat(121), '7'),
  'a transaction beyond all': forge('9'.repeat(20), '7', ID),
  'a number beyond all behind a transaction': forge('7', '9'.repeat(19), ID),
};
/** What `listLives` and the history of a business key cannot be asked without. */
const NEEDED: Record<string, string> = { listLives: 'process=procure-to-pay&', getBusinessTransaction: 'kind=order&value=4711&' };

const { 'a list of a process': _fits, ...foreign } = forgedCursors;
const compiled = compileContract(operations);
const lists = [...compiled.operations.values()].filter((operation) => operation.parameters.some((parameter) => parameter.name === 'cursor'));

describe('a forged cursor', () => {
  let url: string;
  let tokens: ServiceTokens;
  const enders: (() => Promise<unknown>)[] = [];

  before(async () => {
    const database = await createTestDatabase();
    const keys = await mkdtemp(path.join(tmpdir(), 'callosum-keys-'));
    await ensureServiceKeys(keys, ['experience-apis', 'tester']);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const config: PlatformConfig = {
      environment: 'test', log: { level: 'error' }, database: { url: database.url }, keys: { directory: keys }, apis: {},
      deployables: { 'experience-apis': { port, apis: ['operations'], grants: { tester: { scopes: ['operations'] } } } },
    };
    const deployable = await startDeployable({ name: 'experience-apis', config, modules: [operationsApi], eventSchemas });
    tokens = await createServiceTokens({ service: 'tester', keyDirectory: keys, grants: {} });
    const writer = openDatabase({ url: database.url, log: createLog('test', 'error') });
    await writer.query(`insert into chassis.replays (id, consumer, selection, facilities, again, reason, status, asked_by) values ($1, 'nobody', '{}', '{}', false, 'r', 'asked', 'ann')`, [ID]);
    await writer.close();
    enders.push(() => deployable.stop(), () => database.drop(), () => rm(keys, { recursive: true }));
  });
  after(async () => { for (const end of enders) await end(); });

  for (const { id, path: where } of lists) {
    test(`is refused by ${id}, whatever is in it`, async () => {
      const answers: string[] = [];
      for (const [what, cursor] of Object.entries({ ...foreign, ...keyedByCode, ...impossibleMoments, ...misfits })) {
        const answer = await fetch(`${url}${compiled.basePath}${where.replace(/\{\w+\}/, ID)}?${NEEDED[id] ?? ''}cursor=${encodeURIComponent(cursor)}`, { headers: { authorization: `Bearer ${await tokens.sign('experience-apis')}` } });
        const body = await answer.json() as { errors?: { pointer: string }[] };
        if (answer.status !== 400 || !body.errors?.some(({ pointer }) => pointer.endsWith(':cursor'))) answers.push(`${what}: ${answer.status} ${JSON.stringify(body).slice(0, 200)}`);
      }
      assert.deepEqual(answers, []);
    });
  }
});
