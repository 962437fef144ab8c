import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { NewPayrollInput, PayrollInput, TimeEntry } from '#contracts/generated/system/hcm/v1.ts';
import type { HcmPort } from '../../port.ts';
import type { WorkdayClient } from './client.ts';
import { createOnce } from './once.ts';
import { there } from './organisation.ts';
import { pageByOffset } from './pages.ts';
import { refused, unknownWorker, VendorRefusal } from './refusals.ts';
import { invalidAnswer, PayrollInputShape, TimeBlockShape } from './shapes.ts';
import type { WorkdaySettings } from './settings.ts';

const KINDS: Record<string, TimeEntry['kind']> = { Regular: 'regular', Overtime: 'overtime', On_Call: 'on-call', Time_Off: 'leave' };
const STATUS: Record<string, PayrollInput['status']> = { Entered: 'entered', Processed: 'taken', Rejected: 'refused' };
const INPUTS = 'payroll/payrollInputs';

export function payroll(client: WorkdayClient, { lateMs }: WorkdaySettings, clock: Clock): Pick<HcmPort, 'listTimeEntries' | 'createPayrollInput' | 'getPayrollInput'> {
  const once = createOnce({ lateMs, clock });

  async function find(reference: string): Promise<PayrollInput | undefined> {
    const { data } = there(await client.page(PayrollInputShape, INPUTS, { externalReference: reference }));
    const own = data.find((each) => each.externalReference === reference);
    return own && inputOf(own);
  }

  async function enter(input: NewPayrollInput): Promise<PayrollInput> {
    const { reference, workerId, earningCode, forPeriodEndingOn, hours, amount, currency, costCenter } = input;
    try {
      return inputOf(await client.post(PayrollInputShape, INPUTS, {
        externalReference: reference, worker: { id: workerId }, earning: { id: earningCode }, payPeriodEnd: forPeriodEndingOn,
        ...(hours === undefined ? {} : { hours }), ...(amount === undefined ? {} : { amount }),
        ...(currency === undefined ? {} : { currency: { id: currency } }), ...(costCenter === undefined ? {} : { costCenter: { id: costCenter } }),
      }));
    } catch (error) {
      throw error instanceof VendorRefusal ? refused(error.errors, error) : error;
    }
  }

  return {
    async listTimeEntries({ workerId, from, to, ...page }) {
      const entries = await pageByOffset(client, TimeBlockShape, `timeTracking/workers/${encodeURIComponent(workerId)}/timeBlocks`, page, { fromDate: from, toDate: to },
        ({ id: entryId, date: workedOn, hours, type, status, supervisoryOrganization }): TimeEntry => ({
          entryId, workerId, workedOn, hours, kind: known(KINDS, type, 'a type of time'), status: status === 'Approved' ? 'approved' : 'entered',
          ...(supervisoryOrganization ? { departmentCode: supervisoryOrganization.id } : {}),
        }));
      if (!entries) throw unknownWorker();
      return entries;
    },

    createPayrollInput: ({ body }, { repeated }) => once({ reference: body.reference, repeated, find: () => find(body.reference), write: () => enter(body) }),

    async getPayrollInput({ reference }) {
      const input = await find(reference);
      if (!input) throw new ApiError('not-found', 'There is no such payroll input.', { code: 'unknown-payroll-input' });
      return input;
    },
  };
}

function inputOf({ id: inputId, externalReference: reference, status }: NonNullable<typeof PayrollInputShape.of>): PayrollInput {
  return { inputId, reference, status: known(STATUS, status, 'a status of payroll input') };
}

function known<T>(table: Record<string, T>, name: string, what: string): T {
  if (!Object.hasOwn(table, name)) throw invalidAnswer(`${what} that nobody knows`);
  return table[name]!;
}
