/**
 * What the player asks. Written as an outside client would: pages of a size that any viewer may ask for, one level of the
 * hierarchy at a time.
 */

const tally = 'tally(event: $event) { checkIns people onSite }';
const page = 'pageInfo { hasNextPage endCursor }';

export const openingDocument = /* GraphQL */ `
  query DayOpening($code: String!) {
    viewer {
      role
    }
    communityEvent(code: $code) {
      id
      title
      startsAt
      endsAt
    }
  }
`;

export const eventTallyDocument = /* GraphQL */ `
  query DayEventTally($code: String!) {
    communityEvent(code: $code) {
      tally {
        checkIns
        people
        onSite
      }
    }
  }
`;

export const schoolsDocument = /* GraphQL */ `
  query DaySchools($event: ID!, $first: Int!, $after: String) {
    page: cultureSchools(first: $first, after: $after) {
      nodes { id code name ${tally} }
      ${page}
    }
  }
`;

const children = (name: string, type: string, field: string) => /* GraphQL */ `
  query ${name}($parent: ID!, $event: ID!, $first: Int!, $after: String) {
    node(id: $parent) {
      ... on ${type} {
        page: ${field}(first: $first, after: $after) {
          nodes { id code name ${tally} }
          ${page}
        }
      }
    }
  }
`;

/** In the order of the levels below the school. */
export const childrenDocuments = [
  children('DayStations', 'CultureSchool', 'stations'),
  children('DayTeams', 'ServiceStation', 'teams'),
  children('DayPosts', 'VolunteerTeam', 'posts'),
] as const;

export const rotatingCodesDocument = /* GraphQL */ `
  query DayRotatingCodes($team: ID!, $first: Int!, $after: String) {
    node(id: $team) {
      ... on VolunteerTeam {
        page: posts(first: $first, after: $after) {
          nodes {
            id
            rotatingCode {
              code
              refreshAt
            }
          }
          ${page}
        }
      }
    }
  }
`;

export const volunteersDocument = /* GraphQL */ `
  query DayVolunteers($event: ID!, $first: Int!, $after: String) {
    page: volunteers(first: $first, after: $after) {
      nodes {
        id
        number
        displayName
        contingent
        team {
          id
        }
        pass(event: $event)
      }
      ${page}
    }
  }
`;

export const checkInsDocument = /* GraphQL */ `
  query DayCheckIns($code: String!, $first: Int!, $after: String) {
    communityEvent(code: $code) {
      page: checkIns(first: $first, after: $after) {
        nodes {
          id
          sequence
          direction
          post {
            id
          }
          volunteer {
            displayName
            contingent
          }
        }
        ${page}
      }
    }
  }
`;

const checkInFields = 'id sequence direction post { id }';

export const checkInDocument = /* GraphQL */ `
  mutation DayCheckIn($input: CheckInInput!) {
    answer: checkIn(input: $input) {
      __typename
      ... on CheckInRecorded { replayed checkIn { ${checkInFields} } }
      ... on AlreadyCheckedIn { message checkIn { ${checkInFields} } }
      ... on CheckInClosed { message }
      ... on PassRejected { message reason }
    }
  }
`;

export const checkOutDocument = /* GraphQL */ `
  mutation DayCheckOut($input: CheckOutInput!) {
    answer: checkOut(input: $input) {
      __typename
      ... on CheckOutRecorded { replayed minutes checkIn { ${checkInFields} } }
      ... on CheckInClosed { message }
      ... on PassRejected { message reason }
    }
  }
`;

export interface Page<T> {
  nodes: T[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export interface UnitNode {
  id: string;
  code: string;
  name: string;
  tally: { checkIns: number; people: number; onSite: number };
}

export interface VolunteerNode {
  id: string;
  number: string;
  displayName: string;
  contingent: string;
  team: { id: string } | null;
  pass: string;
}

export interface PostCodeNode {
  id: string;
  rotatingCode: { code: string; refreshAt: string } | null;
}

export interface CheckInNode {
  id: string;
  sequence: number;
  direction: 'IN' | 'OUT';
  post: { id: string };
}

export type CheckInRow = CheckInNode & { volunteer: { displayName: string; contingent: string } };

export type Answer =
  | { __typename: 'CheckInRecorded'; replayed: boolean; checkIn: CheckInNode }
  | { __typename: 'CheckOutRecorded'; replayed: boolean; minutes: number | null; checkIn: CheckInNode }
  | { __typename: 'AlreadyCheckedIn'; message: string; checkIn: CheckInNode }
  | { __typename: 'CheckInClosed'; message: string }
  | { __typename: 'PassRejected'; message: string; reason: string };
