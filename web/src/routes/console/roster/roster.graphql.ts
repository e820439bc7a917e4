import { graphql } from '#lib/graphql.ts';

const state = graphql(`
  fragment RosterFigures on RosterImport {
    id
    state
    total
    fresh
    known
    wrong
    done
  }
`);

export const beginRosterImport = graphql(`
  mutation BeginRosterImport($fileName: String!, $team: ID) {
    beginRosterImport(fileName: $fileName, team: $team) {
      id
    }
  }
`);

export const addRosterPart = graphql(`
  mutation AddRosterPart($roster: ID!, $part: Int!, $data: String!) {
    addRosterPart(roster: $roster, part: $part, data: $data) {
      id
    }
  }
`);

export const previewRoster = graphql(
  `
    mutation PreviewRoster($roster: ID!, $parts: Int!) {
      previewRoster(roster: $roster, parts: $parts) {
        __typename
        ... on RosterPreviewed {
          roster {
            ...RosterFigures
          }
        }
        ... on Refusal {
          message
        }
      }
    }
  `,
  [state],
);

export const importRoster = graphql(
  `
    mutation ImportRoster($roster: ID!) {
      importRoster(roster: $roster) {
        __typename
        ... on RosterBegun {
          roster {
            ...RosterFigures
          }
        }
        ... on Refusal {
          message
        }
      }
    }
  `,
  [state],
);

export const rosterImport = graphql(
  `
    query RosterImport($roster: ID!) {
      rosterImport(id: $roster) {
        ...RosterFigures
      }
    }
  `,
  [state],
);

export const rosterLines = graphql(`
  query RosterLines($roster: ID!, $after: String, $outcome: RosterOutcome) {
    rosterImport(id: $roster) {
      lines(first: 100, after: $after, outcome: $outcome) {
        row
        outcome
        name
        number
        contingent
        team
        problems
      }
    }
  }
`);
