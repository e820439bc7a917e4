import { graphql } from '#lib/graphql.ts';

export const applications = graphql(`
  query Applications($after: String, $state: ApplicationState!) {
    applications(first: 25, after: $after, state: $state) {
      totalCount
      nodes {
        id
        reference
        contingent
        createdAt
        decidedAt
        reason
        unit {
          __typename
          code
          name
        }
        applicant {
          name
          phone
          age
          guardian
          offers
          availability {
            weekday
            fromMinute
            untilMinute
          }
        }
        volunteer {
          number
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const admitApplication = graphql(`
  mutation AdmitApplication($input: AdmitApplicationInput!) {
    admitApplication(input: $input) {
      __typename
      ... on ApplicationAdmitted {
        volunteer {
          number
        }
      }
      ... on Refusal {
        message
      }
    }
  }
`);

export const declineApplication = graphql(`
  mutation DeclineApplication($application: ID!, $reason: String!) {
    declineApplication(application: $application, reason: $reason) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);
