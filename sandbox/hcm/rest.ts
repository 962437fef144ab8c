import { Router, type Request } from 'express';
import type { Database } from '#chassis/storage/database.ts';
import { checkedBody, isDay, isKind } from './bodies.ts';
import type { Events } from './events.ts';
import { invalid, Refusal } from './refusal.ts';

/** What a list takes and shows. Rows are JSON already. */
interface Collection {
  from: string;
  /** An SQL expression of one JSON object. */
  row: string;
  order: string;
  /** A condition with `?` for each parameter that may be asked by. */
  filters?: Record<string, string>;
  /** Conditions that always hold. */
  where?: string;
  key?: string;
}

const ref = (expression: string) => `case when ${expression} is not null then jsonb_build_object('id', ${expression}) end`;

const COLLECTIONS: Record<string, Collection> = {
  'staffing/workers': { from: 'workday.worker_records', row: 'record', order: 'id', key: 'id', filters: { universalId: 'universal_id = ?' } },
  'staffing/jobProfiles': {
    from: 'workday.job_profiles', order: 'code', key: 'code',
    row: `jsonb_build_object('id', code, 'descriptor', title, 'jobFamily', jsonb_build_object('descriptor', family), 'clinical', is_clinical, 'inactive', inactive)`,
  },
  'staffing/supervisoryOrganizations': {
    from: 'workday.organizations', order: 'code', key: 'code',
    row: `jsonb_build_object('id', code, 'descriptor', name, 'costCenter', ${ref('cost_center')}, 'inactive', inactive,
      'locations', (select jsonb_agg(jsonb_build_object('id', each)) from unnest(locations) as each))`,
  },
  'staffing/positions': {
    from: 'workday.positions p', order: 'p.id', key: 'p.id', filters: { supervisoryOrganization: 'p.organization = ?' },
    row: `jsonb_build_object('id', p.id, 'descriptor', p.title, 'jobProfile', ${ref('p.job_profile')}, 'supervisoryOrganization', ${ref('p.organization')}, 'location', ${ref('p.location')},
      'status', case when p.closed then 'Closed' when exists (select 1 from workday.job_rows r join workday.employments e on e.id = r.employment_id
        where r.position = p.id and not e.cancelled and (e.last_day is null or e.last_day >= current_date)
          and not exists (select 1 from workday.job_rows later where later.employment_id = r.employment_id and later.effective_on > r.effective_on and later.effective_on <= current_date)) then 'Filled' else 'Open' end)`,
  },
  'staffing/events': {
    from: 'workday.events e join workday.workers w on w.id = e.worker_id', order: 'e.entered_at, e.id', where: 'e.visible_at <= clock_timestamp()', filters: { from: 'e.entered_at >= ?::timestamptz' },
    row: `jsonb_build_object('id', e.id, 'transactionType', e.kind, 'worker', jsonb_build_object('id', w.id, 'universalId', w.universal_id), 'effectiveDate', e.effective_on,
      'enteredMoment', to_char(e.entered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'reason', ${ref('e.reason')}, 'removeAccessImmediately', e.immediate, 'location', ${ref('e.location')})`,
  },
  'businessProcess/events': {
    from: 'workday.events e', order: 'e.id', key: 'e.id', filters: { externalReference: 'e.reference = ?' },
    row: `jsonb_build_object('id', e.id, 'overallStatus', e.status, 'externalReference', e.reference, 'for', ${ref('e.worker_id')}, 'errors', e.errors)`,
  },
  'payroll/payrollInputs': {
    from: 'workday.payroll_inputs', order: 'id', key: 'id::text', filters: { externalReference: 'reference = ?' },
    row: `jsonb_build_object('id', id::text, 'externalReference', reference, 'status', status)`,
  },
};

const LARGEST_PAGE = 100;

