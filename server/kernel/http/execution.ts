import {
  execute,
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import { fragmentsOf } from './measure.js';

/** Compiling takes as long as executing a few times: a document has to come this often to be worth it. */
const worthwhileUses = 10;
/** Code is written for each field, again for each type that it may stand on: nested in each other, these multiply. */
const compiledFields = 150;

interface Known {
  uses: number;
  /** Undefined before it is worth it, null where it is not to be. */
  compiled: CompiledQuery['query'] | null | undefined;
}

/** Goes with the document, so `documents.ts` bounds it. */
const known = new WeakMap<DocumentNode, Known>();

/**
 * As graphql's own `execute`, which walks the document anew for each object of an answer. A query that is asked for over and
 * over is compiled instead, which halves its cost. Whatever goes wrong there is found again by `execute`: errors are its own,
 * to the letter.
 */
export async function executeOperation(args: ExecutionArgs): Promise<ExecutionResult> {
  const query = compiledQuery(args);
  if (query) {
    const result = (await query(args.rootValue, args.contextValue, args.variableValues ?? {})) as ExecutionResult;
    if (!result.errors) return result;
  }
  return execute(args);
}

function compiledQuery({ schema, document }: ExecutionArgs): CompiledQuery['query'] | null | undefined {
  let entry = known.get(document);
  if (!entry) known.set(document, (entry = { uses: 0, compiled: undefined }));
  if (entry.compiled === undefined && ++entry.uses >= worthwhileUses) {
    const compiled = mayBeCompiled(schema, document) ? compileQuery(schema, document) : undefined;
    entry.compiled = compiled && isCompiledQuery(compiled) ? compiled.query : null;
  }
  return entry.compiled;
}

/** What is written is written once: only reading may be tried twice. And only what is small when it is compiled. */
function mayBeCompiled(schema: GraphQLSchema, document: DocumentNode): boolean {
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  const root = schema.getQueryType();
  if (operation?.operation !== OperationTypeNode.QUERY || !root) return false;
  const fragments = fragmentsOf(document);
  let left = compiledFields;
  const spend = (set: SelectionSetNode | undefined, type: GraphQLNamedType): void => {
    for (const concrete of isAbstractType(type) ? schema.getPossibleTypes(type) : [type]) {
      for (const node of set?.selections ?? []) {
        if (left < 0) return;
        if (node.kind === Kind.FIELD) {
          left--;
          const field = isObjectType(concrete) ? concrete.getFields()[node.name.value] : undefined;
          if (field) spend(node.selectionSet, getNamedType(field.type));
        } else {
          const inner = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
          spend(inner?.selectionSet, concrete);
        }
      }
    }
  };
  spend(operation.selectionSet, root);
  return left >= 0;
}
