import { ApiError } from '#chassis/errors/failures.ts';
import type { NewWorker, WorkerChange } from '#contracts/generated/system/hcm/v1.ts';
import type { HcmPort } from './port.ts';

/** What no HR system has to be asked: refused before it is. */
export function checkingInput(system: HcmPort): Pick<HcmPort, 'hireWorker' | 'changeWorker'> {
  return {
    async hireWorker(input, call) {
      checkHire(input.body);
      return system.hireWorker(input, call);
    },
    async changeWorker(input, call) {
      checkChange(input.body);
      return system.changeWorker(input, call);
    },
  };
}

function checkHire({ npi }: NewWorker): void {
  if (npi !== undefined && !isNpi(npi)) throw refusal('invalid-npi', '/npi', 'has a wrong check digit');
}

function checkChange({ kind, category, ...change }: WorkerChange): void {
  if (kind === 'termination' && category === undefined) throw refusal('category-required', '/category', 'is required of a termination');
  if (kind !== 'transfer') return;
  const { positionId, jobCode, departmentCode, facility, managerPersonId, fullTimeEquivalent } = change;
  const becomes = [positionId, jobCode, departmentCode, facility, managerPersonId, fullTimeEquivalent];
  if (becomes.every((each) => each === undefined)) throw refusal('nothing-to-change', '', 'names nothing that becomes another');
}

/** @source CMS, National Provider Identifier check digit: Luhn over 80840 and the number */
function isNpi(npi: string): boolean {
  const sum = [...`80840${npi}`].toReversed().reduce((total, digit, place) => {
    const weighted = Number(digit) * (place % 2 === 0 ? 1 : 2);
    return total + (weighted > 9 ? weighted - 9 : weighted);
  }, 0);
  return sum % 10 === 0;
}

function refusal(code: string, pointer: string, detail: string): ApiError {
  return new ApiError('refused', `${pointer || 'The change'} ${detail}.`, { code, errors: [{ pointer, detail, code }] });
}
