import { createHash } from 'node:crypto';
import type { AuditEntry } from './audit-entry.entity.js';

/** A place in the chain: what the next row builds on. */
export interface Link {
  readonly sequence: number;
  readonly hash: Buffer;
}

/** What the first row builds on. */
export const origin: Link = { sequence: 0, hash: Buffer.alloc(32) };

/** What a row says, without its own hash. */
export type AuditContent = Omit<AuditEntry, 'hash' | 'nodeKey' | 'nodeId'>;

/**
 * SHA-256 over the row in one fixed form: a JSON array of all that it says, objects with their keys in order. The form
 * never changes; a further column would have to join `details`.
 */
export function hashOf(row: AuditContent): Buffer {
  const { details } = row;
  const sorted =
    details &&
    Object.keys(details)
      .sort()
      .map((key) => [key, details[key]]);
  const form = JSON.stringify([
    row.previousHash.toString('hex'),
    row.sequence,
    row.at.toISOString(),
    row.actorRole,
    row.accountId,
    row.keyId,
    row.actorName,
    row.action,
    row.targetType,
    row.targetId,
    row.targetName,
    row.unitId,
    row.reason,
    row.address,
    row.requestId,
    sorted,
  ]);
  return createHash('sha256').update(form).digest();
}

/**
 * What is wrong with the chain at one row. MISSING: rows before it are gone. MISPLACED: it stands where another belongs,
 * or builds on a row that is not the one before it. ALTERED: it does not say what it said when it was written.
 * TRUNCATED: the log once went further than its last row. UNCOUNTED: it goes further than was ever counted.
 */
export type ChainFault = 'MISSING' | 'MISPLACED' | 'ALTERED' | 'TRUNCATED' | 'UNCOUNTED';

export interface ChainFinding {
  readonly fault: ChainFault;
  readonly sequence: number;
}

/** A log that is wrong everywhere needs no list of everything. */
const findingsKept = 100;

/** Follows the chain row by row, in order, through any number of rows. */
export class ChainWalk {
  private last: Link = origin;
  rows = 0;
  /** How many faults there are; the first of them are in `findings`. */
  faults = 0;
  readonly findings: ChainFinding[] = [];

  /** Takes the next row. After a fault the walk goes on from the row as it is, so that one fault is told once. */
  take(row: AuditEntry): void {
    this.rows++;
    const { sequence } = row;
    if (sequence > this.last.sequence + 1) this.found('MISSING', this.last.sequence + 1);
    else if (sequence <= this.last.sequence || !row.previousHash.equals(this.last.hash)) {
      this.found('MISPLACED', sequence);
    }
    if (!hashOf(row).equals(row.hash)) this.found('ALTERED', sequence);
    this.last = row;
  }

  /** At the end: the last row has to be where the head of the log says. */
  end(head: Link | undefined): void {
    const { sequence, hash } = this.last;
    const counted = head ?? origin;
    if (counted.sequence > sequence) this.found('TRUNCATED', sequence + 1);
    else if (counted.sequence < sequence || !counted.hash.equals(hash)) {
      this.found('UNCOUNTED', sequence);
    }
  }

  private found(fault: ChainFault, sequence: number): void {
    if (this.faults++ < findingsKept) this.findings.push({ fault, sequence });
  }
}
