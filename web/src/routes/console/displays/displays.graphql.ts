import { graphql } from '#lib/graphql.ts';

export const confirmPairing = graphql(`
  mutation ConfirmPairing($input: ConfirmPairingInput!) {
    confirmPairing(input: $input) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);
