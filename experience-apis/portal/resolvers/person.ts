import type { FieldsOf, Queries } from './nodes.ts';

export const personQueries = {
  me: (_parent, _args, { person }) => person,
} satisfies Pick<Queries, 'me'>;

export const personTypes = {
  Person: {
    id: (person) => person.subject,
  } satisfies FieldsOf<'Person'>,
};
