import { ApiError } from '#chassis/errors/failures.ts';
import type { ErpPort } from '../../port.ts';
import { lackOf } from './capabilities.ts';

export function employeeOperations(): Pick<ErpPort, 'listEmployees' | 'getEmployee' | 'holdEmployee'> {
  const lacking = async (): Promise<never> => { throw new ApiError('not-supported', lackOf('employees'), { code: 'vendor-lacks-employees' }); };
  return { listEmployees: lacking, getEmployee: lacking, holdEmployee: lacking };
}
