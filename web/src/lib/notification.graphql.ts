import { graphql } from './graphql.ts';

export const notificationNews = graphql(`
  subscription NotificationNews {
    notificationNews {
      unread
    }
  }
`);

export const notifications = graphql(`
  query Notifications {
    notifications(first: 20) {
      nodes {
        id
        text
        path
        createdAt
        readAt
      }
    }
  }
`);

export const markNotificationsRead = graphql(`
  mutation MarkNotificationsRead($ids: [ID!]) {
    markNotificationsRead(notifications: $ids)
  }
`);
