import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '#chassis/errors/failures.ts';
import { withoutDeadline } from '#chassis/contract/deadline.ts';
import type { FusionClient } from './client.ts';
import { FusionFailure, refusalOf } from './errors.ts';
import { printInterfaceFile } from './gl-interface.ts';
import { readImportReport, type ImportProblem } from './import-report.ts';
import { batchNameOf, type Entry } from './mapping/ledger.ts';
import { brokenAnswer } from './record.ts';
import { ImportRequest, JobDetails, JobStatus } from './records.ts';
import type { FusionSettings } from './settings.ts';

const JOB = 'oracle/apps/ess/financials/generalLedger/programs/common,JournalImportLauncher';
/** States of the scheduler in which a job may still come to its end. @source Oracle Enterprise Scheduler, State */
const UNFINISHED = new Set(['WAIT', 'READY', 'RUNNING', 'COMPLETED', 'BLOCKED', 'HOLD', 'PAUSED', 'PENDING_VALIDATION', 'SCHEDULE_ENDED', 'ERROR_AUTO_RETRY']);
const SUCCESSFUL = new Set(['SUCCEEDED', 'WARNING']);
const LONGEST_PAUSE_MS = 2_000;
/** A job that takes longer is looked for by its batches. */
const LONGEST_JOB_MS = 600_000;

interface Waiting {
  entry: Entry;
  done: () => void;
  failed: (failure: unknown) => void;
}

/**
 * Journals come into the ledger by files only, and each file is a job. So the entries of many callers are gathered for a
 * moment into one file. What the job's report names is refused to its caller; the others of the file are sent again.
 */
export class JournalImport {
  readonly #client: FusionClient;
  readonly #settings: FusionSettings;
  readonly #today: () => string;
  readonly #pending = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #filesUnderWay = 0;

  constructor(client: FusionClient, settings: FusionSettings, today: () => string) {
    this.#client = client;
    this.#settings = settings;
    this.#today = today;
  }

  /** The import of an entry that is under way in this process. */
  underWay(entry: Pick<Entry, 'reference' | 'documentNumber'>): Promise<void> | undefined {
    return this.#pending.get(batchNameOf(entry));
  }

  /** Fulfilled when the entry is in the books. @throws refused when the report says so */
  post(entry: Entry): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(stopped());
    const name = batchNameOf(entry);
    const posted = new Promise<void>((resolve, reject) => { this.#waiting.push({ entry, done: resolve, failed: reject }); });
    this.#pending.set(name, posted);
    const forget = () => { if (this.#pending.get(name) === posted) this.#pending.delete(name); };
    posted.then(forget, forget);
    withoutDeadline(() => this.#startSoon());
    return posted;
  }

  /** What is being imported comes into the books or not; nobody here waits for it any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#closing.abort();
    for (const { failed } of this.#waiting.splice(0)) failed(stopped());
  }

  #startSoon(): void {
    const { gatherMs, maxPerFile, filesAtOnce } = this.#settings.journals;
    if (this.#waiting.length === 0 || this.#filesUnderWay >= filesAtOnce || this.#closing.signal.aborted) return;
    if (this.#waiting.length >= maxPerFile) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), gatherMs);
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const file = this.#waiting.splice(0, this.#settings.journals.maxPerFile);
    this.#filesUnderWay += 1;
    void this.#import(file).catch((failure: unknown) => file.forEach(({ failed }) => failed(failure))).finally(() => {
      this.#filesUnderWay -= 1;
      this.#startSoon();
    });
    this.#startSoon();
  }

  async #import(file: readonly Waiting[]): Promise<void> {
    if (file.length === 0) return;
    const { content, entryOfLine } = printInterfaceFile(file.map(({ entry }) => entry), this.#today(), this.#settings);
    const { ledger, source } = this.#settings;
    const { ReqstId } = await this.#client.create(ImportRequest, 'erpintegrations', {
      OperationName: 'importBulkData', DocumentContent: content, ContentType: 'zip', FileName: 'GlInterface.zip', JobName: JOB,
      // Data access set, source, ledger, group, and whether to post to suspense, to summarise and to import flexfields.
      ParameterList: `${ledger.dataAccessSetId},${source},${ledger.id},ALL,N,N,N`,
    });
    if (await this.#succeeded(ReqstId)) file.forEach(({ done }) => done());
    else await this.#sortOut(file, entryOfLine, await this.#problems(ReqstId));
  }

  async #succeeded(requestId: string): Promise<boolean> {
    const { pollMs } = this.#settings.journals;
    let waited = 0;
    for (let pause = pollMs; waited < LONGEST_JOB_MS; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
      await this.#pause(pause);
      waited += pause;
      const status = await this.#status(requestId);
      if (status === undefined || UNFINISHED.has(status)) continue;
      return SUCCESSFUL.has(status);
    }
    throw new ApiError('upstream-timeout', 'The journal import of the ERP does not come to an end.', { code: 'import-unfinished' });
  }

  /** Undefined when the vendor cannot say at the moment: the job goes on without us. */
  async #status(requestId: string): Promise<string | undefined> {
    try {
      const { items: [job] } = await this.#client.page(JobStatus, 'erpintegrations', { finder: `ESSJobStatusRF;requestId=${requestId}` });
      if (!job) throw brokenAnswer('a job that is not there');
      return job.RequestStatus.toUpperCase();
    } catch (failure) {
      if (failure instanceof ApiError && failure.retryable) return undefined;
      throw failure;
    }
  }

  async #problems(requestId: string): Promise<ImportProblem[]> {
    const { items: [details] } = await this.#client.page(JobDetails, 'erpintegrations', { finder: `ESSExecutionDetailsRF;requestId=${requestId}` });
    return details ? readImportReport(details.DocumentContent) : [];
  }

  /** Nothing of the file was posted. Refuses the entries that are named; halves the file where none is. */
  async #sortOut(file: readonly Waiting[], entryOfLine: readonly number[], problems: readonly ImportProblem[]): Promise<void> {
    const refusals = new Map(problems.flatMap((problem) => {
      const index = problem.line === undefined ? undefined : entryOfLine[problem.line - 1];
      return index === undefined ? [] : [[index, refusal(problem)] as const];
    }));
    refusals.forEach((failure, index) => file[index]!.failed(failure));
    const rest = file.filter((_, index) => !refusals.has(index));
    if (rest.length < file.length) return this.#import(rest);
    if (file.length === 1) return file[0]!.failed(refusal(problems[0] ?? { line: undefined, code: '', text: 'no report' }));
    const middle = Math.ceil(file.length / 2);
    await this.#import(file.slice(0, middle));
    await this.#import(file.slice(middle));
  }

  #pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#closing.signal }).catch((cause: unknown) => { throw stopped(cause); });
  }
}

function refusal({ code, text }: ImportProblem): ApiError {
  return refusalOf(code || undefined, new FusionFailure(200, code || undefined, text));
}

function stopped(cause?: unknown): ApiError {
  return new ApiError('unavailable', 'This process is ending; the entry may or may not be in the books.', { code: 'stopping', cause });
}
