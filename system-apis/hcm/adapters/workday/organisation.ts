import { ApiError } from '#chassis/errors/failures.ts';
import type { Department, Job, Position } from '#contracts/generated/system/hcm/v1.ts';
import type { HcmPort } from '../../port.ts';
import { invalidAnswer, JobShape, OrganizationShape, PositionShape } from './shapes.ts';
import type { WorkdayClient } from './client.ts';
import { pageByOffset } from './pages.ts';
import type { WorkdaySettings } from './settings.ts';
import { facilityOf } from './worker.ts';

type Operations = Pick<HcmPort, 'listPositions' | 'listJobs' | 'getJob' | 'listDepartments' | 'getDepartment'>;

const LISTS = 'staffing';

export function organisation(client: WorkdayClient, settings: WorkdaySettings): Operations {
  const jobOf = ({ id: code, descriptor: title, jobFamily, clinical }: NonNullable<typeof JobShape.of>): Job =>
    ({ code, title, ...(jobFamily ? { family: jobFamily.descriptor } : {}), isClinical: clinical ?? false });

  const departmentOf = ({ id: code, descriptor: name, costCenter, locations = [] }: NonNullable<typeof OrganizationShape.of>): Department =>
    ({ code, name, facilities: locations.map((each) => facilityOf(each.id, settings)), ...(costCenter ? { costCenter: costCenter.id } : {}) });

  const positionOf = ({ id: positionId, descriptor, jobProfile, supervisoryOrganization, location, status }: NonNullable<typeof PositionShape.of>): Position => ({
    positionId, ...(descriptor === undefined ? {} : { title: descriptor }), jobCode: jobProfile.id, departmentCode: supervisoryOrganization.id,
    facility: facilityOf(location.id, settings), status: STATUS[status],
  });

  return {
    listPositions: async ({ departmentCode, ...page }) => there(await pageByOffset(client, PositionShape, `${LISTS}/positions`, page, { supervisoryOrganization: departmentCode }, positionOf)),
    listJobs: async (page) => there(await pageByOffset(client, JobShape, `${LISTS}/jobProfiles`, page, {}, jobOf)),
    listDepartments: async (page) => there(await pageByOffset(client, OrganizationShape, `${LISTS}/supervisoryOrganizations`, page, {}, departmentOf)),

    async getJob({ jobCode }) {
      const job = await client.find(JobShape, `${LISTS}/jobProfiles/${encodeURIComponent(jobCode)}`);
      if (!job) throw new ApiError('not-found', 'There is no such job.', { code: 'unknown-job' });
      return jobOf(job);
    },

    async getDepartment({ departmentCode }) {
      const department = await client.find(OrganizationShape, `${LISTS}/supervisoryOrganizations/${encodeURIComponent(departmentCode)}`);
      if (!department) throw new ApiError('not-found', 'There is no such department.', { code: 'unknown-department' });
      return departmentOf(department);
    },
  };
}

const STATUS = { Open: 'open', Filled: 'filled', Closed: 'closed' } as const;

/** A list that always is there. */
export function there<T>(page: T | undefined): T {
  if (page === undefined) throw invalidAnswer('a list is missing');
  return page;
}
