import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { demonstrationNpi } from '../../sandbox/hospital/workforce.ts';
import { startWorkday, type Workday } from '../../sandbox/hcm/start.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

interface Answer { status: number; body: Record<string, never> & { id: string; overallStatus: string; total: number; data: never[]; errors: { error: string; field: string }[] } }

describe('the simulated HR system', () => {
  let database: TestDatabase;
  let workday: Workday;
  let token: string;
  before(async () => {
    database = await createTestDatabase();
    workday = await start();
    token = await signOn();
  });
  const start = () => startWorkday({ databaseUrl: database.url, port: 0, seed: 7, approvalMs: () => 30, feedLagMs: () => 0, quota: { perSecond: 1_000, burst: 1_000 } });
  after(async () => {
    await workday.close();
    await database.drop();
  });

  async function signOn(secret = workday.clients[0]!.secret): Promise<string> {
    const answer = await fetch(`${workday.url}/ccx/oauth2/lakeside/token`, {
      method: 'POST', body: 'grant_type=client_credentials',
      headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${Buffer.from(`${workday.clients[0]!.id}:${secret}`).toString('base64')}` },
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  async function call(path: string, body?: object, bearer = token): Promise<Answer> {
    const [service, ...rest] = path.split('/');
    const answer = await fetch(`${workday.url}/ccx/api/${service}/v1/lakeside/${rest.join('/')}`, {
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }, ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: await answer.json() as never };
  }

  const nurse = { given: 'Ada', family: 'Moor', jobCode: 'RN', departmentCode: 'ED', facility: 'MAIN', hiredOn: '2026-01-05' };
  const hire = (changes: object = {}) => ({
    legalName: { firstName: 'Ida', lastName: 'Brook' }, hireDate: '2026-02-01', jobProfile: { id: 'RN' }, supervisoryOrganization: { id: 'ED' }, location: { id: 'MAIN' }, ...changes,
  });
  const errorsOf = async (kind: string, body: object) => {
    const answer = await call(`staffing/${kind}`, body);
    assert.equal(answer.status, 400, JSON.stringify(answer.body));
    return answer.body.errors.map((each) => `${each.field}: ${each.error}`);
  };
  const employmentsOf = async (workerId: string) => (await call(`staffing/workers/${workerId}`)).body['employments'] as unknown as { status: string; hireDate: string; lastDayOfWork?: string; jobData: { effectiveDate: string; supervisoryOrganization: { id: string } }[]; leaves: object[] }[];
  const feed = async (workerId: string) => ((await call('staffing/events?from=2026-01-01T00:00:00Z&limit=100')).body.data as { worker: { id: string }; transactionType: string }[]).filter((each) => each.worker.id === workerId).map((each) => each.transactionType);

  it('lets nobody in without a token of its own', async () => {
    assert.equal((await call('staffing/workers', undefined, 'stolen')).status, 401);
    assert.equal(await signOn('guessed'), undefined);
    workday.forgetTokens();
    assert.equal((await call('staffing/workers')).status, 401);
    token = await signOn();
    assert.equal((await call('staffing/workers')).status, 200);
  });

  it('pages by offset, a hundred at most', async () => {
    const first = await call('staffing/jobProfiles?limit=4');
    const second = await call('staffing/jobProfiles?limit=4&offset=4');
    assert.equal(first.body.total, 11);
    assert.equal(new Set([...first.body.data, ...second.body.data].map((each: { id: string }) => each.id)).size, 8);
    assert.equal((await call('staffing/jobProfiles?limit=101')).status, 400);
  });

  it('completes at once what may complete itself, and only starts what somebody approves', async () => {
    const done = await call('staffing/hire', { ...hire(), businessProcessParameters: { autoComplete: true, externalReference: 'r-1' } });
    assert.equal(done.body.overallStatus, 'Successfully Completed');
    const started = await call('staffing/hire', { ...hire(), businessProcessParameters: { externalReference: 'r-2' } });
    assert.equal(started.body.overallStatus, 'In Progress');
    const event = await eventually(async () => {
      const { body } = await call(`businessProcess/events/${started.body.id}`);
      return body.overallStatus === 'Successfully Completed' && body;
    });
    assert.equal(((await call('businessProcess/events?externalReference=r-2')).body.data as { id: string }[])[0]!.id, event.id);
    workday.conduct.denyNext = 1;
    const denied = await call('staffing/hire', hire());
    await eventually(async () => (await call(`businessProcess/events/${denied.body.id}`)).body.overallStatus === 'Denied');
  });

  it('goes on after a restart with what somebody still has to approve', async () => {
    const started = await call('staffing/hire', hire());
    assert.equal(started.body.overallStatus, 'In Progress');
    await workday.close();
    workday = await start();
    token = await signOn();
    await eventually(async () => (await call(`businessProcess/events/${started.body.id}`)).body.overallStatus === 'Successfully Completed');
  });

  it('names every field that is wrong', async () => {
    assert.deepEqual(await errorsOf('hire', hire({ jobProfile: { id: 'WIZARD' }, supervisoryOrganization: { id: 'TOWER' } })), ['jobProfile: The job profile is not valid.', 'supervisoryOrganization: The supervisory organization is not valid.']);
    assert.deepEqual(await errorsOf('hire', hire({ location: { id: 'EAST' } })), ['location: The location is not valid for the supervisory organization.']);
    assert.deepEqual(await errorsOf('hire', hire({ position: { id: 'MAIN-CATHLAB-RN-3' } })), ['position: The position is closed.']);
    assert.deepEqual(await errorsOf('hire', hire({ universalId: 'P-0' })), ['universalId: The Universal ID is not a valid person.']);
    assert.deepEqual(await errorsOf('hire', hire({ hireDate: '2026-02-30', legalName: {} })), ['legalName: The field is required and must be valid.', 'legalName: The field is required and must be valid.', 'hireDate: The field is required and must be valid.']);
  });

  it('employs nobody twice, and takes back whoever left, under the same number or another', async () => {
    const { workerId, personId } = await workday.control.hire({ ...nurse, npi: demonstrationNpi(1) });
    assert.deepEqual(await errorsOf('hire', hire({ universalId: personId })), ['universalId: The person is already employed on the hire date.']);
    assert.deepEqual(await errorsOf('hire', hire({ npi: demonstrationNpi(1) })), ['npi: The NPI belongs to another person.']);
    await workday.control.terminate(workerId, '2026-03-31', 'Retirement');
    const same = await workday.control.hire({ ...nurse, personId, hiredOn: '2026-05-01', keepsWorkerId: true });
    assert.deepEqual(same, { workerId, personId });
    await workday.control.terminate(workerId, '2026-06-30', 'Voluntary_Resignation');
    const other = await workday.control.hire({ ...nurse, personId, hiredOn: '2026-07-01', keepsWorkerId: false });
    assert.equal(other.personId, personId);
    assert.notEqual(other.workerId, workerId);
    assert.deepEqual((await employmentsOf(workerId)).map((each) => [each.hireDate, each.lastDayOfWork]), [['2026-01-05', '2026-03-31'], ['2026-05-01', '2026-06-30']]);
  });

  it('keeps rows by the day from which they hold, and mends them back in time', async () => {
    const { workerId } = await workday.control.hire(nurse);
    await workday.control.transfer(workerId, '2026-09-01', { departmentCode: 'THEATRE' });
    await workday.control.transfer(workerId, '2026-04-01', { departmentCode: 'CATHLAB' });
    await workday.control.correct(workerId, { since: '2026-04-01', place: { fullTimeEquivalent: 0.5 } });
    await workday.control.correct(workerId, { hiredOn: '2026-01-12' });
    const [employment] = await employmentsOf(workerId);
    assert.deepEqual(employment!.jobData.map((each) => [each.effectiveDate, each.supervisoryOrganization.id]), [['2026-01-12', 'ED'], ['2026-04-01', 'CATHLAB'], ['2026-09-01', 'THEATRE']]);
    assert.deepEqual(await feed(workerId), ['Hire', 'Job Change', 'Job Change', 'Correction', 'Correction']);
  });

  it('knows when somebody is away, gone, or never came', async () => {
    const { workerId } = await workday.control.hire(nurse);
    const worker = { id: workerId };
    await workday.control.startLeave(workerId, '2026-03-01');
    assert.deepEqual(await errorsOf('leaveOfAbsence', { worker, firstDayOfLeave: '2026-03-10' }), ['firstDayOfLeave: The worker is already on leave.']);
    await workday.control.endLeave(workerId, '2026-04-01');
    assert.deepEqual(await errorsOf('returnFromLeave', { worker, firstDayBack: '2026-05-01' }), ['firstDayBack: The worker is not on leave before this day.']);
    assert.deepEqual(await errorsOf('terminate', { worker, terminationDate: '2025-12-31', primaryReason: { id: 'Retirement' } }), ['terminationDate: The termination date is before the hire date.']);
    assert.deepEqual(await errorsOf('terminate', { worker, terminationDate: '2026-12-31', primaryReason: { id: 'Whim' } }), ['primaryReason: The termination reason is not valid.']);
    await workday.control.terminate(workerId, '2026-12-31', 'Involuntary_Misconduct', true);
    assert.deepEqual(await errorsOf('terminate', { worker, terminationDate: '2026-12-31', primaryReason: { id: 'Retirement' } }), ['worker: The worker is already terminated.']);
    await workday.control.reverseTermination(workerId);
    await workday.control.cancelHire(workerId);
    assert.equal((await employmentsOf(workerId))[0]!.status, 'Hire Rescinded');
    assert.deepEqual(await errorsOf('terminate', { worker, terminationDate: '2026-12-31', primaryReason: { id: 'Retirement' } }), ['worker: The worker is not employed.']);
    assert.deepEqual(await feed(workerId), ['Hire', 'Leave of Absence', 'Return from Leave', 'Termination', 'Rescind Termination', 'Rescind Hire']);
  });

  it('shows an entry late, after those that were made after it', async () => {
    workday.conduct.feedLagMs = () => 3_600_000;
    const late = await workday.control.hire(nurse);
    workday.conduct.feedLagMs = () => 0;
    const early = await workday.control.hire(nurse);
    assert.deepEqual([await feed(late.workerId), await feed(early.workerId)], [[], ['Hire']]);
  });

  it('loads many at once', async () => {
    const ids = await workday.control.load(250, '2025-01-01');
    assert.equal(new Set(ids).size, 250);
    assert.equal((await employmentsOf(ids[249]!))[0]!.jobData.length, 1);
  });

  it('grants each client its quota and does not say when to come back', async () => {
    const tight = await startWorkday({ databaseUrl: database.url, port: 0, seed: 1, clients: workday.clients, quota: { perSecond: 1, burst: 3 } });
    try {
      const bearer = await fetch(`${tight.url}/ccx/oauth2/lakeside/token`, { method: 'POST', body: 'grant_type=client_credentials', headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${Buffer.from(`callosum:${workday.clients[0]!.secret}`).toString('base64')}` } });
      const { access_token: own } = await bearer.json() as { access_token: string };
      const answers = await Promise.all(Array.from({ length: 9 }, () => fetch(`${tight.url}/ccx/api/staffing/v1/lakeside/jobProfiles`, { headers: { authorization: `Bearer ${own}` } })));
      const refused = answers.filter((each) => each.status === 429);
      assert.ok(refused.length >= 3 && refused.every((each) => !each.headers.has('retry-after')));
    } finally {
      await tight.close();
    }
  });
});
