import {
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  isInterfaceType,
  Kind,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { firstOf } from './page-size.js';

/**
 * What an operation may cost at most: one for every object of its answer, the answer itself included. A page counts as many
 * as its `first` says, another list {@link listSize}, the schema itself {@link introspectionCost}.
 */
export type Cost = (variables: Readonly<Record<string, unknown>> | null | undefined) => number;

/** Lists that say no size of their own are short: ancestors, the children of a unit. */
const listSize = 10;
const introspectionCost = 100;

/** For documents that passed the gate: they have no circles, and are small once their fragments are spread. */
export function costOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Cost {
  const size = firstOf(operation);

  /** Of one object of this type; `page` sizes the lists directly in it. */
  const ofSelections = (set: SelectionSetNode, type: GraphQLNamedType | undefined, page: Cost): Cost => {
    const parts: Cost[] = [];
    for (const node of set.selections) {
      if (node.kind === Kind.INLINE_FRAGMENT) {
        const narrowed = node.typeCondition ? schema.getType(node.typeCondition.name.value) : type;
        parts.push(ofSelections(node.selectionSet, narrowed, page));
      } else if (node.kind === Kind.FRAGMENT_SPREAD) {
        const { typeCondition, selectionSet } = fragments.get(node.name.value)!;
        parts.push(ofSelections(selectionSet, schema.getType(typeCondition.name.value), page));
      } else if (node.selectionSet) {
        const name = node.name.value;
        const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
        // What stands in no type's fields is __schema or __type: whatever is asked of it costs the same.
        if (!field) {
          parts.push(() => introspectionCost);
          continue;
        }
        const first = node.arguments?.find((argument) => argument.name.value === 'first');
        const inner = ofSelections(
          node.selectionSet,
          getNamedType(field.type),
          first ? (variables) => size(first, variables) ?? 1 : () => listSize,
        );
        const count = isListType(getNullableType(field.type)) ? page : () => 1;
        parts.push((variables) => count(variables) * (1 + inner(variables)));
      }
    }
    return (variables) => parts.reduce((sum, part) => sum + part(variables), 0);
  };

  const root = schema.getRootType(operation.operation) ?? undefined;
  const inner = ofSelections(operation.selectionSet, root, () => listSize);
  return (variables) => 1 + inner(variables);
}

/** What an answer came to: its objects, counted. A scalar's value, such as a time, is none of them. */
export function objectsIn(data: unknown): number {
  if (Array.isArray(data)) return data.reduce<number>((sum, item) => sum + objectsIn(item), 0);
  if (typeof data !== 'object' || data === null) return 0;
  const prototype: unknown = Object.getPrototypeOf(data);
  if (prototype !== null && prototype !== Object.prototype) return 0;
  return Object.values(data).reduce<number>((sum, value) => sum + objectsIn(value), 1);
}
