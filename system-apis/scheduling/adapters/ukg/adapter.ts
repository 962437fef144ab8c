import { IANAZone } from 'luxon';
import { defineAdapter, type Capability } from '#chassis/adapters/adapter.ts';
import { ConfigError } from '#chassis/config/config.ts';
import { cursorOf, MOMENT, pageOf, positionOf } from '#chassis/contract/page.ts';
import type { SchedulingPort, Shift } from '../../port.ts';
import { createUkgClient } from './client.ts';
import { isOurs, pathOf, shiftOf, skillsOf, unitsOf } from './mapping.ts';
import { createPersons, type Person } from './persons.ts';
import { refusalOf } from './refusals.ts';
import { UkgSettings } from './settings.ts';
import type { UkgShift } from './shapes.ts';
import { createShifts } from './shifts.ts';

const CAPABILITIES: Capability[] = [{ name: 'eligibility', supported: true }, { name: 'shifts', supported: true }, { name: 'assignment', supported: true }];
const DAY_MS = 86_400_000;
/** As many as the contract takes. */
const MOST_GAPS = 500;

/** UKG Pro Workforce Management by its REST API. */
export const ukg = defineAdapter<SchedulingPort>()({
  settings: UkgSettings,
  create(settings, deps) {
    if (!IANAZone.isValidZone(settings.timeZone)) throw new ConfigError(['/apis/scheduling/settings/timeZone: is no time zone']);
    const client = createUkgClient(settings, deps);
    const persons = createPersons(client);
    const shifts = createShifts(client, settings, deps.clock);

    const eligibilityOf = ({ number, paths, skills }: Person) => ({ personId: number, units: unitsOf(paths, settings), skills: skillsOf(skills) });

    /** What is left of somebody's shifts to come is open by now; what they had and nobody has is told again and again. */
    async function heldBy(number: string): Promise<Awaited<ReturnType<SchedulingPort['holdEligibility']>>> {
      const person = await persons.find(number);
      const confirmedAt = () => deps.clock.now().toISOString();
      if (!person) return { units: [], skills: [], confirmedAt: confirmedAt(), gaps: [] };
      const taken = await shifts.takenFrom(person);
      const gaps = taken.filter((each) => !mayHave(person, each)).flatMap((each) => shiftOf(each, settings) ?? []);
      const { units, skills } = eligibilityOf(person);
      return { units, skills, confirmedAt: confirmedAt(), gaps: gaps.slice(0, MOST_GAPS) };
    }

    return {
      getCapabilities: async () => ({ adapter: 'ukg', capabilities: CAPABILITIES }),

      async listEligibilities({ cursor, limit = 50 }) {
        const index = Number(positionOf(cursor, [/^\d{1,9}$/])?.[0] ?? 0);
        const { persons: found, isLast } = await persons.page(index, limit);
        return { items: found.filter((each) => isOurs(each.number, settings)).map(eligibilityOf), ...(isLast ? {} : { next: cursorOf([String(index + found.length)]) }) };
      },

      async getEligibility({ personId }) {
        const person = await persons.find(personId);
        return person ? eligibilityOf(person) : { personId, units: [], skills: [] };
      },

      /** Rights go first, then the shifts that went with them, and only then come rights: a repeat begins where it broke off. */
      async holdEligibility({ personId, body: { units, skills, name } }) {
        const person = await persons.find(personId) ?? (name && units.length > 0 ? await persons.create(personId, name) : undefined);
        if (!person) return heldBy(personId);
        const wanted = { ...person, paths: units.map((each) => pathOf(each, settings)), skills };
        const less = { ...person, paths: person.paths.filter((each) => wanted.paths.includes(each)), skills: person.skills.filter((each) => skills.includes(each)) };
        await persons.hold(person, less);
        await shifts.takeFrom(person, (each) => mayHave(wanted, each));
        await persons.hold(less, wanted);
        return heldBy(personId);
      },

      async listShifts({ personId, unit, from, to, open, cursor, limit = 50 }) {
        const after = positionOf(cursor, [MOMENT, /^\d{1,15}$/]);
        const person = personId === undefined ? undefined : await persons.find(personId);
        if (personId !== undefined && !person) return { items: [] };
        const now = deps.clock.now().getTime();
        const filter = {
          from: new Date(after?.[0] ?? from ?? now - settings.horizonDays * DAY_MS), to: new Date(to ?? now + settings.horizonDays * DAY_MS),
          employee: person?.id, path: unit && pathOf(unit, settings), onlyOpen: open,
        };
        const rows: Shift[] = [];
        for await (const each of shifts.each(filter)) {
          const shift = shiftOf(each, settings);
          if (shift && (after === undefined || isAfter(shift, after))) rows.push(shift);
          if (rows.length > limit) break;
        }
        return pageOf(rows, limit, ({ startsAt, shiftId }) => [startsAt, shiftId], (row) => row);
      },

      async assignShift({ shiftId, body: { personId } }) {
        const shift = await shifts.get(shiftId);
        if (unitsOf([shift.orgJob.qualifier], settings).length === 0) throw refusalOf('WFS-103000');
        const person = isOurs(personId, settings) ? await persons.find(personId) : undefined;
        if (!person) throw refusalOf('WFS-103003');
        const assigned = shift.employee?.id === person.id ? shift : await shifts.assign(shift, person);
        return shiftOf(assigned, settings)!;
      },

      close: () => client.close(),
    };
  },
});

function mayHave({ paths, skills }: Pick<Person, 'paths' | 'skills'>, { orgJob, skill }: UkgShift): boolean {
  return paths.includes(orgJob.qualifier) && skills.includes(skill.qualifier);
}

function isAfter({ startsAt, shiftId }: Shift, [moment, id]: readonly string[]): boolean {
  const [one, other] = [Date.parse(startsAt), Date.parse(moment!)];
  return one > other || (one === other && Number(shiftId) > Number(id));
}
