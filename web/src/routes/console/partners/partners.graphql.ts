import { graphql } from '#lib/graphql.ts';

export const partners = graphql(`
  query Partners($after: String) {
    partnerOrganisations(first: 20, after: $after) {
      nodes {
        id
        code
        name
        contact
        suspendedAt
        keys(first: 20) {
          nodes {
            id
            name
            hint
            createdAt
            expiresAt
            lastUsedAt
            revokedAt
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

export const registerPartner = graphql(`
  mutation RegisterPartner($input: RegisterPartnerInput!) {
    registerPartner(input: $input) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);

export const suspendPartner = graphql(`
  mutation SuspendPartner($partner: ID!, $reason: String!) {
    suspendPartner(partner: $partner, reason: $reason) {
      id
    }
  }
`);

export const resumePartner = graphql(`
  mutation ResumePartner($partner: ID!) {
    resumePartner(partner: $partner) {
      id
    }
  }
`);
