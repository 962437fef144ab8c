import { MOST_AT_ONCE, type UkgClient } from './client.ts';
import { hasCode } from './refusals.ts';
import { nothing, personAnswer, personsAnswer, skillsAnswer, type UkgPerson } from './shapes.ts';

/** Somebody as the planning has them, with organizational paths as they stand there. */
export interface Person {
  id: number;
  number: string;
  paths: string[];
  skills: string[];
}

export interface Persons {
  find(number: string): Promise<Person | undefined>;
  page(index: number, count: number): Promise<{ persons: Person[]; isLast: boolean }>;
  /** Finds the one whom an earlier attempt, or somebody else, made. */
  create(number: string, name: { given: string; family: string }): Promise<Person>;
  hold(person: Person, to: Pick<Person, 'paths' | 'skills'>): Promise<void>;
}

export function createPersons(client: UkgClient): Persons {
  async function read(body: object): Promise<{ persons: Person[]; total: number }> {
    const { records, totalElements } = await client.send('POST', '/commons/persons/multi_read', body, personsAnswer);
    return { persons: await withSkills(records), total: totalElements };
  }

  async function withSkills(records: readonly UkgPerson[]): Promise<Person[]> {
    const ids = records.map((each) => each.personInformation.person.personId);
    const skills = ids.length === 0 ? [] : await client.send('POST', '/scheduling/employee_skills/multi_read', { where: { employees: { ids } } }, skillsAnswer);
    const byId = new Map(skills.map((each) => [each.employee.id, each.skills.map(({ qualifier }) => qualifier)]));
    return records.map(({ personInformation: { person }, jobAssignment }) => ({
      id: person.personId, number: person.personNumber, paths: jobAssignment.jobTransferEntries.map((each) => each.orgPath), skills: byId.get(person.personId) ?? [],
    }));
  }

  async function find(number: string): Promise<Person | undefined> {
    const { persons } = await read({ where: { employees: { key: 'personnumber', values: [number] } } });
    return persons.find((each) => each.number === number);
  }

  return {
    find,
    async page(index, count) {
      const { persons, total } = await read({ where: {}, index, count: Math.min(count, MOST_AT_ONCE) });
      return { persons, isLast: index + persons.length >= total || persons.length === 0 };
    },
    async create(number, { given, family }) {
      try {
        const made = await client.send('POST', '/commons/persons', { personInformation: { person: { personNumber: number, firstName: given, lastName: family } } }, personAnswer);
        return { id: made.personInformation.person.personId, number, paths: [], skills: [] };
      } catch (failure) {
        const known = hasCode(failure, 'person-exists') ? await find(number) : undefined;
        if (!known) throw failure;
        return known;
      }
    },
    async hold(person, { paths, skills }) {
      if (!isSame(person.paths, paths)) await client.send('PUT', `/commons/persons/${person.id}/job_transfer_entries`, paths.map((orgPath) => ({ orgPath })), nothing);
      if (!isSame(person.skills, skills)) await client.send('PUT', `/scheduling/employee_skills/${person.id}`, skills.map((qualifier) => ({ qualifier })), nothing);
    },
  };
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return new Set(one).symmetricDifference(new Set(other)).size === 0;
}
