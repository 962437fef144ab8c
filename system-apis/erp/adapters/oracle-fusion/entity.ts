import type { NewJournal } from '#contracts/generated/system/erp/v1.ts';
import { printCombination } from './combination.ts';
import { facilityOfOrganization, firstFacility } from './facilities.ts';
import type { Fusion } from './fusion.ts';

/**
 * The balancing entity of a journal, which names no facility: the one whose cost centres it charges; where several
 * would do, the one whose order it belongs to; else that of the first facility.
 */
export async function entityOf({ settings, chart, organizations }: Fusion, { documentNumber, lines }: NewJournal): Promise<string> {
  const first = firstFacility(settings).entity;
  const entities = [...new Set(Object.values(settings.facilities).map((facility) => facility.entity))];
  if (entities.length === 1) return first;
  const { combinations } = await chart.read();
  const charged = lines.filter((line) => line.costCenter !== undefined);
  const possible = entities.filter((entity) => charged.every(({ account, costCenter }) =>
    [costCenter!, settings.chart.noCostCenter].some((each) => combinations.has(printCombination(settings.chart, { entity, costCenter: each, account })))));
  if (possible.length === 1) return possible[0]!;
  const organization = documentNumber === undefined ? undefined : await organizations.get(documentNumber);
  const ordered = organization === undefined ? undefined : settings.facilities[facilityOfOrganization(settings, organization)]?.entity;
  return [ordered, first].find((entity) => entity !== undefined && (possible.length === 0 || possible.includes(entity))) ?? possible[0] ?? first;
}
