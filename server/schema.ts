import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchemaSync, type NonEmptyArray } from 'type-graphql';
import { resolvers } from './features.js';
import { ViewerRole, type Viewer } from './kernel/viewer.js';
import { decideVisibility, schemaSeenBy } from './kernel/visibility.js';
import { audiences, decisions } from './visibility.js';

/** The executable schema of all features: the contract. Who sees what of it is in force. */
export function buildSchema(): GraphQLSchema {
  readPropertiesDirectly();
  const schema = buildSchemaSync({
    resolvers: resolvers as unknown as NonEmptyArray<Function>,
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    // Services check what they are given, and say in the caller's language what is wrong.
    validate: false,
    // Subscriptions follow the feed, not a bus; type-graphql asks for one all the same.
    pubSub: { publish: noBus, subscribe: noBus },
  });
  decideVisibility(schema, audiences, decisions);
  return schema;
}

/**
 * A field that only reads the property of its name needs no resolver. type-graphql gives it one all the same unless told
 * otherwise, field by field; and then graphql-jit calls it with all that a resolver may ask for, for each value of an
 * answer, which is half of what a large answer costs.
 */
function readPropertiesDirectly(): void {
  for (const field of globalThis.TypeGraphQLMetadataStorage.fields) field.simple ??= field.name === field.schemaName;
}

/** What a partner organisation sees of the contract: nothing in it leads to a person. */
export function buildPartnerSchema(schema: GraphQLSchema): GraphQLSchema {
  return schemaSeenBy(schema, ViewerRole.PARTNER);
}

/** Who gets which. */
export function schemasByViewer(schema: GraphQLSchema): (viewer: Viewer) => GraphQLSchema {
  const forPartners = buildPartnerSchema(schema);
  return ({ role }) => (role === ViewerRole.PARTNER ? forPartners : schema);
}

function noBus(): never {
  throw new Error('There is no message bus: a subscription needs a `subscribe` of its own.');
}
