import { graphql } from '#lib/graphql.ts';

/** Answers with a cookie. */
export const signIn = graphql(`
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);
