import { graphql } from '#lib/graphql.ts';

export const beginPairing = graphql(`
  mutation BeginPairing {
    beginPairing {
      code
      secret
      expiresAt
    }
  }
`);

export const collectPairing = graphql(`
  mutation CollectPairing($secret: String!) {
    collectPairing(secret: $secret) {
      __typename
      ... on DisplayToken {
        token
      }
    }
  }
`);
