import { after, before } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { stringify } from 'csv-stringify/sync';
import { columns } from '../../sandbox/erp/journal-import.ts';
import { startErp } from '../../sandbox/erp/start-erp.ts';
import type { RunningErp } from '../../sandbox/erp/start-erp.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

export type Json = Record<string, unknown>;
export interface Answer { status: number; type: string; headers: Headers; body: Json; text: string }

export interface Client {
  erp: RunningErp;
  databaseUrl: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
  action(path: string, body?: unknown): Promise<Answer>;
}

/** One ERP with its own database. */
export function useErp(options: { jobDelayMs?: number } = {}): Client {
  let running: RunningErp | undefined;
  let database: Awaited<ReturnType<typeof createTestDatabase>> | undefined;
  before(async () => {
    database = await createTestDatabase();
    running = await startErp({ databaseUrl: database.url, port: 0, seed: 1, jobDelayMs: options.jobDelayMs ?? 5 });
  });
  after(async () => {
    await running?.close();
    await database?.drop();
  });
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const { url, credentials } = running!;
    const response = await fetch(`${url}/fscmRestApi/resources/11.13.18.05/${path}`, {
      method,
      headers: {
        Authorization: `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`,
        'REST-Framework-Version': '2',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, headers: response.headers, text, body: type.includes('json') ? JSON.parse(text) as Json : {} };
  };
  return {
    get erp() { return running!; },
    get databaseUrl() { return database!.url; },
    call,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    action: (path, body = {}) => call('POST', path, body, { 'Content-Type': 'application/vnd.oracle.adf.action+json' }),
  };
}

export const items = (answer: Answer): Json[] => answer.body['items'] as Json[];
export const errorOf = (answer: Answer): Json => (answer.body['o:errorDetails'] as Json[])[0]!;

export const BU = 'Lakeside US Business Unit';

/** An order for stents into the catheterisation laboratory, open unless told otherwise. */
export async function order(client: Client, change: { line?: Json; schedule?: Json; distribution?: Json; header?: Json; submit?: boolean } = {}): Promise<Json> {
  const created = await client.post('draftPurchaseOrders', {
    ProcurementBU: BU, SupplierNumber: 'SUP-100', SupplierSite: 'HARBORLINE-HQ', CurrencyCode: 'USD', ...change.header,
    lines: [{
      LineNumber: 1, Item: 'IMP-1001', Quantity: 10, UOMCode: 'EA', Price: 1450, ...change.line,
      schedules: [{
        ScheduleNumber: 1, ShipToOrganizationCode: 'MAIN', DestinationTypeCode: 'INVENTORY', ...change.schedule,
        distributions: [{ DistributionNumber: 1, POChargeAccount: '101-0000-1310', DestinationSubinventory: 'CATHLAB', ...change.distribution }],
      }],
    }],
  });
  if (created.status !== 201) throw new Error(created.text);
  if (change.submit !== false) {
    const submitted = await client.action(`draftPurchaseOrders/${created.body['POHeaderId']}/action/submit`, { bypassApprovalsFlag: 'true' });
    if (submitted.status !== 200) throw new Error(submitted.text);
  }
  return created.body;
}

export function receipt(orderNumber: unknown, line: Json = {}, header: Json = {}): Json {
  return {
    ReceiptSourceCode: 'VENDOR', OrganizationCode: 'MAIN', VendorNumber: 'SUP-100', ...header,
    lines: [{
      SourceDocumentCode: 'PO', TransactionType: 'RECEIVE', AutoTransactCode: 'DELIVER', DocumentNumber: orderNumber, DocumentLineNumber: 1, Quantity: 10, UOMCode: 'EA',
      lotItemLots: [{ LotNumber: 'L-1', TransactionQuantity: line['Quantity'] ?? 10, LotExpirationDate: '2031-01-31' }], ...line,
    }],
  };
}

export interface JournalRow { batch: string; journal: string; account: string; debit?: string; credit?: string; date?: string; reference?: string }

export function interfaceFile(rows: readonly JournalRow[], today = new Date().toISOString().slice(0, 10)): string {
  const table = rows.map((row) => {
    const cells = Array.from({ length: 67 }, () => '');
    const [entity, costCentre, account] = row.account.split('-');
    Object.assign(cells, {
      [columns.status]: 'NEW', [columns.effectiveDate]: (row.date ?? today).replaceAll('-', '/'), [columns.source]: 'Callosum', [columns.category]: 'Purchasing', [columns.currency]: 'USD',
      [columns.creationDate]: today.replaceAll('-', '/'), [columns.actualFlag]: 'A', [columns.segment1]: entity, [columns.segment1 + 1]: costCentre, [columns.segment1 + 2]: account,
      [columns.enteredDebit]: row.debit ?? '', [columns.enteredCredit]: row.credit ?? '', [columns.batchName]: row.batch, [columns.journalName]: row.journal, [columns.journalReference]: row.reference ?? '',
    });
    return cells;
  });
  return Buffer.from(zipSync({ 'GlInterface.csv': strToU8(stringify(table)) })).toString('base64');
}

/** @returns the number of the job that imports the journals some time later */
export async function handIn(client: Client, content: string): Promise<string> {
  const posted = await client.post('erpintegrations', {
    OperationName: 'importBulkData', DocumentContent: content, ContentType: 'zip', FileName: 'GlInterface.zip',
    JobName: 'oracle/apps/ess/financials/generalLedger/programs/common,JournalImportLauncher', ParameterList: '1001,Callosum,1,ALL,N,N,N',
  });
  if (posted.status !== 201) throw new Error(posted.text);
  return String(posted.body['ReqstId']);
}

export async function statusOf(client: Client, job: string): Promise<string> {
  return String(items(await client.get(`erpintegrations?finder=ESSJobStatusRF;requestId=${job}`))[0]!['RequestStatus']);
}

/** Status of a job when it has come to its end. */
export function outcomeOf(client: Client, job: string): Promise<string> {
  return eventually(async () => {
    const status = await statusOf(client, job);
    return status !== 'WAIT' && status !== 'RUNNING' && status;
  });
}

export async function importJournals(client: Client, content: string): Promise<{ id: string; status: string }> {
  const id = await handIn(client, content);
  return { id, status: await outcomeOf(client, id) };
}
