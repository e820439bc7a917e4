import { graphql } from '#lib/graphql.ts';

export const timeAccount = graphql(`
  query TimeAccount($after: String) {
    viewer {
      volunteer {
        number
        displayName
        timeAccount {
          available
          held
          certified
          progress {
            tier
            next
            nextFrom
            missing
          }
          statement {
            received
            spent
            entries(first: 20, after: $after) {
              nodes {
                sequence
                at
                minutes
                balance
                counterparty
                transfer {
                  kind
                  category
                  reason
                  reverses {
                    kind
                  }
                }
              }
              pageInfo {
                hasNextPage
                endCursor
              }
            }
          }
        }
        familyAccount {
          title
          available
        }
        redemptions(first: 10) {
          nodes {
            id
            code
            state
            minutes
            createdAt
            expiresAt
            reward {
              name
              station {
                name
              }
            }
          }
        }
      }
    }
    rewards(first: 50) {
      nodes {
        id
        name
        description
        minutes
        stock
        station {
          name
        }
      }
    }
    timeRules {
      balanceCapMinutes
    }
  }
`);

export const donateTime = graphql(`
  mutation DonateTime($input: DonateTimeInput!) {
    donateTime(input: $input) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);

export const giveTime = graphql(`
  mutation GiveTime($input: GiveTimeInput!) {
    giveTime(input: $input) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);

export const redeemReward = graphql(`
  mutation RedeemReward($input: RedeemInput!) {
    redeemReward(input: $input) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);

export const cancelRedemption = graphql(`
  mutation CancelRedemption($redemption: ID!) {
    cancelRedemption(redemption: $redemption) {
      __typename
      ... on Refusal {
        message
      }
    }
  }
`);
