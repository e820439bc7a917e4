import { graphql } from '#lib/graphql.ts';

export const reportIns = graphql(`
  query ReportIns($after: String) {
    reportIns(first: 25, after: $after) {
      nodes {
        id
        slip
        organisation
        offers
        reportedAt
        volunteer {
          displayName
          number
        }
        unit {
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

export const reportIn = graphql(`
  mutation ReportIn($input: ReportInInput!) {
    reportIn(input: $input) {
      __typename
      ... on ReportInRecorded {
        isNew
        reportIn {
          slip
        }
      }
      ... on Refusal {
        message
      }
    }
  }
`);

export const reportInFeedback = graphql(`
  query ReportInFeedback($organisation: String!, $year: Int!, $quarter: Int!) {
    reportInFeedback(organisation: $organisation, year: $year, quarter: $quarter) {
      letter
    }
  }
`);
