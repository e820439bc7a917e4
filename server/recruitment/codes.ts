import { createHash } from 'node:crypto';
import type { Signer } from '../access/signing.js';

/** No I, L, O, S, 0, 1, 5: a code is read from a screen or a slip and typed. */
const alphabet = 'ABCDEFGHJKMNPQRTUVWXYZ2346789';

/** A code of ten characters, 48 bits, that follows from the key which a phone made: sent again, the same code answers. */
export function codeFor(signer: Signer, purpose: string, key: string): string {
  let rest = BigInt(`0x${signer.mac(purpose, key, 16).toString('hex')}`);
  const characters: string[] = [];
  for (let i = 0; i < 10; i++) {
    characters.push(alphabet[Number(rest % BigInt(alphabet.length))]!);
    rest /= BigInt(alphabet.length);
  }
  return characters.join('');
}

/** What is kept of a code, however it was typed. */
export function hashOfCode(code: string): Buffer {
  const plain = code.normalize('NFKC').toUpperCase().replace(/[\s-]/g, '');
  return createHash('sha256').update(plain).digest();
}
