import { graphql } from '#lib/graphql.ts';

export const accessKeys = graphql(`
  query AccessKeys($role: ViewerRole!, $after: String) {
    accessKeys(first: 50, after: $after, role: $role) {
      nodes {
        id
        name
        hint
        createdAt
        expiresAt
        lastUsedAt
        revokedAt
        unit {
          code
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const issueKey = graphql(`
  mutation IssueKey($input: IssueKeyInput!) {
    issueKey(input: $input) {
      __typename
      ... on KeyIssued {
        key
      }
      ... on Refusal {
        message
      }
    }
  }
`);

export const rotateKey = graphql(`
  mutation RotateKey($key: ID!) {
    rotateKey(key: $key) {
      __typename
      ... on KeyRotated {
        key
      }
      ... on Refusal {
        message
      }
    }
  }
`);

export const revokeKey = graphql(`
  mutation RevokeKey($key: ID!, $reason: String!) {
    revokeKey(key: $key, reason: $reason) {
      id
    }
  }
`);
