import { graphql } from '#lib/graphql.ts';

export const auditLog = graphql(`
  query AuditLog($after: String, $action: AuditAction, $from: DateTime, $to: DateTime) {
    auditLog(first: 50, after: $after, action: $action, from: $from, to: $to) {
      nodes {
        id
        sequence
        at
        action
        actorRole
        actorName
        actor {
          ... on Account {
            name
          }
          ... on AccessKey {
            name
          }
        }
        targetType
        targetName
        reason
        address
        requestId
        unit {
          name
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
