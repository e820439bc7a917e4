import { graphql } from '#lib/graphql.ts';

export const me = graphql(`
  query Me {
    viewer {
      role
      account {
        login
        name
        mustChangePassword
      }
      grant {
        id
      }
      grants {
        id
        role
        endsAt
        unit {
          name
        }
      }
      volunteer {
        number
      }
    }
    sessions(first: 50) {
      nodes {
        id
        device
        address
        createdAt
        lastSeenAt
        isCurrent
      }
    }
  }
`);

export const signOut = graphql(`
  mutation SignOut {
    signOut
  }
`);

export const actAs = graphql(`
  mutation ActAs($grant: ID) {
    actAs(grant: $grant) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);

export const changePassword = graphql(`
  mutation ChangePassword($input: ChangePasswordInput!) {
    changePassword(input: $input) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);

export const revokeSession = graphql(`
  mutation RevokeSession($session: ID!) {
    revokeSession(session: $session) {
      id
    }
  }
`);

export const revokeOtherSessions = graphql(`
  mutation RevokeOtherSessions {
    revokeOtherSessions
  }
`);
