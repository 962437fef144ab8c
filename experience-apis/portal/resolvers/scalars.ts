import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';

const DECIMAL = /^-?\d{1,13}(\.\d{1,4})?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const MOST_FACTS = 50;

/** Texts of a form. A message about a wrong one does not repeat it: what a person typed belongs in no error. */
function textScalar(name: string, form: RegExp, isReal: (text: string) => boolean = () => true): GraphQLScalarType {
  const checked = (value: unknown): string => {
    if (typeof value !== 'string' || !form.test(value) || !isReal(value)) throw new GraphQLError(`This is not a ${name}.`);
    return value;
  };
  return new GraphQLScalarType({
    name,
    serialize: checked,
    parseValue: checked,
    parseLiteral: (node) => checked(node.kind === Kind.STRING ? node.value : undefined),
  });
}

const isCalendarDay = (text: string): boolean => {
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
};

type Fact = string | number | boolean;

function factsIn(value: unknown): Record<string, Fact> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = isObject ? Object.entries(value) : [];
  if (!isObject || entries.length > MOST_FACTS || !entries.every(([, each]) => ['string', 'number', 'boolean'].includes(typeof each))) {
    throw new GraphQLError(`Facts are at most ${MOST_FACTS} texts, numbers or truth values by name.`);
  }
  return Object.fromEntries(entries) as Record<string, Fact>;
}

function literal(node: ValueNode): unknown {
  if (node.kind === Kind.STRING || node.kind === Kind.BOOLEAN) return node.value;
  if (node.kind === Kind.INT || node.kind === Kind.FLOAT) return Number(node.value);
  if (node.kind === Kind.OBJECT) return Object.fromEntries(node.fields.map((field) => [field.name.value, literal(field.value)]));
  return undefined;
}

export const scalars = {
  Decimal: textScalar('Decimal', DECIMAL),
  Date: textScalar('Date', DATE, isCalendarDay),
  DateTime: textScalar('DateTime', DATE_TIME, isCalendarDay),
  Facts: new GraphQLScalarType({ name: 'Facts', serialize: factsIn, parseValue: factsIn, parseLiteral: (node) => factsIn(literal(node)) }),
};
