import {
  isRequiredArgument,
  isInterfaceType,
  isObjectType,
  Kind,
  type ArgumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { Fault } from './faults.js';
import type { Limits } from './limits.js';

/** How large the pages of a document are: `first`, at every level of nesting. */
export interface PageLimit {
  /** Throws when a page, or all of them multiplied, is too large for these variables. */
  check(variables: Readonly<Record<string, unknown>> | null | undefined): void;
}

const nothingToCheck: PageLimit = { check: () => undefined };

/** Reads the `first` of a page for given variables; undefined for what is no number at all, which coercion refuses. */
export function firstOf(
  operation: OperationDefinitionNode,
): (first: ArgumentNode, variables: Readonly<Record<string, unknown>> | null | undefined) => number | undefined {
  const defaults = new Map<string, unknown>();
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue?.kind === Kind.INT) defaults.set(variable.name.value, Number(defaultValue.value));
  }
  return ({ value }, variables) => {
    if (value.kind === Kind.INT) return Number(value.value);
    if (value.kind !== Kind.VARIABLE) return undefined;
    const name = value.name.value;
    const given = variables?.[name] ?? defaults.get(name);
    return typeof given === 'number' ? given : undefined;
  };
}

/** Checks at once what the document itself says, so that only pages sized by variables are looked at again. */
export function pageLimit(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  limits: Limits,
): PageLimit {
  const read = firstOf(operation);
  let sizedByVariables = false;

  const check: PageLimit['check'] = (variables) => {
    const counted = new Map<string, number>();

    const ofFragment = (name: string): number => {
      let nodes = counted.get(name);
      if (nodes === undefined) {
        const fragment = fragments.get(name);
        nodes = fragment ? ofSelections(fragment.selectionSet) : 0;
        counted.set(name, nodes);
      }
      return nodes;
    };

    const ofSelections = (set: SelectionSetNode): number => {
      let nodes = 0;
      for (const node of set.selections) {
        if (node.kind === Kind.FRAGMENT_SPREAD) {
          nodes += ofFragment(node.name.value);
          continue;
        }
        const inner = node.selectionSet ? ofSelections(node.selectionSet) : 0;
        const first = node.kind === Kind.FIELD ? node.arguments?.find((a) => a.name.value === 'first') : undefined;
        nodes += first ? pageSize(first, variables) * (1 + inner) : inner;
      }
      return nodes;
    };

    if (ofSelections(operation.selectionSet) > limits.nodes) throw new Fault('tooManyNodes');
  };

  const pageSize = (argument: ArgumentNode, variables: Parameters<PageLimit['check']>[0]): number => {
    if (argument.value.kind === Kind.VARIABLE) sizedByVariables = true;
    const first = read(argument, variables);
    // What is no number at all is refused when values are coerced, with graphql's own words.
    if (first === undefined) return 1;
    if (!(first >= 1 && first <= limits.first)) throw new Fault('firstOutOfRange');
    return first;
  };

  check(undefined);
  return sizedByVariables ? { check } : nothingToCheck;
}

/** The node cap relies on every page saying how large it is. */
export function assertPagesAreSized(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const first = field.args.find((argument) => argument.name === 'first');
      if (first && !isRequiredArgument(first)) {
        throw new Error(`${type.name}.${field.name}(first:) must be required, without a default.`);
      }
    }
  }
}
