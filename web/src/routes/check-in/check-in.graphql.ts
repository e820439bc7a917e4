import { graphql } from '#lib/graphql.ts';

const recorded = graphql(`
  fragment RecordedScan on CheckIn {
    sequence
    at
    volunteer {
      displayName
    }
    post {
      name
      team {
        station {
          name
        }
      }
    }
  }
`);

export const checkIn = graphql(
  `
    mutation CheckIn($input: CheckInInput!) {
      result: checkIn(input: $input) {
        __typename
        ... on CheckInRecorded {
          checkIn {
            ...RecordedScan
          }
        }
        ... on AlreadyCheckedIn {
          message
          checkIn {
            ...RecordedScan
          }
        }
        ... on CheckInClosed {
          message
        }
        ... on PassRejected {
          message
          reason
        }
        ... on VolunteerSuspended {
          message
        }
      }
    }
  `,
  [recorded],
);

export const checkOut = graphql(
  `
    mutation CheckOut($input: CheckOutInput!) {
      result: checkOut(input: $input) {
        __typename
        ... on CheckOutRecorded {
          minutes
          checkIn {
            ...RecordedScan
          }
        }
        ... on NotCheckedIn {
          message
        }
        ... on CheckInClosed {
          message
        }
        ... on PassRejected {
          message
          reason
        }
      }
    }
  `,
  [recorded],
);
