import { isRecord, type Json, type JsonObject } from './json.ts';
import { issue, type Issue } from './operation-outcome.ts';
import { isPrimitive, primitiveFault } from './primitives.ts';
import { BACKBONE_ELEMENTS, DATA_TYPES, RESOURCES, type Structure } from './structures.ts';
import { VALUE_SETS } from './value-sets.ts';

interface Element {
  name: string;
  isChoice: boolean;
  isRequired: boolean;
  isList: boolean;
  types: readonly ElementType[];
  valueSet: string | undefined;
}
interface ElementType {
  name: string;
  targets: ReadonlySet<string> | undefined;
}

const parsed = new Map<Structure, readonly Element[]>();

/** Everything that R4 forbids in this resource, as issues with a FHIRPath expression; empty when it may be kept. */
export function validateResource(resource: JsonObject): Issue[] {
  const type = resource.resourceType;
  const structure = typeof type === 'string' ? RESOURCES[type] : undefined;
  if (!structure) return [issue('structure', `Unknown resource type '${String(type)}'`, 'resourceType')];
  const issues: Issue[] = [];
  checkElements(resource, structure, String(type), new Set(['resourceType']), issues);
  return issues;
}

function checkElements(value: JsonObject, structure: Structure, path: string, seen: Set<string>, issues: Issue[]): void {
  for (const element of elementsOf(structure)) {
    const found = element.isChoice ? choicesOf(element, value) : [{ key: element.name, type: element.types[0] }].filter((each) => each.key in value);
    for (const each of found) seen.add(each.key).add(`_${each.key}`);
    if (!element.isChoice) seen.add(`_${element.name}`);
    const [first, second] = found;
    if (second) issues.push(issue('structure', `Only one of ${element.name}[x] is allowed`, `${path}.${element.name}`));
    if (!first) {
      if (element.isRequired && !(`_${element.name}` in value)) issues.push(issue('required', `Missing required element '${element.name}'`, `${path}.${element.name}`));
      continue;
    }
    checkCardinality(value[first.key], element, first.type, `${path}.${first.key}`, issues);
  }
  for (const key of Object.keys(value)) {
    if (!seen.has(key)) issues.push(issue('structure', `Unknown element '${key}'`, `${path}.${key}`));
  }
}

function checkCardinality(value: Json | undefined, element: Element, type: ElementType | undefined, path: string, issues: Issue[]): void {
  if (!element.isList) {
    if (Array.isArray(value)) issues.push(issue('structure', 'Only one value is allowed here', path));
    else checkValue(value, type, element.valueSet, path, issues);
    return;
  }
  if (!Array.isArray(value) || value.length === 0) {
    issues.push(issue('structure', 'Must be an array with at least one value', path));
    return;
  }
  value.forEach((each, index) => checkValue(each, type, element.valueSet, `${path}[${index}]`, issues));
}

function checkValue(value: Json | undefined, type: ElementType | undefined, valueSet: string | undefined, path: string, issues: Issue[]): void {
  if (!type || type.name === 'any') return;
  if (isPrimitive(type.name)) {
    const fault = primitiveFault(type.name, value);
    if (fault) issues.push(issue('value', fault, path));
    else if (valueSet && !VALUE_SETS[valueSet]?.has(String(value))) {
      issues.push(issue('code-invalid', `The code '${String(value)}' is not in the required value set http://hl7.org/fhir/ValueSet/${valueSet}`, path));
    }
    return;
  }
  if (!isRecord(value)) {
    issues.push(issue('structure', `Must be a ${type.name} object`, path));
    return;
  }
  if (Object.keys(value).length === 0) issues.push(issue('structure', 'An object must not be empty', path));
  if (type.name === 'Resource') return;
  const structure = DATA_TYPES[type.name] ?? BACKBONE_ELEMENTS[type.name];
  if (!structure) throw new Error(`structures.ts names an unknown type: ${type.name}`);
  // The value of an extension may be of any type, under a name such as valueReference.
  const seen = new Set(type.name === 'Extension' ? Object.keys(value).filter((key) => /^_?value[A-Z]/.test(key)) : []);
  checkElements(value, structure, path, seen, issues);
  if (type.targets) checkTarget(value, type.targets, path, issues);
}

function checkTarget(reference: JsonObject, targets: ReadonlySet<string>, path: string, issues: Issue[]): void {
  const [, target] = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[^/]+)?$/.exec(String(reference.reference ?? '')) ?? [];
  if (target && !targets.has(target)) issues.push(issue('value', `A reference to ${target} is not allowed here`, path));
}

function choicesOf(element: Element, value: JsonObject): { key: string; type: ElementType }[] {
  return element.types
    .map((type) => ({ key: element.name + type.name.charAt(0).toUpperCase() + type.name.slice(1), type }))
    .filter((each) => each.key in value);
}

function elementsOf(structure: Structure): readonly Element[] {
  const known = parsed.get(structure);
  if (known) return known;
  const elements = Object.entries(structure).map(([name, definition]) => parseElement(name, definition));
  parsed.set(structure, elements);
  return elements;
}

function parseElement(name: string, definition: string): Element {
  const [cardinality = '?', types = 'any', binding] = definition.split(' ');
  return {
    name: name.replace('[x]', ''),
    isChoice: name.endsWith('[x]'),
    isRequired: cardinality === '1' || cardinality === '+',
    isList: cardinality === '*' || cardinality === '+',
    types: types.split('|').map((type) => {
      const [typeName = type, targets] = type.split(/[()]/);
      return { name: typeName, targets: targets ? new Set(targets.split(',')) : undefined };
    }),
    valueSet: binding?.slice(1),
  };
}
