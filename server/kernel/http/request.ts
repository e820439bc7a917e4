import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { negotiateLocale, type Locale } from '../locale.js';
import { publicViewer } from '../viewer.js';
import type { Caller, Credentials } from './caller.js';
import { readSessionCookie } from './cookies.js';
import type { OperationRequest } from './documents.js';
import { Fault } from './faults.js';
import type { Origins } from './origins.js';

/** Who sent a request, before it is known more than that. `trustedProxies` of them stand in front. */
export function callerOf(request: IncomingMessage, trustedProxies: number): Caller {
  return {
    viewer: publicViewer,
    locale: localeOf(request),
    requestId: requestIdOf(request),
    address: addressOf(request, trustedProxies),
    userAgent: request.headers['user-agent'] ?? null,
  };
}

/** What the request shows to say who sent it. Throws when another website wants to use a cookie that is not its own. */
export function credentialsOf(request: IncomingMessage, { address }: Caller, origins: Origins): Credentials {
  const { authorization } = request.headers;
  if (authorization !== undefined) return { authorization, address };
  const cookie = readSessionCookie(request);
  return cookie !== undefined && origins.trustsCookie(request) ? { cookie, address } : { address };
}

/**
 * The client's own address. Each proxy adds at the end of X-Forwarded-For whom it heard; anything before what the trusted
 * ones added may be made up.
 */
function addressOf(request: IncomingMessage, trustedProxies: number): string {
  const heard = request.socket.remoteAddress ?? '';
  const forwarded = request.headers['x-forwarded-for'];
  if (trustedProxies === 0 || forwarded === undefined) return withoutMapping(heard);
  const hops = String(forwarded).split(',');
  return withoutMapping((hops[Math.max(0, hops.length - trustedProxies)] ?? heard).trim());
}

/** IPv4 as it is written, also where the system tells it as IPv6. */
const withoutMapping = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '');

/** A proxy's or a caller's own number when it is a sane one, so that logs can be joined. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : flat(randomUUID());
}

/** In one piece: Node puts an id together from twenty, and a socket would keep them all for as long as it is there. */
const flat = (text: string) => Buffer.from(text, 'latin1').toString('latin1');

/** Browsers send a few different headers over and over. */
const negotiated = new Map<string, Locale>();

function localeOf({ headers: { 'accept-language': header = '' } }: IncomingMessage): Locale {
  let locale = negotiated.get(header);
  if (!locale) {
    locale = negotiateLocale(header);
    if (negotiated.size < 500 && header.length < 200) negotiated.set(header, locale);
  }
  return locale;
}

/** The path of a URL, and what follows its question mark. */
export function splitUrl(url: string): [path: string, search: string] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}

export function checkMediaType(contentType: string | undefined): void {
  if (contentType === 'application/json') return;
  const [mediaType, ...parameters] = (contentType ?? '').toLowerCase().replace(/[\s"]/g, '').split(';');
  const foreignCharset = parameters.some((p) => p.startsWith('charset=') && !/^charset=utf-?8$/.test(p));
  if (mediaType !== 'application/json' || foreignCharset) throw new Fault('unsupportedMediaType');
}

export function parseJson(text: string): OperationRequest {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Fault('malformedJson');
  }
  if (Array.isArray(body)) throw new Fault('batch');
  return checkParameters(body);
}

const urlParameters = new Set(['query', 'operationName', 'variables', 'extensions']);

/**
 * The parameters of a URL. Any other than those of GraphQL over HTTP is refused, because it might be a key: URLs end
 * up in logs and histories. So are repeated ones and percent-encodings that are no UTF-8.
 */
export function parseSearch(search: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const part of search.split('&')) {
    if (part === '') continue;
    const [name = '', ...value] = part.split('=');
    if (!urlParameters.has(name) || name in parameters) throw new Fault('urlParameter');
    try {
      parameters[name] = decodeURIComponent(value.join('=').replaceAll('+', ' '));
    } catch {
      throw new Fault('urlParameter');
    }
  }
  return parameters;
}

/** An operation asked for by GET, whose variables and extensions are JSON in a parameter. */
export function parseUrl(search: string): OperationRequest {
  const { variables, extensions, ...others } = parseSearch(search);
  const parse = (text: string | undefined): unknown => {
    try {
      return text ? JSON.parse(text) : undefined;
    } catch {
      throw new Fault('malformedJson');
    }
  };
  return checkParameters({ ...others, variables: parse(variables), extensions: parse(extensions) });
}

function checkParameters(body: unknown): OperationRequest {
  if (!isObject(body)) throw new Fault('malformedJson');
  const { query, operationName, variables, extensions } = body;
  if (variables != null && !isObject(variables)) throw new Fault('malformedParameter', 'variables');
  if (extensions != null && !isObject(extensions)) throw new Fault('malformedParameter', 'extensions');
  if (operationName != null && typeof operationName !== 'string') {
    throw new Fault('malformedParameter', 'operationName');
  }
  // Clients that persist queries first ask by hash alone; that is for the document's gate to answer.
  const text = query ?? (extensions != null && 'persistedQuery' in extensions ? '' : undefined);
  if (text === undefined) throw new Fault('missingQuery');
  if (typeof text !== 'string') throw new Fault('malformedParameter', 'query');
  return { query: text, operationName, variables, extensions };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
