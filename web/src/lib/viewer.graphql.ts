import { graphql } from './graphql.ts';

/** Who is signed in, for the head of every page. */
export const signedIn = graphql(`
  query SignedIn {
    viewer {
      role
      name
      account {
        mustChangePassword
      }
      unit {
        id
        code
        name
      }
    }
  }
`);
