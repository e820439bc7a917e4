import { redirect, type RequestEvent } from '@sveltejs/kit';
import type { Handle, HandleFetch, HandleServerError } from '@sveltejs/kit/hooks';
import { isLocale, localeCookie, negotiateLocale } from '#lib/locale.ts';
import { messagesOf } from '#messages/index.ts';

const yearSeconds = 365 * 24 * 3600;

export const handle: Handle = async ({ event, resolve }) => {
  const { url, cookies, request } = event;

  const chosen = url.searchParams.get('lang');
  if (isLocale(chosen)) {
    cookies.set(localeCookie, chosen, {
      path: '/',
      maxAge: yearSeconds,
      sameSite: 'lax',
      httpOnly: true,
      secure: isEncrypted(event),
    });
    url.searchParams.delete('lang');
    redirect(303, url.pathname + url.search);
  }

  const kept = cookies.get(localeCookie);
  const locale = isLocale(kept) ? kept : negotiateLocale(request.headers.get('accept-language'));
  event.locals.locale = locale;

  const response = await resolve(event, {
    transformPageChunk: ({ html }) => html.replace('%lang%', locale),
    // The face of the numbers is on every page; of the Chinese one, the browser picks the slices that it lacks.
    preload: ({ type, path }) => type === 'js' || type === 'css' || (type === 'font' && path.includes('barlow')),
  });
  response.headers.set('content-language', locale);
  response.headers.append('vary', 'Accept-Language, Cookie');
  return response;
};

/** Pages that are rendered here ask the API of this very process, by the port that the request came in at. */
export const handleFetch: HandleFetch = async ({ event, request, fetch: fetchPage }) => {
  if (new URL(request.url).pathname !== '/graphql') return fetchPage(request);
  // Not Kit's fetch: it would name an https origin that adapter-node assumes, and the API refuses foreign ones.
  return fetch(new URL('/graphql', apiOrigin(event)), {
    method: request.method,
    headers: {
      'content-type': request.headers.get('content-type') ?? 'application/json',
      accept: request.headers.get('accept') ?? 'application/json',
      'accept-language': request.headers.get('accept-language') ?? '',
      ...passedOn(event.request.headers, request.credentials === 'omit'),
    },
    body: await request.text(),
    signal: request.signal,
  });
};

/**
 * Whoever asks for the page asks for what is in it: by their session, and from where they are. Not by which link they came:
 * the browser has decided already that the cookie belongs to the page. What hangs in public is asked for by nobody.
 */
function passedOn(headers: Headers, asPublic: boolean): Record<string, string> {
  const names = [...(asPublic ? [] : ['cookie']), 'user-agent', 'x-forwarded-for', 'x-forwarded-proto'];
  return Object.fromEntries(names.map((name) => [name, headers.get(name) ?? '']).filter(([, value]) => value !== ''));
}

/** Errors that a page raised on purpose carry their own text. Of the others, the cause is for the log. */
export const handleError: HandleServerError = ({ kind, error, event }) => {
  if (kind === 'app') return;
  const t = messagesOf(event.locals.locale ?? 'zh-CN');
  if (kind === 'framework') return { message: t.errors.notFound };
  const id = crypto.randomUUID().slice(0, 8);
  console.error(`web ${id}: ${event.request.method} ${event.url.pathname}`, error);
  return { message: t.errors.unexpected, id };
};

function apiOrigin({ platform }: RequestEvent): string {
  // Without adapter-node, so under `vite dev`, the API is another process.
  if (!platform) return process.env.API_ORIGIN ?? 'http://127.0.0.1:4000';
  const { localAddress, localPort } = platform.req.socket;
  const address = localAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
  return `http://${address.includes(':') ? `[${address}]` : address}:${localPort}`;
}

/** Whether the reader came by https, here or at the proxy in front; adapter-node's URL cannot tell. */
function isEncrypted({ platform, request }: RequestEvent): boolean {
  const socket = platform?.req.socket;
  return (socket && 'encrypted' in socket) || request.headers.get('x-forwarded-proto') === 'https';
}
