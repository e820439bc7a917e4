import { graphql } from '#lib/graphql.ts';

export const walkIn = graphql(`
  mutation WalkIn($input: WalkInInput!) {
    walkIn(input: $input) {
      __typename
      ... on WalkInRecorded {
        claimCode
        volunteer {
          displayName
          number
        }
      }
      ... on Refusal {
        message
      }
    }
  }
`);
