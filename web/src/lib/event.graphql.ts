import { graphql } from './graphql.ts';

export const latestEvents = graphql(`
  query LatestEvents {
    communityEvents(first: 20) {
      nodes {
        id
        code
        title
        theme
        edition
        startsAt
        endsAt
        tally {
          checkIns
          people
          onSite
          minutes
        }
      }
    }
  }
`);
