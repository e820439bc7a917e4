import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AuditAction } from '../../server/audit/audit-entry.entity.js';
import { recordAudit, verifyAudit, type AuditContext, type AuditedAct } from '../../server/audit/audit.service.js';
import { openDatabase } from '../../server/app.js';
import { toGlobalId } from '../../server/kernel/global-id.js';
import type { Database } from '../../server/kernel/database/database.js';
import { publicViewer, ViewerRole } from '../../server/kernel/viewer.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { readPages } from './asking.js';

let app: TestApp;
let db: Database;
beforeAll(async () => {
  app = await startTestApp();
  db = await openDatabase(app.databaseUrl, pino({ level: 'silent' }));
});
afterAll(async () => {
  await db.close();
  await app.close();
});

const ctx: AuditContext = {
  viewer: { ...publicViewer, role: ViewerRole.ADMINISTRATOR, keyId: 1, name: 'admin' },
  locale: 'en',
  requestId: 'request-1',
  address: '192.0.2.7',
  clock: () => new Date(),
};

const act = (more: Partial<AuditedAct> = {}): AuditedAct => ({ action: AuditAction.KEY_REVOKED, ...more });
const record = (more?: Partial<AuditedAct>) => db.transaction((client) => recordAudit(ctx, client, act(more)));

/** What somebody can do who owns the database. */
async function tamper(...statements: string[]): Promise<void> {
  const client = await app.sql.connect();
  try {
    await client.query('alter table audit_entry disable trigger all');
    for (const statement of statements) await client.query(statement);
    await client.query('alter table audit_entry enable trigger all');
  } finally {
    client.release();
  }
}

async function findings(): Promise<string[]> {
  const walk = await verifyAudit(db);
  expect(walk.findings).toHaveLength(walk.faults);
  return walk.findings.map(({ fault, sequence }) => `${fault} ${sequence}`);
}

/** An empty log. */
beforeEach(() =>
  tamper('truncate audit_entry', `update audit_head set sequence = 0, hash = decode(repeat('00', 32), 'hex')`),
);

describe('an act', () => {
  test('is there with all that is known about it, and verifies', async () => {
    const details = { zeta: 1, alpha: 'é 𠮷 "', list: ['b', 'a'], none: null, yes: true };
    const target = { type: 'AccessKey', id: 7, name: '西门大屏' };
    await record({ target, unitId: 3, reason: '屏幕已丢失', details });
    const { rows } = await app.sql.query('select * from audit_entry');
    expect(rows).toEqual([
      {
        sequence: 1,
        at: expect.any(Date),
        actor_role: 'ADMINISTRATOR',
        account_id: null,
        key_id: 1,
        actor_name: 'admin',
        action: 'KEY_REVOKED',
        target_type: 'AccessKey',
        target_id: '7',
        target_name: '西门大屏',
        unit_id: 3,
        reason: '屏幕已丢失',
        address: '192.0.2.7',
        request_id: 'request-1',
        details,
        previous_hash: Buffer.alloc(32),
        hash: expect.any(Buffer),
      },
    ]);
    expect(await findings()).toEqual([]);
  });

  test('by an account leaves no name: that is a person’s', async () => {
    const viewer = { ...ctx.viewer, keyId: null, accountId: 5, name: '李小红' };
    await db.transaction((client) => recordAudit({ ...ctx, viewer }, client, act()));
    const { rows } = await app.sql.query('select account_id, actor_name from audit_entry');
    expect(rows).toEqual([{ account_id: 5, actor_name: null }]);
  });

  test('that does not happen leaves no trace and no gap', async () => {
    await record();
    await expect(
      db.transaction(async (client) => {
        await recordAudit(ctx, client, act());
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await record();
    const { rows } = await app.sql.query('select sequence from audit_entry order by 1');
    expect(rows).toEqual([{ sequence: 1 }, { sequence: 2 }]);
    expect(await findings()).toEqual([]);
  });

  test('among many at once gets its own place in one chain', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, i) => record({ details: { i } })));
    const { rows } = await app.sql.query(
      'select max(sequence) as last, count(*)::int as rows, count(distinct previous_hash)::int as links from audit_entry',
    );
    expect(rows).toEqual([{ last: 60, rows: 60, links: 60 }]);
    expect(await findings()).toEqual([]);
  });

  test('cannot be explained at any length, or with what is no text', async () => {
    await record({ reason: '𠮷'.repeat(500) });
    await expect(record({ reason: '𠮷'.repeat(501) })).rejects.toMatchObject({
      extensions: { code: 'BAD_USER_INPUT' },
    });
    await expect(record({ reason: 'a\0b' })).rejects.toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
    expect(await findings()).toEqual([]);
  });
});

