import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { aNurse, atSandbox, callOf, failureOf, fresh, openAdapter, problemOf, settingsFor, startProxy, startVendor, type Vendor } from './support.ts';

describe('a failure of the HR system', () => {
  let vendor: Vendor;
  before(async () => { vendor = await startVendor(); });
  after(async () => { await vendor.stop(); });

  type Adapter = ReturnType<typeof openAdapter>;

  async function withAdapter(work: (adapter: Adapter) => Promise<void>, changes: object = {}): Promise<void> {
    const adapter = openAdapter(settingsFor(vendor, changes));
    try {
      await work(adapter);
    } finally {
      vendor.faults.set({ kind: 'none' });
      await adapter.close();
    }
  }

  /** The real vendor, except for what the test answers in its stead. */
  async function answering(answer: Parameters<typeof startProxy>[1], work: (adapter: Adapter) => Promise<void>): Promise<void> {
    const proxy = await startProxy(vendor.url, answer);
    try {
      await withAdapter(work, { baseUrl: proxy.url });
    } finally {
      await proxy.close();
    }
  }

  const ask = (adapter: Adapter) => problemOf(adapter.getJob({ jobCode: 'RN' }, callOf()));

  test('is told in our kinds', async () => {
    await withAdapter(async (adapter) => {
      vendor.faults.set({ kind: 'failing', status: 503, rate: 1 });
      assert.equal(await ask(adapter), 'unavailable vendor-unavailable');
    });
    await withAdapter(async (adapter) => {
      vendor.faults.set({ kind: 'failing', status: 500, rate: 1 }, { pathIncludes: '/ccx/api/' });
      assert.equal(await ask(adapter), 'unavailable vendor-failed');
    });
    await withAdapter(async (adapter) => {
      vendor.faults.set({ kind: 'slow', delayMs: 2_000 });
      assert.match(await ask(adapter), /^upstream-timeout/);
    }, { timeoutMs: 150 });
    await withAdapter(async (adapter) => {
      vendor.faults.set({ kind: 'throttled', perSecond: 0, retryAfter: false }, { pathIncludes: '/ccx/api/' });
      const failure = await failureOf(adapter.getJob({ jobCode: 'RN' }, callOf()));
      assert.deepEqual([failure.kind, failure.code, failure.retryAfterMs], ['rate-limited', 'vendor-throttles', 1_000]);
    }, { patienceMs: 300 });
  });

  test('to let us in is told, and a token that died early is replaced', async () => {
    await withAdapter(async (adapter) => { assert.equal(await ask(adapter), 'unavailable vendor-sign-on-failed'); }, { clientSecret: 'guessed' });
    await withAdapter(async (adapter) => {
      await adapter.getJob({ jobCode: 'RN' }, callOf());
      vendor.forgetTokens();
      assert.equal((await adapter.getJob({ jobCode: 'RN' }, callOf())).code, 'RN');
    });
    await answering((_method, path) => (path.includes('/ccx/api/') ? { status: 401, text: '{}' } : undefined), async (adapter) => {
      assert.equal(await ask(adapter), 'unavailable vendor-sign-on-failed');
    });
  });

  test('to answer in its form is told with the place, never with what stood there', async () => {
    const secret = 'Jane Roe';
    for (const [text, place] of [[secret, /not JSON/], [JSON.stringify({ id: 7, descriptor: secret }), /jobProfile\/id/], [JSON.stringify([secret]), /jobProfile/]] as const) {
      await answering((_method, path) => (path.includes('jobProfiles') ? { status: 200, text } : undefined), async (adapter) => {
        const failure = await failureOf(adapter.getJob({ jobCode: 'RN' }, callOf()));
        assert.deepEqual([failure.kind, failure.code], ['upstream-broken', 'vendor-answer-invalid']);
        assert.match(failure.message, place);
        assert.doesNotMatch(failure.message + String(failure.cause), /Jane/);
      });
    }
  });

  test('in words that nobody knows is told by its field alone', async () => {
    const text = JSON.stringify({ error: 'Validation error', errors: [{ error: 'Jane Roe is on the list.', field: 'legalName' }] });
    await answering((method, path) => (method === 'POST' && path.includes('/hire') ? { status: 400, text } : undefined), async (adapter) => {
      const failure = await failureOf(adapter.hireWorker({ body: aNurse() }, callOf()));
      assert.deepEqual([failure.kind, failure.code], ['refused', 'vendor-refused']);
      assert.match(failure.message, /legalName/);
      assert.doesNotMatch(failure.message, /Jane/);
    });
  });

  test('to decide in time is told as in progress, and a repeat follows what was begun', async () => {
    vendor.conduct.needsApproval.add('hire');
    vendor.conduct.approvalMs = () => 600;
    try {
      await withAdapter(async (adapter) => {
        const body = aNurse();
        const hire = (repeated: boolean) => adapter.hireWorker({ body }, callOf(repeated)).then((worker) => worker.workerId, (failure: { code: string }) => failure.code);
        assert.equal(await hire(false), 'business-process-pending');
        let answer = 'business-process-pending';
        while (answer === 'business-process-pending') answer = await hire(true);
        assert.match(answer, /^\d+$/);
        assert.equal(await hire(true), answer);
      }, { businessProcesses: { followMs: 100, pollMs: 20 } });
    } finally {
      vendor.conduct.needsApproval.clear();
      vendor.conduct.approvalMs = () => 40;
    }
  });

  test('as a denial is told as such, also to a repeat', async () => {
    vendor.conduct.needsApproval.add('hire');
    vendor.conduct.denyNext = 1;
    try {
      await withAdapter(async (adapter) => {
        const body = aNurse();
        assert.equal(await problemOf(adapter.hireWorker({ body }, callOf())), 'refused denied');
        assert.equal(await problemOf(adapter.hireWorker({ body }, callOf(true))), 'refused denied');
        assert.match((await adapter.hireWorker({ body }, callOf())).workerId, /^\d+$/);
      });
    } finally {
      vendor.conduct.needsApproval.clear();
    }
  });

  test('of which nobody knows how it ended keeps a repeat from writing, until it cannot come through any more', async () => {
    await withAdapter(async (adapter) => {
      const body = aNurse();
      const failure = await failureOf(adapter.hireWorker({ body }, callOf(true)));
      assert.deepEqual([failure.kind, failure.code], ['in-progress', 'write-uncertain']);
      assert.ok(failure.retryAfterMs! > 0 && failure.retryAfterMs! <= 400);
      let code: string | undefined = failure.code;
      while (code === 'write-uncertain') code = await adapter.hireWorker({ body }, callOf(true)).then(() => undefined, (late: { code: string }) => late.code);
      assert.equal(code, undefined);
    }, { lateMs: 400 });
  });

  test('to grant more is respected: many calls at once wait for their turn', async () => {
    const tight = await startVendor({ quota: { perSecond: 40, burst: 10 } });
    const statuses: number[] = [];
    const proxy = await startProxy(tight.url, () => undefined, (status) => statuses.push(status));
    const adapter = openAdapter({ ...settingsFor(tight, { quota: { perSecond: 30, burst: 6 } }), baseUrl: proxy.url });
    try {
      await Promise.all(Array.from({ length: 40 }, () => adapter.getJob({ jobCode: 'RN' }, callOf())));
      // Requests do not arrive as evenly as they leave; without turns three quarters would be refused at first.
      assert.ok(statuses.filter((each) => each === 429).length <= 4, String(statuses));
    } finally {
      await adapter.close();
      await proxy.close();
      await tight.stop();
    }
  });

  test('does not hide who has no id of a person', async () => {
    const { workerId } = await vendor.control.hire(atSandbox);
    const strip = (text: string) => ({ status: 200, text });
    const whole = await withRaw(workerId);
    await answering((_method, path) => (path.endsWith(`/workers/${workerId}`) ? strip(JSON.stringify({ ...whole, universalId: undefined })) : undefined), async (adapter) => {
      assert.equal(await problemOf(adapter.getWorker({ workerId }, callOf())), 'upstream-broken missing-person-id');
    });
  });

  async function withRaw(workerId: string): Promise<object> {
    const sign = await fetch(`${vendor.url}/ccx/oauth2/lakeside/token`, {
      method: 'POST', body: 'grant_type=client_credentials',
      headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${Buffer.from(`${vendor.clients[0]!.id}:${vendor.clients[0]!.secret}`).toString('base64')}` },
    });
    const { access_token: token } = await sign.json() as { access_token: string };
    return await (await fetch(`${vendor.url}/ccx/api/staffing/v1/lakeside/workers/${workerId}`, { headers: { authorization: `Bearer ${token}` } })).json() as object;
  }

  test('of one payroll input leaves no second one behind', async () => {
    await withAdapter(async (adapter) => {
      const { workerId } = await vendor.control.hire(atSandbox);
      const body = { reference: fresh('pay'), workerId, earningCode: 'BONUS', forPeriodEndingOn: '2026-02-28', amount: '10.00', currency: 'USD' };
      vendor.faults.set({ kind: 'answerLost', rate: 1 }, { methods: ['POST'], pathIncludes: 'payrollInputs', times: 1 });
      assert.match(await problemOf(adapter.createPayrollInput({ body }, callOf())), /^unavailable/);
      const { inputId } = await adapter.createPayrollInput({ body }, callOf(true));
      assert.equal((await adapter.getPayrollInput({ reference: body.reference }, callOf())).inputId, inputId);
    });
  });
});

test('more workers than the HR system gives at once are listed page after page', async () => {
  const vendor = await startVendor();
  const adapter = openAdapter(settingsFor(vendor));
  try {
    const loaded = await vendor.control.load(120, '2026-01-01');
    const first = await adapter.listWorkers({ limit: 200 }, callOf());
    const second = await adapter.listWorkers({ limit: 200, cursor: first.next! }, callOf());
    assert.deepEqual([...first.items, ...second.items].map((each) => each.workerId), loaded);
    assert.equal(second.next, undefined);
    assert.equal(await problemOf(adapter.getJob({ jobCode: '../workers' }, callOf())), 'not-found unknown-job');
  } finally {
    await adapter.close();
    await vendor.stop();
  }
});
