/** Crockford's alphabet: no I, L, O, U, so that a code can be read out and typed. */
const letters = /^[0-9A-HJKMNP-TV-Z]{12}$/;

/** What somebody typed, as a post's code: in any case, in groups or not, with O for 0 and I or L for 1. Else null. */
export function readCode(text: string): string | null {
  const code = spelled(text);
  return letters.test(code) ? code : null;
}

/** `7K3M 9Q2X 4TFA`, also of a code that is not complete yet. */
export function groupCode(text: string): string {
  return spelled(text).replace(/(.{4})(?=.)/g, '$1 ');
}

const spelled = (text: string) =>
  text
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');

/** What a QR code, a link or a pasted text may hold. */
export interface Scan {
  code?: string;
  pass?: string;
}

/**
 * A post shows `<origin>/check-in#code=…`, a volunteer's link is `<origin>/check-in#pass=…`; both also work without the
 * link around them. Null when it is neither. The part behind # never travels to a server.
 */
export function readScan(text: string): Scan | null {
  const bare = text.trim();
  const parameters = new URLSearchParams(bare.slice(bare.indexOf('#') + 1));
  const scan: Scan = {};
  const code = readCode(parameters.get('code') ?? '');
  if (code) scan.code = code;
  const pass = parameters.get('pass')?.trim();
  if (pass) scan.pass = pass;
  if (scan.code || scan.pass) return scan;

  const bareCode = readCode(bare);
  if (bareCode) return { code: bareCode };
  return /^[\w-]{24,200}$/.test(bare) ? { pass: bare } : null;
}

/** What a post's QR code holds. */
export const postLink = (origin: string, code: string) => `${origin}/check-in#code=${code}`;

/** What a volunteer's own QR code holds. */
export const passLink = (origin: string, pass: string) => `${origin}/check-in#pass=${encodeURIComponent(pass)}`;
