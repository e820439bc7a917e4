import {
  Kind,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { isForEveryone } from '../visibility.js';

/** Whether each field that a valid operation begins with is one that everybody may ask for. */
export function asksForPublicOnly(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): boolean {
  const fields = schema.getRootType(operation.operation)!.getFields();
  const isPublic = (set: SelectionSetNode): boolean =>
    set.selections.every((node) => {
      // `__typename` and the like are no fields of a type.
      if (node.kind === Kind.FIELD) return isForEveryone(fields[node.name.value]);
      if (node.kind === Kind.INLINE_FRAGMENT) return isPublic(node.selectionSet);
      return isPublic(fragments.get(node.name.value)!.selectionSet);
    });
  return isPublic(operation.selectionSet);
}
