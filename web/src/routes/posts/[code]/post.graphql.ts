import { graphql } from '#lib/graphql.ts';

export const post = graphql(`
  query Post($code: String!, $event: ID) {
    serviceUnit(code: $code) {
      __typename
      ... on GridPost {
        id
        code
        name
        kind
        ancestors {
          code
          name
        }
        tally(event: $event) {
          people
          onSite
        }
      }
    }
  }
`);

/** Needs the key of somebody who runs this post. */
export const rotatingCode = graphql(`
  query RotatingCode($code: String!) {
    serviceUnit(code: $code) {
      __typename
      ... on GridPost {
        rotatingCode {
          code
          refreshAt
          expiresAt
        }
      }
    }
  }
`);

/** The place in the feed to go on from, with the newest arrival at this post. */
export const postFeed = graphql(`
  query PostFeed($code: String!, $within: ID!) {
    communityEvent(code: $code) {
      cursor
      checkIns(first: 1, within: $within) {
        nodes {
          sequence
          direction
          at
          volunteer {
            displayName
          }
        }
      }
    }
  }
`);

export const followPost = graphql(`
  subscription PostCheckIns($event: ID!, $within: ID, $after: Cursor) {
    checkIns(event: $event, within: $within, after: $after) {
      cursor
      checkIns {
        sequence
        direction
        at
        volunteer {
          displayName
        }
      }
    }
  }
`);

export const followPostTally = graphql(`
  subscription PostTally($event: ID!, $unit: ID) {
    scoreboard(event: $event, unit: $unit) {
      tally {
        people
        onSite
      }
    }
  }
`);
