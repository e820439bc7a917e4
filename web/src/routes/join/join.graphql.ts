import { graphql } from '#lib/graphql.ts';

export const apply = graphql(`
  mutation Apply($input: ApplyInput!) {
    apply(input: $input) {
      __typename
      ... on ApplicationReceived {
        reference
        secret
      }
      ... on Refusal {
        message
      }
    }
  }
`);

export const applicationStatus = graphql(`
  query ApplicationStatus($proof: ApplicationProofInput!) {
    applicationStatus(proof: $proof) {
      state
      createdAt
      reason
      volunteerNumber
      canClaim
      unit {
        name
      }
    }
  }
`);

export const withdrawApplication = graphql(`
  mutation WithdrawApplication($proof: ApplicationProofInput!) {
    withdrawApplication(proof: $proof)
  }
`);

export const claimAccount = graphql(`
  mutation ClaimAccount($input: ClaimAccountInput!) {
    claimAccount(input: $input) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);
