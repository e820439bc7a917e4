import type { Database } from '../kernel/database/database.js';
import { hashOfEntry, hashOfTransfer, origin } from './ledger.chain.js';
import { LedgerEntry, LedgerTransfer, TransferKind } from './ledger.entity.js';
import { TimeAccount, TimeAccountKind } from './time-account.entity.js';

/**
 * What is wrong with the ledger at one place. MISSING: entries before this one are gone. MISPLACED: it does not build on the one
 * before it. ALTERED: it, or its transfer, does not say what it said when it was booked. UNBALANCED: a transfer's entries
 * are not those that it says. TRUNCATED: the account once had more entries. MISCOUNTED: what is kept of the account is not what
 * its entries come to.
 */
export type LedgerFault = 'MISSING' | 'MISPLACED' | 'ALTERED' | 'UNBALANCED' | 'TRUNCATED' | 'MISCOUNTED';

export interface LedgerFinding {
  readonly fault: LedgerFault;
  readonly account?: number;
  readonly sequence?: number;
  readonly transfer?: number;
}

export interface LedgerReport {
  accounts: number;
  entries: number;
  faults: number;
  /** The first of them. */
  findings: LedgerFinding[];
}

const findingsKept = 100;
const rowsAtATime = 5_000;

type Row = LedgerEntry & { transfer: unknown };

/** Follows all accounts, entry by entry, as they are at one moment, through any number of them, while others book. */
export async function verifyLedger(db: Database): Promise<LedgerReport> {
  const report: LedgerReport = { accounts: 0, entries: 0, faults: 0, findings: [] };
  const found = (finding: LedgerFinding) => {
    if (report.faults++ < findingsKept) report.findings.push(finding);
  };
  await db.transaction(async (client) => {
    await client.query('set transaction isolation level repeatable read read only');
    const { rows: accounts } = await client.query<TimeAccount>(
      `select ${db.columns(TimeAccount, 'a')} from time_account a order by a.id`,
    );
    const books = new Map(accounts.map((it) => [it.id, { ...zero(), account: it }]));
    report.accounts = accounts.length;
    let last = { accountId: 0, sequence: 0 };
    for (let more = true; more;) {
      const { rows } = await client.query<Row>({
        name: 'ledger-walk',
        text: `select ${db.columns(LedgerEntry, 'e')}, to_jsonb(t) as transfer
          from ledger_entry e left join ledger_transfer t on t.id = e.transfer_id
          where (e.account_id, e.sequence) > ($1, $2) order by e.account_id, e.sequence limit $3`,
        values: [last.accountId, last.sequence, rowsAtATime],
      });
      for (const row of rows) {
        report.entries++;
        const book = books.get(row.accountId);
        if (book) follow(book, row, found);
      }
      last = rows.at(-1) ?? last;
      more = rows.length === rowsAtATime;
    }
    for (const book of books.values()) close(book, found);
    const { rows: unbalanced } = await client.query<{ id: number }>(
      `select t.id from ledger_transfer t
       left join lateral (select count(*) as n,
           count(*) filter (where e.account_id = t.from_id and e.minutes = -t.minutes
             or e.account_id = t.to_id and e.minutes = t.minutes) as right_ones
         from ledger_entry e where e.transfer_id = t.id) e on true
       where e.n <> 2 or e.right_ones <> 2 order by t.id`,
    );
    for (const { id } of unbalanced) found({ fault: 'UNBALANCED', transfer: id });
    const { rows: held } = await client.query<{ id: number }>(
      `select a.id from time_account a where a.held <> coalesce(
         (select sum(h.minutes) from time_hold h where h.account_id = a.id and h.state = 'HELD'), 0) order by a.id`,
    );
    for (const { id } of held) found({ fault: 'MISCOUNTED', account: id });
  }, null);
  return report;
}

const zero = () => ({ sequence: 0, balance: 0, certified: 0, head: origin as Buffer });
type Book = ReturnType<typeof zero> & { account: TimeAccount };
type Found = (finding: LedgerFinding) => void;

/** After a fault the walk goes on from the entry as it is, so that one fault is told once. */
function follow(book: Book, row: Row, found: Found): void {
  const { accountId: account, sequence } = row;
  if (sequence > book.sequence + 1) found({ fault: 'MISSING', account, sequence: book.sequence + 1 });
  else if (!row.previousHash.equals(book.head)) found({ fault: 'MISPLACED', account, sequence });
  const transfer = toTransfer(row.transfer);
  if (
    row.balance !== book.balance + row.minutes ||
    !transfer ||
    !hashOfEntry(row, hashOfTransfer(transfer)).equals(row.hash)
  ) {
    found({ fault: 'ALTERED', account, sequence });
  }
  const counts = [TransferKind.CERTIFICATION, TransferKind.CARRIED_OVER] as (TransferKind | null | undefined)[];
  if (book.account.kind === TimeAccountKind.VOLUNTEER && transfer) {
    if (counts.includes(transfer.kind) || counts.includes(transfer.reversesKind)) book.certified += row.minutes;
  }
  book.sequence = sequence;
  book.balance = row.balance;
  book.head = row.hash;
}

function close({ account, sequence, balance, certified, head }: Book, found: Found): void {
  if (account.entries > sequence) found({ fault: 'TRUNCATED', account: account.id, sequence: sequence + 1 });
  else if (account.entries < sequence || !account.head.equals(head) || account.balance !== balance) {
    found({ fault: 'MISCOUNTED', account: account.id });
  } else if (account.certified !== certified) found({ fault: 'MISCOUNTED', account: account.id });
}

/** As the database tells a row in JSON. */
function toTransfer(row: unknown): LedgerTransfer | null {
  if (row === null) return null;
  const it = row as Record<string, string>;
  return Object.assign(new LedgerTransfer(), {
    id: it.id,
    key: it.key,
    kind: it.kind,
    category: it.category,
    fromId: it.from_id,
    toId: it.to_id,
    minutes: it.minutes,
    at: new Date(it.at!),
    reason: it.reason,
    reversesId: it.reverses_id,
    reversesKind: it.reverses_kind,
    holdId: it.hold_id,
    actorRole: it.actor_role,
    actorAccountId: it.actor_account_id,
    actorKeyId: it.actor_key_id,
  });
}
