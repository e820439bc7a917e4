import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/** TLS ends at a proxy, and only its operator knows whether plain http must go on working. */
const common = { strictTransportSecurity: false } as const;

const forPages = helmet({ ...common, contentSecurityPolicy: false });

/** Pages bring their own content security policy; the rest is set here. */
export function secureHeadersForPages(request: IncomingMessage, response: ServerResponse): void {
  forPages(request, response, rethrow);
}

/** Replies of the API are data, never a document: what helmet sets for them is the same for all, so it runs once. */
export const apiHeaders: readonly string[] = ['cache-control', 'no-store', ...recordHelmet()];

function recordHelmet(): string[] {
  const recorded: string[] = [];
  const recorder = {
    setHeader: (name: string, value: string) => recorded.push(name.toLowerCase(), value),
    removeHeader: () => undefined,
  };
  helmet({
    ...common,
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // These are for documents.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  })({} as IncomingMessage, recorder as unknown as ServerResponse, rethrow);
  return recorded;
}

function rethrow(error?: unknown): void {
  if (error) throw error;
}
