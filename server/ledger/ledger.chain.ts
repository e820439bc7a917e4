import { createHash } from 'node:crypto';
import type { LedgerEntry, LedgerTransfer } from './ledger.entity.js';

/** What the first entry of an account builds on. */
export const origin = Buffer.alloc(32);

export type TransferContent = Pick<
  LedgerTransfer,
  | 'id'
  | 'key'
  | 'kind'
  | 'category'
  | 'fromId'
  | 'toId'
  | 'minutes'
  | 'at'
  | 'reason'
  | 'reversesId'
  | 'holdId'
  | 'actorRole'
  | 'actorAccountId'
  | 'actorKeyId'
>;

export type EntryContent = Pick<LedgerEntry, 'accountId' | 'sequence' | 'minutes' | 'balance' | 'at' | 'previousHash'>;

/** SHA-256 over a transfer in one fixed form: all that it says, in order. The form never changes. */
export function hashOfTransfer(t: TransferContent): string {
  return sha256([
    ...[t.id, t.key, t.kind, t.category, t.fromId, t.toId, t.minutes, t.at.toISOString(), t.reason, t.reversesId],
    ...[t.holdId, t.actorRole, t.actorAccountId, t.actorKeyId],
  ]).toString('hex');
}

/** An entry's hash covers the one before it in its account, and the whole of its transfer. */
export function hashOfEntry(entry: EntryContent, transferHash: string): Buffer {
  const { previousHash, accountId, sequence, minutes, balance, at } = entry;
  return sha256([previousHash.toString('hex'), accountId, sequence, minutes, balance, at.toISOString(), transferHash]);
}

export function sha256(form: readonly unknown[]): Buffer {
  return createHash('sha256').update(JSON.stringify(form)).digest();
}
