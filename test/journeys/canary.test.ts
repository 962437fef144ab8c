import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openPayloads } from '#chassis/payloads/open.ts';
import { openDatabase, type Database } from '#chassis/storage/database.ts';
import { createLog } from '#chassis/telemetry/logger.ts';
import { frame } from '#formats/hl7v2/index.ts';
import { PROCESSES, startPlatform, type RunningPlatform } from '../../commands/platform/platform.ts';
import { createClinician, type Clinician } from '../../sandbox/ehr/clinician.ts';
import { locationId, SYSTEMS } from '../../sandbox/ehr/hospital-record.ts';
import type { Happening } from '../../sandbox/ehr/day/clinical-day.ts';
import { machineToken, signIn } from '../../sandbox/identity/sign-in.ts';
import { openIdentityState, type IdentityState } from '../../sandbox/identity/state.ts';
import { eventually } from '../support/eventually.ts';
import { admission, openSender } from '../system-apis/ehr/messages/sender.ts';
import { searcherFor, sightingsInDatabase, sightingsInFiles, type Sighting } from './canary-search.ts';
import { startLiar, type Liar } from './liar.ts';

/** Words that occur nowhere else. Each path has its own, so that a leak tells where it began. */
const PATIENT = { family: 'Zyxquillfeather', given: 'Zyxottoline', number: 'ZYXMRN774411', born: '19231231', bornOn: '1923-12-31', social: 'ZYXSSN0815', note: 'Zyxwestwingnote' };
const RECORD = { family: 'Zyxrecordfamily', number: 'ZYXRECMRN9931', note: 'Zyxrecordnote' };
const EXCHANGED = { x12: 'Zyxinterchanged', broken: 'Zyxbrokenelement', partner: 'Zyxpartnervalue', unreadable: 'Zyxunreadable' };
const VENDOR = { garbage: 'Zyxvendorgarbage', failure: 'Zyxvendorfailure', list: 'Zyxvendorlist' };
const TYPED = { value: 'Zyxtypedvalue', query: 'Zyxtypedquery', place: 'Zyxtypedplace' };
const CRASHED = 'Zyxuncaughtpatient';
/** What people say to those who decide stands where these see it, and nowhere else. */
const REASON = 'Zyxjustification';
const REASON_BELONGS_IN = /^(procure_to_pay\.requisitions\.justification|chassis\.lives\.snapshot|chassis\.work_items\.(facts|note)|chassis\.idempotency\.answer)$/;

/** What an event tells stands with the event, and nothing of it in what is said of its failure. */
const TOLD = 'Zyxtoldofanother';
const BELONGS_IN = new Map([[REASON, REASON_BELONGS_IN], [TOLD, /^chassis\.(events\w*|troubled_events)\.data$/]]);

const everything = [PATIENT, RECORD, EXCHANGED, VENDOR, TYPED].flatMap((words) => Object.values(words)).concat(CRASHED);

