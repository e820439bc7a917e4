import { initGraphQLTada } from 'gql.tada';
// Written by `gql.tada generate-output` from ../schema/schema.graphql.
import type { introspection } from '../../.svelte-kit/graphql-env.d.ts';

/** Makes typed documents from the contract. They live in `*.graphql.ts` beside the page that sends them. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  /** The page reads whole objects where it asks for them: parts are for sharing, not for hiding. */
  disableMasking: true;
  scalars: { Cursor: string; DateTime: string; UUID: string };
}>();

export type { ResultOf, VariablesOf } from 'gql.tada';
