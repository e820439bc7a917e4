import { graphql } from '#lib/graphql.ts';

export const volunteers = graphql(`
  query Volunteers($after: String, $search: String, $contingent: Contingent) {
    volunteers(first: 50, after: $after, search: $search, contingent: $contingent) {
      totalCount
      nodes {
        id
        number
        displayName
        contingent
        team {
          code
          name
        }
        suspensions {
          until
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const volunteer = graphql(`
  query Volunteer($id: ID!) {
    node(id: $id) {
      ... on Volunteer {
        id
        number
        displayName
        contingent
        team {
          code
          name
        }
        personalData {
          phone
        }
        availability {
          weekday
          fromMinute
          untilMinute
        }
        teamChanges {
          at
          reason
          from {
            name
          }
          to {
            name
          }
        }
        suspensions {
          since
          until
          reason
        }
      }
    }
  }
`);

export const transferVolunteer = graphql(`
  mutation TransferVolunteer($volunteer: ID!, $team: ID!, $reason: String!) {
    transferVolunteer(volunteer: $volunteer, team: $team, reason: $reason) {
      id
    }
  }
`);

export const suspendVolunteer = graphql(`
  mutation SuspendVolunteer($volunteer: ID!, $reason: String!) {
    suspendVolunteer(volunteer: $volunteer, reason: $reason) {
      id
    }
  }
`);

export const resumeVolunteer = graphql(`
  mutation ResumeVolunteer($volunteer: ID!, $reason: String!) {
    resumeVolunteer(volunteer: $volunteer, reason: $reason) {
      id
    }
  }
`);
