import type { Principal } from '#chassis/security/principal.ts';

function person(subject: string, roles: readonly string[], costCenters: readonly string[] = [], facilities: readonly string[] = ['MAIN']): Principal {
  return { kind: 'user', subject, service: 'tester', scopes: [], roles, facilities, bindings: costCenters.length > 0 ? { costCenters: costCenters.join(',') } : {} };
}

/** The staff of the invented hospital. */
export const people = {
  nina: person('nina', ['requester'], ['7010']),
  june: person('june', ['requester'], ['7060']),
  maya: person('maya', ['department-manager', 'requester'], ['7010']),
  david: person('david', ['department-manager', 'requester'], ['7020']),
  helen: person('helen', ['department-director', 'department-manager'], ['7010']),
  grace: person('grace', ['chief-financial-officer'], ['7010', '7020']),
  tomas: person('tomas', ['approval-delegate'], ['7010']),
  ben: person('ben', ['buyer']),
  dora: person('dora', ['dock-clerk']),
  carla: person('carla', ['accounts-payable-clerk']),
  arthur: person('arthur', ['accounts-payable-manager']),
  sofia: person('sofia', ['supply-chain-analyst']),
  ivan: person('ivan', ['integration-operations']),
  rosa: person('rosa', ['department-manager', 'requester'], ['7010'], ['EAST']),
} satisfies Record<string, Principal>;

export type PersonName = keyof typeof people;
export type Somebody = PersonName | Principal;

let newcomers = 0;

/** Somebody who has asked for nothing yet, so that no earlier request counts along. */
export function newcomer(costCenter = '7010'): Principal {
  return person(`newcomer-${String(newcomers += 1).padStart(4, '0')}`, ['requester'], [costCenter]);
}
