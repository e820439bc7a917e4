import { requiredUnit } from '../hierarchy/hierarchy.service.js';
import { defineNotification } from '../notification/kinds.js';
import { messages } from './recruitment.messages.js';

export const applicationReceived = defineNotification<{ unit: number | null }>({
  kind: 'APPLICATION_RECEIVED',
  text: async (ctx, { unit }) =>
    messages[ctx.locale].news.application(unit === null ? null : (await requiredUnit(ctx, unit)).name),
  path: () => '/console/applications',
});

export const teamChanged = defineNotification<{ team: number }>({
  kind: 'TEAM_CHANGED',
  text: async (ctx, { team }) => messages[ctx.locale].news.transferred((await requiredUnit(ctx, team)).name),
});

export const serviceSuspended = defineNotification({
  kind: 'SERVICE_SUSPENDED',
  text: ({ locale }) => messages[locale].news.suspended,
});

export const serviceResumed = defineNotification({
  kind: 'SERVICE_RESUMED',
  text: ({ locale }) => messages[locale].news.resumed,
});
