import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchemaSync, type NonEmptyArray } from 'type-graphql';
import { resolvers } from './features.js';

/** The executable schema of all features. */
export function buildSchema(): GraphQLSchema {
  return buildSchemaSync({
    resolvers: resolvers as unknown as NonEmptyArray<Function>,
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    // Services check what they are given, and say in the caller's language what is wrong.
    validate: false,
    // Subscriptions follow the feed, not a bus; type-graphql asks for one all the same.
    pubSub: { publish: noBus, subscribe: noBus },
  });
}

function noBus(): never {
  throw new Error('There is no message bus: a subscription needs a `subscribe` of its own.');
}
