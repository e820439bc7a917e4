import { graphql } from '#lib/graphql.ts';

export const postTeam = graphql(`
  query PostTeam($code: String!) {
    serviceUnit(code: $code) {
      __typename
      ... on GridPost {
        code
        name
        team {
          id
          name
        }
      }
    }
  }
`);

/** Needs the key of somebody who may see the people of this team. */
export const teamPasses = graphql(`
  query TeamPasses($team: ID!, $event: ID!, $after: String) {
    volunteers(first: 50, after: $after, within: $team) {
      nodes {
        number
        displayName
        contingent
        pass(event: $event)
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