describe('the log as administrators read it', () => {
  const document = `query ($first: Int!, $after: String, $action: AuditAction, $actor: ID, $target: ID, $from: DateTime, $to: DateTime) {
    auditLog(first: $first, after: $after, action: $action, actor: $actor, target: $target, from: $from, to: $to) {
      totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
      nodes { id sequence at action actorRole actorName reason address requestId targetType targetName
        target { id ... on CultureSchool { name } } unit { id } details { name value } }
    }
  }`;
  const admin = { as: 'admin' } as const;
  const sequences = async (variables: object) => {
    const { data, errors } = await app.ask(document, { first: 100, ...variables }, admin);
    return errors?.[0]?.extensions.code ?? data.auditLog.nodes.map((it: { sequence: number }) => it.sequence);
  };

  test('tells all that is known, with the object as it is now', async () => {
    const school = app.world.schools[0]!;
    const target = { type: 'CultureSchool', id: school.id, name: 'before' };
    await record({ target, unitId: school.id, reason: 'why', details: { count: 2, list: ['a'], text: 'b' } });
    const { data } = await app.ask(document, { first: 1 }, admin);
    expect(data.auditLog.nodes).toEqual([
      {
        id: expect.any(String),
        sequence: 1,
        at: expect.stringMatching(/^2\d{3}-.*Z$/),
        action: 'KEY_REVOKED',
        actorRole: 'ADMINISTRATOR',
        actorName: 'admin',
        reason: 'why',
        address: '192.0.2.7',
        requestId: 'request-1',
        targetType: 'CultureSchool',
        targetName: 'before',
        target: { id: school.globalId, name: expect.any(String) },
        unit: { id: school.globalId },
        details: [
          { name: 'list', value: '["a"]' },
          { name: 'text', value: 'b' },
          { name: 'count', value: '2' },
        ],
      },
    ]);
    const { data: again } = await app.ask(
      'query ($id: ID!) { node(id: $id) { ... on AuditEntry { sequence } } }',
      { id: data.auditLog.nodes[0].id },
      admin,
    );
    expect(again.node).toEqual({ sequence: 1 });
  });

  test('comes in pages, the newest first', async () => {
    for (let i = 0; i < 5; i++) await record();
    const pages = await readPages<{ sequence: number }>(app, document, 2, admin);
    expect(pages.map((page) => page.nodes.map((it) => it.sequence))).toEqual([[5, 4], [3, 2], [1]]);
    expect(pages.map((page) => page.totalCount)).toEqual([5, 5, 5]);
    expect(await sequences({ after: 'nonsense' })).toEqual([]);
  });

  test('can be narrowed down', async () => {
    const clock = (at: string) => ({ ...ctx, clock: () => new Date(at) });
    const key = (id: number) => ({ type: 'AccessKey', id });
    const write = (context: AuditContext, more: Partial<AuditedAct>) =>
      db.transaction((client) => recordAudit(context, client, act(more)));
    const account = { ...ctx.viewer, keyId: null, accountId: 1 };
    await write(clock('2026-01-01T00:00:00Z'), { target: key(1) });
    await write(clock('2026-01-02T00:00:00Z'), { target: key(2), action: AuditAction.KEY_ISSUED });
    await write({ ...clock('2026-01-03T00:00:00Z'), viewer: account }, { target: { type: 'Account', id: 1 } });
    expect(await sequences({})).toEqual([3, 2, 1]);
    expect(await sequences({ action: 'KEY_ISSUED' })).toEqual([2]);
    expect(await sequences({ target: toGlobalId('AccessKey', 1) })).toEqual([1]);
    expect(await sequences({ target: toGlobalId('Account', 1) })).toEqual([3]);
    expect(await sequences({ actor: toGlobalId('Account', 1) })).toEqual([3]);
    expect(await sequences({ actor: toGlobalId('AccessKey', 1) })).toEqual([2, 1]);
    expect(await sequences({ from: '2026-01-02T00:00:00Z' })).toEqual([3, 2]);
    expect(await sequences({ from: '2026-01-02T00:00:00Z', to: '2026-01-03T00:00:00Z' })).toEqual([2]);
    expect(await sequences({ action: 'KEY_REVOKED', actor: toGlobalId('AccessKey', 1) })).toEqual([1]);
    expect(await sequences({ actor: toGlobalId('Volunteer', 1) })).toBe('NOT_FOUND');
    expect(await sequences({ target: 'nonsense' })).toBe('NOT_FOUND');
  });

  test('is nobody else’s', async () => {
    await record();
    const id = toGlobalId('AuditEntry', 1);
    for (const [as, code] of [
      ['coordinator', 'FORBIDDEN'],
      ['leader', 'FORBIDDEN'],
      ['wall', 'FORBIDDEN'],
      // In a partner's schema there is no log.
      ['partner', 'GRAPHQL_VALIDATION_FAILED'],
      [null, 'UNAUTHENTICATED'],
    ] as const) {
      const { data, errors } = await app.ask('{ auditLog(first: 1) { nodes { id } } }', {}, { as });
      expect([as, data ?? null, errors?.[0]?.extensions.code]).toEqual([as, null, code]);
      const one = await app.ask('query ($id: ID!) { node(id: $id) { id } }', { id }, { as });
      expect([as, one.data]).toEqual([as, { node: null }]);
    }
    const { data } = await app.ask('query ($id: ID!) { node(id: $id) { id } }', { id }, admin);
    expect(data.node).toEqual({ id });
  });
});

