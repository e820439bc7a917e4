import { graphql } from '#lib/graphql.ts';

export const schools = graphql(`
  query Schools {
    cultureSchools(first: 100) {
      nodes {
        code
        name
      }
    }
  }
`);

/** A unit and what lies directly below it: one step of the way down to a post. */
export const unitBelow = graphql(`
  query UnitBelow($code: String!) {
    serviceUnit(code: $code) {
      __typename
      code
      name
      ancestors {
        code
        name
      }
      ... on CultureSchool {
        stations(first: 100) {
          nodes {
            code
            name
          }
        }
      }
      ... on ServiceStation {
        teams(first: 100) {
          nodes {
            code
            name
          }
        }
      }
      ... on VolunteerTeam {
        posts(first: 100) {
          nodes {
            code
            name
          }
        }
      }
    }
  }
`);
