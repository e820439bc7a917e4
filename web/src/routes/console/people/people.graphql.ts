import { graphql } from '#lib/graphql.ts';

export const accounts = graphql(`
  query Accounts($after: String, $search: String) {
    accounts(first: 50, after: $after, search: $search) {
      nodes {
        id
        login
        name
        lastSignInAt
        disabledAt
        grants {
          id
          role
          endsAt
          unit {
            code
            name
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const createAccount = graphql(`
  mutation CreateAccount($input: CreateAccountInput!) {
    createAccount(input: $input) {
      __typename
      ... on AccountCreated {
        oneTimePassword {
          password
        }
      }
      ... on Refusal {
        message
      }
    }
  }
`);

export const resetPassword = graphql(`
  mutation ResetPassword($account: ID!) {
    resetPassword(account: $account) {
      password
    }
  }
`);

export const grantRole = graphql(`
  mutation GrantRole($input: GrantRoleInput!) {
    grantRole(input: $input) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);

export const endGrant = graphql(`
  mutation EndGrant($grant: ID!, $reason: String!) {
    endGrant(grant: $grant, reason: $reason) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);

export const disableAccount = graphql(`
  mutation DisableAccount($account: ID!, $reason: String!) {
    disableAccount(account: $account, reason: $reason) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);

export const enableAccount = graphql(`
  mutation EnableAccount($account: ID!) {
    enableAccount(account: $account) {
      id
    }
  }
`);
