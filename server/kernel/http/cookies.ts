import type { IncomingMessage } from 'node:http';

/** A browser takes the first name over https only, for this host alone, and from nobody but this host. */
const secureName = '__Host-baihua';
const plainName = 'baihua';

const tokenOf = (header: string, name: string): string | undefined =>
  new RegExp(`(?:^|;\\s*)${name}=([\\w-]{16,128})(?:;|$)`).exec(header)?.[1];

/** The session's token that a browser sends, if it does. */
export function readSessionCookie(request: IncomingMessage): string | undefined {
  const { cookie } = request.headers;
  if (!cookie?.includes(plainName)) return undefined;
  // Over https the plain name proves nothing: any sibling of this host can set it.
  return tokenOf(cookie, secureName) ?? (isEncrypted(request) ? undefined : tokenOf(cookie, plainName));
}

/** The `Set-Cookie` header that gives the browser its session, or takes it away. */
export function writeSessionCookie(
  request: IncomingMessage,
  session: { token: string; expiresAt: Date } | null,
): string {
  const secure = isEncrypted(request);
  const lasts = session ? `Expires=${session.expiresAt.toUTCString()}` : 'Max-Age=0';
  const name = secure ? secureName : plainName;
  return `${name}=${session?.token ?? ''}; Path=/; ${lasts}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

/**
 * Whether the browser came by https, here or at a proxy in front. It need not be believed: whoever claims so for nothing
 * gets a cookie that their own browser will not keep.
 */
export function isEncrypted({ headers, socket }: IncomingMessage): boolean {
  return (
    'encrypted' in socket || headers['x-forwarded-proto'] === 'https' || headers.origin?.startsWith('https://') === true
  );
}