describe('nobody', () => {
  test.each([
    'update audit_entry set reason = null',
    'delete from audit_entry',
    'truncate audit_entry',
    'insert into audit_entry select * from audit_entry',
  ])('gets away with: %s', async (statement) => {
    await record();
    await expect(app.sql.query(statement)).rejects.toMatchObject({ code: /^23/ });
    const { rows } = await app.sql.query('select count(*)::int as count from audit_entry');
    expect(rows).toEqual([{ count: 1 }]);
  });
});

describe('verification, behind the back of the triggers,', () => {
  beforeEach(async () => {
    for (let i = 1; i <= 5; i++) await record({ reason: `reason ${i}`, details: { i } });
  });

  test('finds nothing where nothing was done', async () => {
    expect(await findings()).toEqual([]);
  });

  const columns = 'at, actor_role, account_id, action, target_type, target_id, reason, details, previous_hash, hash';

  test.each([
    ['the reason', "reason = 'another'"],
    ['the reason away', 'reason = null'],
    ['the time', "at = at + interval '1 ms'"],
    ['the actor', 'account_id = 9, key_id = null'],
    ['the act', "action = 'SIGN_IN'"],
    ['the target', "target_type = 'Account', target_id = '1'"],
    ['a detail', `details = '{"i": 4}'`],
    ['the address', "address = '192.0.2.8'"],
  ])('finds who edited %s', async (_, change) => {
    await tamper(`update audit_entry set ${change} where sequence = 3`);
    expect(await findings()).toEqual(['ALTERED 3']);
  });

  test('finds a row that was edited and hashed anew: the next one does not build on it', async () => {
    await tamper(`update audit_entry set hash = sha256('other') where sequence = 3`);
    expect(await findings()).toEqual(['ALTERED 3', 'MISPLACED 4']);
  });

  test('finds a row that is gone, from the middle, the beginning or the end', async () => {
    await tamper('delete from audit_entry where sequence = 3');
    expect(await findings()).toEqual(['MISSING 3']);
    await tamper('delete from audit_entry where sequence = 1');
    expect(await findings()).toEqual(['MISSING 1', 'MISSING 3']);
    await tamper('delete from audit_entry where sequence = 5');
    expect(await findings()).toEqual(['MISSING 1', 'MISSING 3', 'TRUNCATED 5']);
  });

  test('finds a gap that was closed by counting anew', async () => {
    await tamper('delete from audit_entry where sequence = 3');
    await tamper('update audit_entry set sequence = sequence - 1 where sequence > 3');
    expect(await findings()).toEqual(['MISPLACED 3', 'ALTERED 3', 'ALTERED 4', 'TRUNCATED 5']);
  });

  test('finds rows that changed places', async () => {
    await tamper(
      'update audit_entry set sequence = 9 where sequence = 2',
      'update audit_entry set sequence = 2 where sequence = 4',
      'update audit_entry set sequence = 4 where sequence = 9',
    );
    expect(await findings()).toEqual([
      ...['MISPLACED 2', 'ALTERED 2', 'MISPLACED 3', 'MISPLACED 4', 'ALTERED 4', 'MISPLACED 5'],
    ]);
  });

  test('finds contents that changed places', async () => {
    await tamper(
      `update audit_entry a set reason = b.reason, details = b.details from audit_entry b
       where a.sequence in (2, 4) and b.sequence = 6 - a.sequence`,
    );
    expect(await findings()).toEqual(['ALTERED 2', 'ALTERED 4']);
  });

  test('finds a row that was appended with a hash of one’s own making', async () => {
    await tamper(
      `insert into audit_entry (sequence, request_id, ${columns})
       select 6, 'request-1', ${columns.replace('previous_hash, hash', "hash, sha256('forged')")} from audit_entry where sequence = 5`,
    );
    expect(await findings()).toEqual(['ALTERED 6', 'UNCOUNTED 6']);
    await tamper(`update audit_head set sequence = 6, hash = sha256('forged')`);
    expect(await findings()).toEqual(['ALTERED 6']);
  });

  test('finds a head that was set back, or is gone', async () => {
    await app.sql.query('update audit_head set sequence = 4');
    expect(await findings()).toEqual(['UNCOUNTED 5']);
    await app.sql.query('update audit_head set sequence = 5, hash = sha256($1)', [Buffer.from('other')]);
    expect(await findings()).toEqual(['UNCOUNTED 5']);
  });

  test('tells the number of faults when there are too many to list', async () => {
    await Promise.all(Array.from({ length: 120 }, () => record()));
    await tamper(`update audit_entry set request_id = 'other'`);
    const walk = await verifyAudit(db);
    expect([walk.rows, walk.faults, walk.findings.length]).toEqual([125, 125, 100]);
  });
});
