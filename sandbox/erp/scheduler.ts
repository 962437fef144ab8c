import { strToU8, zipSync } from 'fflate';
import { AdfError } from './adf/errors.ts';
import { detailOf, sqlState } from './database.ts';
import { findProblems, postJournals, readInterfaceFile } from './journal-import.ts';
import type { Erp, Operation } from './operation.ts';

const JOURNAL_IMPORT = 'JournalImportLauncher';
const UNBALANCED = 'EB004';

/**
 * POST erpintegrations with OperationName importBulkData: stores the document and answers with the number of a job that
 * runs later. The only job here is the journal import.
 */
export const importBulkData: Operation = async (erp, body) => {
  body.ignore('ContentType', 'DocumentAccount', 'DocumentName', 'DocumentTitle', 'DocumentAuthor', 'DocumentSecurityGroup', 'Comments', 'CallbackURL', 'NotificationCode', 'JobOptions', 'FileType', 'DocumentId', 'ReqstId', 'RequestStatus', 'StatusCode');
  const operation = body.needText('OperationName');
  const content = body.needText('DocumentContent');
  const job = body.needText('JobName');
  const fileName = body.text('FileName') ?? 'GlInterface.zip';
  const parameters = body.text('ParameterList');
  body.finish();
  if (operation !== 'importBulkData') throw new AdfError(400, `The operation ${operation} is not supported here.`, 'FUN-720350', '/OperationName');
  if (job.split(/[,;]/).at(-1) !== JOURNAL_IMPORT) throw new AdfError(400, `The job ${job} is not found.`, 'FUN-720397', '/JobName');
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(content)) throw new AdfError(400, 'The document content is not Base64.', 'FUN-720351', '/DocumentContent');
  const rows = await erp.books.rows<{ id: string }>(`
    insert into ess_requests (operation, job_name, parameters, document_id, document)
    values ($1, $2, $3, 'UCMFA' || lpad(nextval('object_ids')::text, 20, '0'), $4) returning id::text`, [operation, job, parameters, Buffer.from(content, 'base64')]);
  erp.wakeScheduler();
  return { kind: 'body', status: 201, body: { OperationName: operation, FileName: fileName, JobName: job, ParameterList: parameters ?? null, DocumentId: null, ReqstId: rows[0]!.id, RequestStatus: null } };
};

interface Request {
  id: string;
  status: string;
  report: string | null;
}

/** GET erpintegrations?finder=ESSJobStatusRF;requestId=... and ESSExecutionDetailsRF with the report as a zipped log. */
export async function readJob(erp: Erp, finder: string): Promise<object> {
  const [name = '', variables = ''] = finder.split(';', 2);
  const requestId = /requestId=(\d{1,18})/.exec(variables)?.[1];
  if (requestId === undefined || (name !== 'ESSJobStatusRF' && name !== 'ESSExecutionDetailsRF')) throw new AdfError(400, `The finder ${finder} is not valid.`, 'JBO-25058', 'finder');
  const [request] = await erp.books.rows<Request>('select id::text, status, report from ess_requests where id = $1', [requestId]);
  if (!request) throw new AdfError(404, 'Not Found');
  if (name === 'ESSJobStatusRF') return { OperationName: 'getESSJobStatus', ReqstId: request.id, RequestStatus: request.status };
  const log = zipSync({ [`${request.id}.log`]: strToU8(request.report ?? '') });
  return { OperationName: 'getESSExecutionDetails', ReqstId: request.id, RequestStatus: request.status, DocumentName: `${request.id}.zip`, ContentType: 'zip', DocumentContent: Buffer.from(log).toString('base64') };
}

export interface Scheduler {
  wake(): void;
  /** Waits for the job that runs; the others wait for the next start. */
  stop(): Promise<void>;
}

/** Runs stored jobs one after the other, each a while after it came in. Jobs left by an earlier run are taken up. */
export function startScheduler(erp: Erp, delayMs: number): Scheduler {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  const runDue = async (): Promise<void> => {
    while (!stopped) {
      const [request] = await erp.books.rows<{ id: string; document: Buffer }>(`
        update ess_requests set status = 'RUNNING'
        where id = (select id from ess_requests where status in ('WAIT', 'RUNNING') and submitted_at <= now() - make_interval(secs => $1::float8 / 1000) order by id limit 1)
        returning id::text, document`, [delayMs]);
      if (!request) break;
      await runJournalImport(erp, request.id, request.document);
    }
    const [next] = stopped ? [] : await erp.books.rows("select 1 as one from ess_requests where status = 'WAIT' limit 1");
    if (next) wake();
  };
  const wake = () => {
    if (stopped || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      running = running.then(runDue).catch((error: Error) => {
        process.emitWarning(`Simulated ERP scheduler: ${error.message}`);
        wake();
      });
    }, delayMs + 1);
  };
  wake();
  return {
    wake,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

async function runJournalImport(erp: Erp, id: string, document: Buffer): Promise<void> {
  const finish = (status: string, report: string) => erp.books.rows('update ess_requests set status = $2, report = $3, completed_at = now() where id = $1', [id, status, report]);
  try {
    const rows = readInterfaceFile(document);
    const problems = findProblems(rows, erp.master);
    if (problems.length > 0) {
      await finish('ERROR', `Journal Import completed in error. Nothing was posted.\n${problems.join('\n')}\n`);
      return;
    }
    await erp.books.transaction(async (database) => {
      await postJournals(database, rows, id);
      await database.rows("update ess_requests set status = 'SUCCEEDED', report = $2, completed_at = now() where id = $1", [id, `Journal Import and AutoPost completed. ${rows.length} lines posted.\n`]);
    });
  } catch (error) {
    if (sqlState(error)?.startsWith('08')) throw error;
    const reason = sqlState(error) === UNBALANCED ? `WU01 unbalanced journal entry. ${detailOf(error)}` : `${(error as Error).message}`;
    await finish('ERROR', `Journal Import completed in error. Nothing was posted.\n${reason}\n`);
  }
}
