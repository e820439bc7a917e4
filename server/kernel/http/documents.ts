import {
  getVariableValues,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { mayIntrospect, type Viewer } from '../viewer.js';
import { costOf, type Cost } from './cost.js';
import { RefusedDocument } from './errors.js';
import { Fault } from './faults.js';
import type { Limits } from './limits.js';
import { fragmentsOf, measureDocument } from './measure.js';
import { assertPagesAreSized, pageLimit, type PageLimit } from './page-size.js';
import { asksForPublicOnly } from './public-only.js';

/** What both transports are asked for. */
export interface OperationRequest {
  query: string;
  operationName?: string | null;
  variables?: Record<string, unknown> | null;
  extensions?: Record<string, unknown> | null;
}

export type Transport = 'GET' | 'POST' | 'SOCKET';

/** A document that passed everything that does not depend on who asks or with which variables. */
interface KnownDocument {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  introspects: boolean;
  /** Whether everybody may ask for all of it, whatever they get. */
  publicOnly: boolean;
  pages: PageLimit;
  /** Worked out when somebody has to pay for it. */
  readonly cost: Cost;
}

/** What is left to add for an execution is the context. */
export interface PreparedOperation extends Pick<
  ExecutionArgs,
  'schema' | 'document' | 'variableValues' | 'hideSuggestions'
> {
  /** What it may cost whoever pays for it. */
  cost(): number;
}

/** THE gate before execution, for both transports. Throws a {@link Fault} or a {@link RefusedDocument}. */
export type PrepareOperation = (request: OperationRequest, viewer: Viewer, transport: Transport) => PreparedOperation;

export function createPrepareOperation(
  contract: GraphQLSchema,
  schemaFor: (viewer: Viewer) => GraphQLSchema,
  limits: Limits,
): PrepareOperation {
  assertPagesAreSized(contract);
  const documents = new Map<GraphQLSchema, KnownDocuments>();
  const documentsOf = (schema: GraphQLSchema): KnownDocuments => {
    let known = documents.get(schema);
    if (!known) documents.set(schema, (known = new KnownDocuments(schema, limits)));
    return known;
  };

  return ({ query, operationName, variables, extensions }, viewer, transport) => {
    if (extensions && 'persistedQuery' in extensions) throw new Fault('persistedQuery');
    const schema = schemaFor(viewer);
    const known = documentsOf(schema).recall(query);
    const { document, operation, introspects, publicOnly, pages } = known;
    if (introspects && !mayIntrospect(viewer)) throw new Fault('introspection');
    if (operationName && operationName !== operation.name?.value) throw new Fault('unknownOperation');
    if (transport !== 'SOCKET') {
      if (operation.operation === OperationTypeNode.SUBSCRIPTION) throw new Fault('subscriptionByHttp');
      if (transport === 'GET' && operation.operation === OperationTypeNode.MUTATION) throw new Fault('mutationByGet');
      // What is for some only is asked for by what they know: numbers, names. URLs end up in logs and histories.
      if (transport === 'GET' && !publicOnly) throw new Fault('privateByGet');
    }
    pages.check(variables);
    if (transport === 'SOCKET') checkVariables(schema, operation, variables, limits);
    return { schema, document, variableValues: variables, hideSuggestions: true, cost: () => known.cost(variables) };
  };
}

/** The documents that were asked for of one schema: what is valid in one may not exist in another. */
class KnownDocuments {
  // Two generations: what is used survives the change of generation, and a hit costs one look-up.
  private young = new Map<string, KnownDocument>();
  private old = new Map<string, KnownDocument>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly limits: Limits,
  ) {}

  recall(query: string): KnownDocument {
    const recent = this.young.get(query);
    if (recent) return recent;
    const known = this.old.get(query) ?? readDocument(this.schema, query, this.limits);
    if (this.young.size >= this.limits.cachedDocuments / 2) [this.old, this.young] = [this.young, new Map()];
    this.young.set(query, known);
    return known;
  }
}

/** Parses, measures, validates. Measured first: validation is only safe on documents of a bounded size. */
function readDocument(schema: GraphQLSchema, query: string, limits: Limits): KnownDocument {
  if (query.length > limits.documentLength) throw new Fault('tooLong');
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: limits.tokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    if (/more tha[nt] \d+ tokens/.test(error.message)) throw new Fault('tooManyTokens');
    throw new RefusedDocument('unparsable', [error]);
  }
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  const [operation] = operations;
  if (!operation) throw new Fault('noOperation');
  if (operations.length > 1) throw new Fault('severalOperations');
  const fragments = fragmentsOf(document);
  const { introspects } = measureDocument(operation, fragments, limits);
  // graphql's own rules pass over an operation that a schema has no type for.
  if (!schema.getRootType(operation.operation)) throw new Fault('noSuchOperation', operation.operation);
  const errors = validate(schema, document, undefined, {
    maxErrors: limits.errorsPerDocument,
    hideSuggestions: true,
  });
  if (errors.length > 0) throw new RefusedDocument('invalid', errors);
  let cost: Cost | undefined;
  return {
    document,
    operation,
    introspects,
    publicOnly: asksForPublicOnly(schema, operation, fragments),
    pages: pageLimit(operation, fragments, limits),
    get cost() {
      return (cost ??= costOf(schema, operation, fragments));
    },
  };
}

/**
 * On a socket a refusal before execution ends the stream with one `error` message, so variables are tried here;
 * over HTTP `execute` tells in time, and trying twice would cost every check-in.
 */
function checkVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: OperationRequest['variables'],
  limits: Limits,
): void {
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {}, {
    maxErrors: limits.errorsPerDocument,
    hideSuggestions: true,
  });
  if (errors) throw new RefusedDocument('badVariables', errors);
}
