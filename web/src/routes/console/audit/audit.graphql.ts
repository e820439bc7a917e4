import { graphql } from '#lib/graphql.ts';

export const auditLog = graphql(`
  query AuditLog($after: String, $action: AuditAction, $actor: ID, $target: ID, $from: DateTime, $to: DateTime) {
    auditLog(first: 50, after: $after, action: $action, actor: $actor, target: $target, from: $from, to: $to) {
      nodes {
        id
        sequence
        at
        action
        actorRole
        actorName
        actor {
          id
          ... on Account {
            name
          }
          ... on AccessKey {
            name
          }
        }
        target {
          id
          ... on Account {
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
