import { graphql } from '#lib/graphql.ts';

const tally = graphql(`
  fragment TallyParts on Tally {
    checkIns
    people
    onSite
    minutes
  }
`);

const checkIn = graphql(`
  fragment WallCheckIn on CheckIn {
    sequence
    direction
    at
    volunteer {
      displayName
      contingent
    }
    post {
      code
      name
      team {
        code
        station {
          code
          name
        }
      }
    }
  }
`);

/** The event as it stands, and the place in its feed to go on from. */
export const wallEvent = graphql(
  `
    query WallEvent($code: String!, $rows: Int!) {
      communityEvent(code: $code) {
        id
        code
        title
        theme
        edition
        startsAt
        endsAt
        cursor
        arrivals {
          from
          people
        }
        previousEdition {
          edition
          startsAt
          arrivals {
            from
            people
          }
        }
        tally {
          ...TallyParts
        }
        checkIns(first: $rows) {
          nodes {
            ...WallCheckIn
          }
        }
      }
    }
  `,
  [tally, checkIn],
);

/** The four levels: every school, station and team with its tally, and which posts somebody has come to. */
export const wallUnits = graphql(
  `
    query WallUnits($event: ID!) {
      cultureSchools(first: 30) {
        nodes {
          code
          name
          tally(event: $event) {
            ...TallyParts
          }
          stations(first: 15) {
            nodes {
              code
              name
              registered
              brand {
                name
              }
              tally(event: $event) {
                ...TallyParts
              }
              teams(first: 20) {
                nodes {
                  code
                  name
                  posts(first: 20) {
                    nodes {
                      code
                      tally(event: $event) {
                        people
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  `,
  [tally],
);

export const followCheckIns = graphql(
  `
    subscription WallCheckIns($event: ID!, $within: ID, $after: Cursor) {
      checkIns(event: $event, within: $within, after: $after) {
        cursor
        checkIns {
          ...WallCheckIn
        }
      }
    }
  `,
  [checkIn],
);

export const followScoreboard = graphql(
  `
    subscription WallScoreboard($event: ID!, $unit: ID) {
      scoreboard(event: $event, unit: $unit) {
        tally {
          ...TallyParts
        }
        units {
          unit {
            code
            ... on CultureSchool {
              stations(first: 15) {
                nodes {
                  code
                  tally(event: $event) {
                    ...TallyParts
                  }
                }
              }
            }
          }
          tally {
            ...TallyParts
          }
        }
      }
    }
  `,
  [tally],
);