/** The whole platform, with marked values sent through all of its doors, and everything searched that it left behind. */
describe('what is said of patients, by vendors in trouble and by those who type is found encrypted or not at all', () => {
  let home: string;
  let platform: RunningPlatform;
  let state: IdentityState;
  let liar: Liar;
  let database: Database;
  let nurse: string;
  const secrets: string[] = [];
  /** Everything that was answered to anybody. */
  const answers: string[] = [];

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'callosum-canary-'));
    liar = await startLiar();
    // The only way to an error that nobody catches is to throw one.
    const thrower = path.join(home, 'thrower.mjs');
    await writeFile(thrower, `process.on('SIGUSR2', () => setImmediate(() => { throw new Error('${CRASHED} could not be admitted'); }));`);
    platform = await startPlatform({ home, ports: 'free', env: { ERP_URL: liar.url, LOG_LEVEL: 'debug', NODE_OPTIONS: `--import=${pathToFileURL(thrower).href}` } });
    liar.forwardTo(platform.urls.erp);
    state = openIdentityState(path.join(home, 'identity'));
    nurse = (await signIn({
      issuer: platform.urls.identity, clientId: 'portal', redirectUri: `${platform.urls.control}/signed-in`, username: 'nina.alvarez', password: state.passwordOf('nina.alvarez'), scope: 'openid portal',
    })).accessToken;
    database = openDatabase({ url: platform.databaseUrl, log: createLog('canary', 'error'), maxConnections: 3 });
    secrets.push(nurse.split('.').at(-1)!, state.passwordOf('nina.alvarez'));
    for (const name of await readdir(path.join(home, 'secrets'))) secrets.push(await platform.secret(name));
    const masterKey = (await readFile(path.join(home, 'keys', 'payloads-1.key'), 'utf8')).trim();
    secrets.push(masterKey, Buffer.from(masterKey, 'base64').toString('hex'));
  });

  after(async () => {
    await database?.close();
    await platform?.stop();
    if (platform?.postgres) await rm(platform.postgres.directory, { recursive: true, force: true });
    await liar?.close();
    await rm(home, { recursive: true, force: true });
  });

  async function send(method: string, where: string, token: string, body?: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
    const response = await fetch(`${platform.urls.gateway}${where}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers }, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    answers.push(`${[...response.headers].join('\n')}\n${text}`);
    return { status: response.status, text };
  }

  async function graph<T>(query: string, variables: object = {}): Promise<T> {
    const { text } = await send('POST', '/portal/v1/graphql', nurse, JSON.stringify({ query, variables }));
    return JSON.parse(text) as T;
  }

  const submit = (reference: string, changes: object = {}) => graph<{ data?: { submitRequisition?: { number: string } } | null; errors?: object[] }>(
    'mutation($input: RequisitionInput!) { submitRequisition(input: $input) { number } }',
    { input: { reference, facility: 'MAIN', costCenter: '7010', lines: [{ itemNumber: 'CON-3006', quantity: 1, unit: 'BX' }], ...changes } });

  test('messages: good ones, broken ones, and bytes that are none', async () => {
    const telling = (controlId: string, change: (text: string) => string = (text) => text) => change(admission({ controlId, family: PATIENT.family })
      .replace('^Adam', `^${PATIENT.given}`).replace('100200^^^HOSP^MR', `${PATIENT.number}^^^HOSP^MR~${PATIENT.social}^^^USSSA^SS`).replace('19700101', PATIENT.born) + `NTE|1||${PATIENT.note}\r`);
    const sender = await openSender(platform.ports.MLLP_PORT);
    const codes: (string | undefined)[] = [];
    for (const message of [
      telling('GOOD'),
      telling('BROKEN-DATE', (text) => text.replace(PATIENT.born, PATIENT.bornOn)),
      telling('BROKEN-SEGMENT', (text) => text.replace('PV1|', `${PATIENT.family}|`)),
      telling('OTHER-KIND', (text) => text.replace('ADT^A01', 'ORU^R01')),
      telling('GOOD', (text) => text.replace('|M', '|F')),
      telling('NO-HEADER', (text) => text.slice(text.indexOf('EVN'))),
      telling('WRONG-VERSION', (text) => text.replace('|2.5.1', `|${PATIENT.family}`)),
      telling('WRONG-VISIT', (text) => text.replace(/V1\r/, `${'9'.repeat(300)}\r`)),
    ]) codes.push((await sender.send(message)).code);
    sender.write(frame(telling('CUT')).subarray(0, 240));
    sender.socket.end();
    codes.push((await sender.answer()).code);
    answers.push(...sender.answers());
    sender.close();
    assert.equal(codes[0], 'AA');
    assert.ok(codes.slice(1, 4).every((code) => code !== 'AA'), codes.join());
    await eventually(async () => (await database.query(`select 1 from ehr.messages where status = 'received'`)).length === 0);
  });

  test('uses that the record system tells of, understood and not', async () => {
    const clinician: Clinician = createClinician({ fhirUrl: `${platform.urls.ehr}/api/FHIR/R4`, tokenUrl: `${platform.urls.ehr}/oauth2/token`, clientId: 'bedside', secret: await platform.secret('bedside-secret') });
    const at = new Date().toISOString();
    const subject = { reference: 'Patient/canary-patient' };
    const use = (id: string, item: object, quantity: object = { value: 1, unit: 'each', system: 'http://unitsofmeasure.org', code: '{each}' }) => ({
      resourceType: 'SupplyDelivery', id, identifier: [{ system: SYSTEMS.use, value: id }], status: 'completed', patient: subject, occurrenceDateTime: at,
      suppliedItem: { quantity, itemCodeableConcept: item },
      destination: { reference: `Location/${locationId('MAIN', 'CATHLAB')}` },
    });
    await clinician.record({
      kind: 'use', id: 'canary', at, resources: [
        { resourceType: 'Patient', id: 'canary-patient', identifier: [{ system: 'urn:oid:1.2.3', value: RECORD.number }], name: [{ family: RECORD.family, given: ['Otto'] }], birthDate: PATIENT.bornOn },
        use('canary-use', { coding: [{ system: SYSTEMS.item, code: 'CON-3006' }], text: RECORD.note }),
        use('canary-unknown-item', { coding: [{ system: SYSTEMS.item, code: 'NO-SUCH-ITEM', display: RECORD.note }], text: RECORD.note }),
        use('canary-unknown-unit', { coding: [{ system: SYSTEMS.item, code: 'CON-3006' }] }, { value: 1, unit: `${RECORD.note} of ${RECORD.family}` }),
      ],
    } as unknown as Happening);
    await eventually(async () => (await database.query(`select 1 from chassis.events where type = 'supply.used.v1'`)).length >= 2);
    await eventually(async () => (await database.query('select 1 from ehr.troubled_uses')).length >= 1);
  });

  test('interchanges and partners\' documents, also those that cannot be read', async () => {
    const exchange = (await machineToken({ issuer: platform.urls.identity, clientId: 'value-added-network', scope: 'partner', secret: state.secretOf('value-added-network') })).accessToken;
    const interchange = (number: string, ...sets: string[]) => [
      `ISA*00*          *00*          *12*5550130130     *ZZ*LAKESIDE       *261120*1200*^*00501*${number}*1*T*>`, `GS*PR*5550130130*LAKESIDE*20261120*1200*${number.slice(-3)}*X*005010`,
      ...sets, `GE*1*${number.slice(-3)}`, `IEA*1*${number}`, '',
    ].join('~');
    for (const body of [
      interchange('000000911', 'ST*855*0001', 'BAK*00*AC*PO-1*20261120', `MSG*for ${EXCHANGED.x12}`, 'SE*4*0001'),
      interchange('000000912', 'ST*855*0001', `BAK*${EXCHANGED.broken}*${EXCHANGED.broken}*PO-1*${EXCHANGED.broken}`, 'SE*3*0001'),
      interchange('000000911', 'ST*855*0001', 'BAK*00*AC*PO-2*20261120', `MSG*again ${EXCHANGED.x12}`, 'SE*4*0001'),
      `ISA of ${EXCHANGED.unreadable}`,
    ]) await send('POST', '/partner/v1/interchanges', exchange, body, { 'content-type': 'application/edi-x12' });
    const partner = (await machineToken({ issuer: platform.urls.identity, clientId: 'partner-sup-150', scope: 'partner', secret: state.secretOf('partner-sup-150') })).accessToken;
    const key = { 'idempotency-key': 'canary-document' };
    const invoice = { number: 'INV-Z1', invoicedOn: '2026-11-20', currency: 'USD', total: '1.00', lines: [{ line: 1, itemNumber: 'CON-3006', quantity: 1, unit: 'BX', unitPrice: '1.00', amount: '1.00' }] };
    const statuses = [];
    for (const body of [{ ...invoice, currency: EXCHANGED.partner }, { ...invoice, note: EXCHANGED.partner }, { ...invoice, lines: EXCHANGED.partner }, invoice]) statuses.push((await send('POST', '/partner/v1/orders/PO-NONE/invoices', partner, JSON.stringify(body), key)).status);
    statuses.push((await send('POST', '/partner/v1/orders/PO-NONE/invoices', partner, `{"number": "${EXCHANGED.partner}`, key)).status);
    assert.deepEqual(statuses, [400, 400, 400, 404, 400]);
  });

  test('what people type, right and wrong', async () => {
    await submit('canary-place', { costCenter: TYPED.place });
    await submit('canary-quantity', { lines: [{ itemNumber: 'CON-3006', quantity: TYPED.value, unit: 'BX' }] });
    await submit('canary-long', { justification: TYPED.value.repeat(30) });
    await graph(`{ requisitions(first: "${TYPED.query}") { items { reference } } }`);
    await graph(`{ requisition(number: "${TYPED.query}") { number } }`);
    await send('POST', '/portal/v1/graphql', nurse, `{"query": "${TYPED.query}`);
    await send('GET', `/portal/v1/${TYPED.query}?name=${TYPED.query}`, nurse);
    await send('GET', `/partner/v1/orders/${TYPED.query}%00`, nurse);
    const taken = await submit('canary-justified', { urgency: 'EMERGENCY', justification: `${REASON} cannot wait` });
    assert.ok(taken.data?.submitRequisition?.number, JSON.stringify(taken));
  });

  test('vendors that answer garbage, fail and say so with what they were asked', async () => {
    // In the middle of a move, which fails for good.
    liar.lie('purchaseOrders', `{"items":[{"OrderNumber":"${VENDOR.list}"}]}`);
    const { data } = await submit('canary-list');
    assert.ok(data?.submitRequisition);
    await eventually(async () => (await database.query(`select 1 from chassis.moves where status = 'failed' and failure ->> 'kind' = 'upstream-broken'`)).length > 0, 30_000);
    liar.lie('purchaseOrders', undefined);
    liar.lie('budgetaryControlBalances', JSON.stringify({ items: VENDOR.garbage }));
    await submit('canary-garbage');
    liar.lie('budgetaryControlBalances', `<h1>${VENDOR.failure} not found</h1>`, 500);
    await submit('canary-failure');
    liar.lie('budgetaryControlBalances', undefined);
    await fetch(`${platform.urls.control}/faults/coupa`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"mode":{"kind":"failing","status":500,"rate":1},"scope":{"times":4}}' });
    await submit('canary-network', { lines: [{ itemNumber: 'IMP-1001', quantity: 1, unit: 'EA' }] });
  });

  test('an event that its group gives up', async () => {
    assert.ok((await submit('canary-told', { urgency: 'EMERGENCY', justification: 'cannot wait' })).data?.submitRequisition);
    const order = await eventually(async () => (await database.query<{ value: string }>(`select value from chassis.life_keys where process = 'procure-to-pay' and kind = 'order' limit 1`))[0]?.value, 30_000);
    // No door lets it in: its adapter would have to mistake one supplier for another.
    await database.query(
      `insert into chassis.events (id, type, source, subject, data, correlation_id, traceparent, keys) values (gen_random_uuid(), 'order.acknowledged.v1', 'canary', $1, $2, 'canary-told', $3, '{}')`,
      [order, JSON.stringify({ supplierNumber: TOLD, orderNumber: order, number: TOLD, acknowledgedAt: new Date().toISOString(), lines: [{ line: 1, outcome: 'accepted' }] }), `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`]);
    await eventually(async () => (await database.query(`select 1 from chassis.troubled_events where correlation_id = 'canary-told' and status = 'dead' and failure ->> 'code' = 'foreign-order'`)).length > 0, 30_000);
  });

  test('processes that are killed, and that end by an error nobody caught', async () => {
    await submit('canary-killed');
    platform.processes['process-apis'].kill();
    for (const name of ['system-apis', 'experience-apis', 'gateway'] as const) process.kill(platform.processes[name].pid!, 'SIGUSR2');
    const logs = async (name: string) => readFile(path.join(home, 'logs', `${name}.log`), 'utf8');
    for (const name of ['system-apis', 'experience-apis', 'gateway']) await eventually(async () => (await logs(name)).includes('ended by an error that nobody caught'));
    for (const name of PROCESSES) await platform.processes[name].ready(60_000);
    const taken = await eventually(async () => (await submit('canary-after')).data?.submitRequisition?.number, 30_000);
    assert.ok(taken);
  });

  test('operators, who look at all that went wrong', async () => {
    const operator = (await signIn({
      issuer: platform.urls.identity, clientId: 'portal', redirectUri: `${platform.urls.control}/signed-in`, username: 'ivan.petrov', password: state.passwordOf('ivan.petrov'), scope: 'openid portal operations',
    })).accessToken;
    const look = async (where: string) => {
      const { status, text } = await send('GET', `/operations/v1${where}`, operator);
      assert.equal(status, 200, text);
      return JSON.parse(text) as { items: { id: string }[] };
    };
    for (const list of ['/dependencies', '/exceptions', '/consumer-groups', '/interventions']) await look(list);
    assert.ok((await look('/dead-letters')).items.length > 0);
    const [lives, moves] = [await look('/lives?process=procure-to-pay&limit=100'), await look('/moves?process=procure-to-pay&limit=200')];
    assert.ok(lives.items.length > 0 && moves.items.length > 0);
    for (const { id } of lives.items) {
      await look(`/lives/${id}`);
      await look(`/business-transactions?lifeId=${id}`);
    }
    for (const { id } of moves.items) await look(`/moves/${id}`);
  });

  test('no table shows any of it, but for what people said to those who decide and what an event tells', async () => {
    const seen = await sightingsInDatabase(database, searcherFor([...everything, ...secrets, REASON, TOLD]));
    assert.deepEqual(seen.filter(({ place, canary }) => !BELONGS_IN.get(canary)?.test(place)), []);
    for (const place of ['procure_to_pay.requisitions.justification', 'chassis.troubled_events.data']) assert.ok(seen.some((each) => each.place === place), 'the search finds what is there');
  });

  test('no log shows any of it', async () => {
    const search = searcherFor([...everything, ...secrets, REASON, TOLD]);
    assert.deepEqual(await sightingsInFiles(path.join(home, 'logs'), (name) => !name.startsWith('sandbox'), search), []);
    if (platform.postgres) assert.deepEqual(await sightingsInFiles(platform.postgres.directory, (name) => name.endsWith('.log'), search), []);
  });

  test('no figure and no answer shows any of it', async () => {
    const ports = [platform.ports.SYSTEM_APIS_PORT, platform.ports.PROCESS_APIS_PORT, platform.ports.EXPERIENCE_APIS_PORT, platform.ports.GATEWAY_ADMIN_PORT];
    const figures = await Promise.all(ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()));
    assert.ok(figures.every((text) => text.includes('process_cpu_seconds_total')));
    const search = searcherFor([...everything, ...secrets, REASON, TOLD]);
    const sightings = [...figures, ...answers].flatMap((text): Sighting[] => search(text).map((canary) => ({ place: text.slice(-300), canary })));
    assert.deepEqual(sightings, []);
  });

  test('the store of bodies has kept all that was to be kept', async () => {
    const { payloads } = await openPayloads({ masterKeys: [{ id: 'sandbox-1', file: path.join(home, 'keys', 'payloads-1.key') }] }, { database, log: createLog('canary', 'error') });
    const rows = await database.query<{ reference: string }>('select reference from chassis.payloads');
    const bodies = [...(await payloads.getAll(database, rows.map(({ reference }) => reference))).values()];
    const kept = (purpose: string) => bodies.filter((each) => each.purpose === purpose).map(({ body }) => body.toString('latin1')).join('\n');
    for (const word of Object.values(PATIENT)) assert.ok(kept('clinical-message').includes(word), word);
    for (const word of [EXCHANGED.x12, EXCHANGED.broken, EXCHANGED.unreadable]) assert.ok(kept('supplier-document').includes(word), word);
    for (const word of Object.values(VENDOR)) assert.ok(kept('vendor-exchange').includes(word), word);
    const [failed] = await database.query<{ evidence: string }>(`select failure ->> 'evidence' as evidence from chassis.moves where status = 'failed' and failure ->> 'kind' = 'upstream-broken'`);
    assert.ok((await payloads.get(database, failed!.evidence)).body.includes(VENDOR.list), 'a failed move says where the exchange is kept in which it failed');
    const exchanges = kept('vendor-exchange');
    assert.deepEqual(secrets.filter((secret) => exchanges.includes(secret)), [], 'without the secrets that were shown to vendors');
  });

  test('the search finds what is planted, in whatever form', async () => {
    const search = searcherFor([PATIENT.family]);
    await database.query('create table public.planted (said text, facts jsonb, bytes bytea, coded text)');
    try {
      await database.query('insert into public.planted values ($1, $2, $3, $4)', [
        `Mrs ${PATIENT.family.toUpperCase()}`, JSON.stringify({ name: [PATIENT.family] }), Buffer.from(`|${PATIENT.family}|`), Buffer.from(`Mrs ${PATIENT.family}, ward 4`).toString('base64')]);
      assert.deepEqual((await sightingsInDatabase(database, search)).map(({ place }) => place).toSorted(), ['bytes', 'coded', 'facts', 'said'].map((column) => `public.planted.${column}`));
    } finally {
      await database.query('drop table public.planted');
    }
    await writeFile(path.join(home, 'logs', 'planted.log'), JSON.stringify({ message: PATIENT.family }));
    assert.deepEqual(await sightingsInFiles(path.join(home, 'logs'), (name) => name.startsWith('planted'), search), [{ place: 'planted.log', canary: PATIENT.family }]);
  });
});
