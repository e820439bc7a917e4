import { startOfDay } from '#lib/format.ts';
import { reached } from '#lib/load.ts';
import { request } from '#lib/request.ts';
import { messagesOf, type Messages } from '#messages/index.ts';
import type { PageServerLoad } from './$types';
import { auditLog } from './audit.graphql.ts';

type Action = keyof Messages['console']['audit']['actions'];
const dayMs = 24 * 3600_000;

/** The filter stands in the address: what somebody has found can be handed on as a link. */
export const load: PageServerLoad = async ({ fetch, url, locals, parent }) => {
  await parent();
  const t = messagesOf(locals.locale);
  const asked = (name: string) => url.searchParams.get(name) ?? '';
  const action = asked('action') in t.console.audit.actions ? (asked('action') as Action) : null;
  const from = startOfDay(asked('from'));
  const to = startOfDay(asked('to'));
  const variables = {
    after: url.searchParams.get('after'),
    action,
    actor: asked('actor') || null,
    target: asked('target') || null,
    from: from?.toISOString() ?? null,
    to: to ? new Date(to.getTime() + dayMs).toISOString() : null,
  };
  const answer = await reached(request(fetch, auditLog, variables, { locale: locals.locale }), t);
  return {
    auditLog: answer.auditLog,
    filter: {
      action: action ?? '',
      from: from ? asked('from') : '',
      to: to ? asked('to') : '',
      actor: variables.actor,
      target: variables.target,
    },
  };
};
