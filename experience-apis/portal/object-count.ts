import {
  getNamedType, getNullableType, isInterfaceType, isListType, isObjectType, Kind,
  type DocumentNode, type FieldNode, type FragmentDefinitionNode, type GraphQLField, type GraphQLNamedType, type GraphQLSchema, type OperationDefinitionNode, type SelectionSetNode, type ValueNode,
} from 'graphql';

/** Entries that a list without a page size is taken to have. */
const USUAL_LIST = 5;

export interface CountedOperation {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown>;
}

/**
 * How many objects an answer may hold: pages count as many entries as are asked for, literally, by variable or by default.
 * Fragments are counted once each, so that a document that uses them again and again costs no time here.
 */
export function countObjects({ schema, document, operation, variables }: CountedOperation): number {
  const fragments = new Map(document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION).map((each) => [each.name.value, each]));
  const counted = new Map<FragmentDefinitionNode, number>();
  const defaults = new Map((operation.variableDefinitions ?? []).map((each) => [each.variable.name.value, each.defaultValue]));

  function ofFragment(fragment: FragmentDefinitionNode | undefined): number {
    if (!fragment) return 0;
    const known = counted.get(fragment);
    if (known !== undefined) return known;
    counted.set(fragment, 0);
    const count = ofSelections(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value));
    counted.set(fragment, count);
    return count;
  }

  function ofSelections({ selections }: SelectionSetNode, type: GraphQLNamedType | undefined): number {
    let count = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) count += ofFragment(fragments.get(selection.name.value));
      else if (selection.kind === Kind.INLINE_FRAGMENT) count += ofSelections(selection.selectionSet, selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : type);
      else count += ofField(selection, type);
    }
    return count;
  }

  function ofField(node: FieldNode, parent: GraphQLNamedType | undefined): number {
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    if (!field || !node.selectionSet) return 0;
    const each = 1 + ofSelections(node.selectionSet, getNamedType(field.type));
    return each * entriesOf(node, field);
  }

  /** A page and its entries are one step here: the page size counts for all that is below. */
  function entriesOf(node: FieldNode, field: GraphQLField<unknown, unknown>): number {
    const size = field.args.find((each) => each.name === 'first');
    if (size) return asCount(valueOf(node.arguments?.find((each) => each.name.value === 'first')?.value) ?? size.defaultValue);
    return isListType(getNullableType(field.type)) && field.name !== 'items' ? USUAL_LIST : 1;
  }

  function valueOf(value: ValueNode | undefined): unknown {
    if (value?.kind === Kind.INT) return Number(value.value);
    if (value?.kind !== Kind.VARIABLE) return undefined;
    return variables[value.name.value] ?? valueOf(defaults.get(value.name.value));
  }

  return ofSelections(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
}

function asCount(value: unknown): number {
  return typeof value === 'number' && value > 1 ? value : 1;
}
