import type { PolicyRule } from '#contracts/generated/process/hire-to-retire/v1.ts';
import type { Target } from './person.ts';
import type { Rule } from './settings.ts';

/** The table as people read it. */
export function policyAsApplied(rules: readonly Rule[]): PolicyRule[] {
  return rules.map(({ name, job, department, facility, needs, approvedBy, rights }) => ({
    name, ...(job ? { jobCode: job } : {}), ...(department ? { departmentCode: department } : {}), ...(facility ? { facility } : {}), ...(needs ? { needs } : {}), ...(approvedBy ? { approvedBy } : {}),
    rights: rights.map((text) => ({ target: text.slice(0, text.indexOf(':')) as Target, right: text.slice(text.indexOf(':') + 1) })),
  }));
}
