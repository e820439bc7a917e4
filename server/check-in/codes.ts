import type { Signer } from '../access/signing.js';

/** A post's code changes this often. */
const stepMs = 30_000;
/** How long a code is taken after it has left the screen: time to scan, to type, and for a slow network. */
const graceMs = 60_000;

export type Rejection = 'PASS_INVALID' | 'PASS_EXPIRED' | 'PASS_WRONG_EVENT';

/** Crockford's alphabet: no I, L, O, U, so that a code can be read out and typed. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const postBits = 20n;
const stepBits = 12n;
const macBits = 28n;

/**
 * 12 characters, typed in groups of four: which post (20 bits), when (12 bits of the step's number, unique within 34 h)
 * and a signature (28 bits; guessing one costs over a hundred million tries, each with a valid pass).
 */
export function postCodeAt(signer: Signer, postId: number, time: Date) {
  const step = Math.floor(time.getTime() / stepMs);
  return {
    code: encode(signer, postId, step),
    refreshAt: new Date((step + 1) * stepMs),
    expiresAt: new Date((step + 1) * stepMs + graceMs),
  };
}

/** The post behind a code that was on its screen at `time`, or why it is not taken. */
export function readPostCode(signer: Signer, text: string, time: Date): { postId: number } | Rejection {
  const code = text.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  if (!/^[0-9A-HJKMNP-TV-Z]{12}$/.test(code)) return 'PASS_INVALID';
  const bits = [...code].reduce((sum, char) => (sum << 5n) | BigInt(alphabet.indexOf(char)), 0n);
  const postId = Number(bits >> (stepBits + macBits));
  const stepEnd = (bits >> macBits) & mask(stepBits);
  // The latest step, up to the next one, that ends in these bits: a tablet's clock may be a little ahead.
  const next = BigInt(Math.floor(time.getTime() / stepMs)) + 1n;
  const step = Number(next - ((next - stepEnd) & mask(stepBits)));
  if (encode(signer, postId, step) !== code) return 'PASS_INVALID';
  return time.getTime() > (step + 1) * stepMs + graceMs ? 'PASS_EXPIRED' : { postId };
}

function encode(signer: Signer, postId: number, step: number): string {
  const mac = BigInt(signer.mac('post code', `${postId} ${step}`, 4).readUInt32BE()) & mask(macBits);
  let bits = (((BigInt(postId) & mask(postBits)) << stepBits) | (BigInt(step) & mask(stepBits))) << macBits;
  bits |= mac;
  let code = '';
  for (let i = 0; i < 12; i++, bits >>= 5n) code = alphabet[Number(bits & 31n)]! + code;
  return code;
}

const mask = (bits: bigint) => (1n << bits) - 1n;

/** A volunteer's pass for one event, valid until `expiresAt`: 12 bytes of facts and 12 of signature. */
export function makePass(signer: Signer, volunteerId: number, eventId: number, expiresAt: Date): string {
  const facts = Buffer.alloc(12);
  facts.writeUInt32BE(volunteerId, 0);
  facts.writeUInt32BE(eventId, 4);
  facts.writeUInt32BE(Math.ceil(expiresAt.getTime() / 1000), 8);
  return Buffer.concat([facts, signer.mac('pass', facts.toString('hex'), 12)]).toString('base64url');
}

/** The person behind a pass for this event, or why it is not taken. */
export function readPass(
  signer: Signer,
  text: string,
  eventId: number,
  time: Date,
): { volunteerId: number } | Rejection {
  const bytes = Buffer.from(text.trim(), 'base64url');
  // The decoder skips what it does not know; a pass has one spelling only.
  if (bytes.length !== 24 || bytes.toString('base64url') !== text.trim()) return 'PASS_INVALID';
  const facts = bytes.subarray(0, 12);
  if (!signer.matches('pass', facts.toString('hex'), bytes.subarray(12))) return 'PASS_INVALID';
  if (facts.readUInt32BE(4) !== eventId) return 'PASS_WRONG_EVENT';
  if (time.getTime() > facts.readUInt32BE(8) * 1000) return 'PASS_EXPIRED';
  return { volunteerId: facts.readUInt32BE(0) };
}