/** `/ccx/api/<service>/v1/<tenant>/...` */
export function restOf(database: Database, events: Events): Router {
  const router = Router();

  async function page({ from, row, order, filters = {}, where = 'true' }: Collection, query: Request['query']): Promise<object> {
    const limit = numberIn(query, 'limit', 20, LARGEST_PAGE);
    const offset = numberIn(query, 'offset', 0, 1_000_000_000);
    const asked = Object.entries(filters).filter(([name]) => typeof query[name] === 'string');
    const values = asked.map(([name]) => query[name]);
    const condition = [where, ...asked.map(([, text], index) => text.replace('?', `$${index + 1}`))].join(' and ');
    const [counted] = await database.query<{ total: number }>(`select count(*) as total from ${from} where ${condition}`, values);
    const rows = await database.query<{ row: object }>(`select jsonb_strip_nulls(${row}) as row from ${from} where ${condition} order by ${order} limit ${limit} offset ${offset}`, values);
    return { total: counted!.total, data: rows.map((each) => each.row) };
  }

  for (const [name, collection] of Object.entries(COLLECTIONS)) {
    const [service, resource] = name.split('/');
    const path = `/${service}/v1/:tenant/${resource}`;
    router.get(path, async ({ query }, response) => {
      if (typeof query['from'] === 'string' && Number.isNaN(Date.parse(query['from']))) throw invalid({ error: 'The moment is not valid.', field: 'from' });
      response.json(await page(collection, query));
    });
    if (collection.key === undefined) continue;
    router.get(`${path}/:id`, async ({ params }, response) => {
      const [found] = await database.query<{ row: object }>(`select jsonb_strip_nulls(${collection.row}) as row from ${collection.from} where ${collection.key} = $1`, [params['id']]);
      if (!found) throw notFound();
      response.json(found.row);
    });
  }

  router.get('/timeTracking/v1/:tenant/workers/:worker/timeBlocks', async ({ params, query }, response) => {
    const [worker] = await database.query('select 1 from workday.workers where id = $1', [params['worker']]);
    if (!worker) throw notFound();
    for (const name of ['fromDate', 'toDate']) if (query[name] !== undefined && !isDay(String(query[name]))) throw invalid({ error: 'The date is not valid.', field: name });
    response.json(await page({
      from: 'workday.time_blocks', order: 'worked_on, id', filters: { worker: 'worker_id = ?', fromDate: 'worked_on >= ?', toDate: 'worked_on <= ?' },
      row: `jsonb_build_object('id', id::text, 'date', worked_on, 'hours', hours, 'type', type, 'status', status, 'supervisoryOrganization', ${ref('organization')})`,
    }, { ...query, worker: params['worker'] }));
  });

  router.post('/staffing/v1/:tenant/:kind', async (request, response) => {
    const { kind } = request.params;
    if (!isKind(kind)) throw notFound();
    const { businessProcessParameters = {}, ...body } = (request.body ?? {}) as { businessProcessParameters?: { autoComplete?: boolean; externalReference?: string } };
    const { autoComplete = false, externalReference: reference } = businessProcessParameters;
    const { id, status } = await events.start(kind, checkedBody(kind, body), { autoComplete, ...(reference === undefined ? {} : { reference }) });
    response.json({ id, overallStatus: status });
  });

  router.post('/payroll/v1/:tenant/payrollInputs', async ({ body }, response) => {
    response.json(await enterPayrollInput(database, (body ?? {}) as PayrollBody));
  });

  return router;
}

interface PayrollBody {
  externalReference?: string;
  worker?: { id?: string };
  earning?: { id?: string };
  payPeriodEnd?: string;
  hours?: number;
  amount?: string;
  currency?: { id?: string };
  costCenter?: { id?: string };
}

const EARNINGS = ['REGULAR', 'OVERTIME', 'ON_CALL', 'BONUS', 'RELOCATION'];

async function enterPayrollInput(database: Database, { externalReference, worker, earning, payPeriodEnd, hours, amount, currency, costCenter }: PayrollBody): Promise<object> {
  if (payPeriodEnd === undefined || !isDay(payPeriodEnd)) throw invalid({ error: 'The date is not valid.', field: 'payPeriodEnd' });
  if (!EARNINGS.includes(earning?.id ?? '')) throw invalid({ error: 'The earning is not valid.', field: 'earning' });
  if (hours === undefined && amount === undefined) throw invalid({ error: 'Enter hours or an amount.', field: 'hours' });
  if (amount !== undefined && currency?.id === undefined) throw invalid({ error: 'The currency is required.', field: 'currency' });
  const [employed] = await database.query<{ cost_center: string | null }>(
    `select o.cost_center from workday.employments e join workday.job_rows r on r.employment_id = e.id join workday.organizations o on o.code = r.organization
     where e.worker_id = $1 and not e.cancelled and e.hired_on <= $2 and (e.last_day is null or e.last_day >= $2::date - 31) and r.effective_on <= $2 order by r.effective_on desc limit 1`, [worker?.id, payPeriodEnd]);
  if (!employed) throw invalid({ error: 'The worker is not employed in the pay period.', field: 'worker' });
  const costs = costCenter?.id ?? employed.cost_center;
  if (costs === null) throw invalid({ error: 'The cost center is required.', field: 'costCenter' });
  const [known] = await database.query('select 1 from workday.organizations where cost_center = $1', [costs]);
  if (!known) throw invalid({ error: 'The cost center is not valid.', field: 'costCenter' });
  const [row] = await database.query<{ id: number; status: string }>(
    'insert into workday.payroll_inputs (reference, worker_id, earning, period_end, hours, amount, currency, cost_center) values ($1, $2, $3, $4, $5, $6, $7, $8) returning id, status',
    [externalReference ?? '', worker!.id, earning!.id, payPeriodEnd, hours, amount, currency?.id, costs]);
  return { id: String(row!.id), externalReference, status: row!.status };
}

function numberIn(query: Request['query'], name: string, fallback: number, most: number): number {
  const text = query[name];
  if (text === undefined) return fallback;
  if (typeof text !== 'string' || !/^\d{1,10}$/.test(text) || Number(text) > most) throw invalid({ error: `The value is not valid; at most ${most} is allowed.`, field: name });
  return Number(text);
}

function notFound(): Refusal {
  return new Refusal(404, 'The resource was not found.');
}
