import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toGlobalId } from '../../server/kernel/global-id.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { startTestApp, until, type Asker, type KeyName, type TestApp } from '../support/app.js';
import { readPages } from './asking.js';

let app: TestApp;
const now = new Date('2026-11-24T04:00:00Z');
let clockMs = now.getTime();
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 2, stations: 2, teams: 2, posts: 1 }, clock: () => new Date(clockMs) });
});
afterAll(() => app.close());

const admin = { as: 'admin' } as const;
const keyFields = 'id name role unit { id } hint createdAt expiresAt lastUsedAt revokedAt';

/** What any of these mutations answered: a test knows which of it is there. */
interface Answered {
  __typename: string;
  /** Of the error, if there was one. */
  code?: string;
  id: string;
  key: string;
  accessKey: { id: string; name: string; unit: object | null; expiresAt: string | null };
  replaced: { id: string; expiresAt: string };
  partner: { id: string };
  revokedAt: string | null;
  suspendedAt: string | null;
}

async function mutate(document: string, variables: object, asker: Asker = admin): Promise<Answered> {
  const { data, errors } = await app.ask<Record<string, Answered>>(document, { ...variables }, asker);
  return { ...Object.values(data ?? {})[0]!, code: errors?.[0]?.extensions.code };
}

const issue = (input: object, asker?: Asker) =>
  mutate(
    `mutation ($input: IssueKeyInput!) { issueKey(input: $input) {
      __typename ... on KeyIssued { key accessKey { ${keyFields} } } ... on Refusal { message }
    } }`,
    { input: { name: '测试', ...input } },
    asker,
  );
const rotate = (key: string, oldEndsAt?: string, asker?: Asker) =>
  mutate(
    `mutation ($key: ID!, $oldEndsAt: DateTime) { rotateKey(key: $key, oldEndsAt: $oldEndsAt) {
      __typename ... on KeyRotated { key accessKey { ${keyFields} } replaced { id expiresAt } } ... on Refusal { message }
    } }`,
    { key, oldEndsAt },
    asker,
  );
const revoke = (key: string, asker?: Asker, reason = '丢失') =>
  mutate(
    `mutation ($key: ID!, $reason: String!) { revokeKey(key: $key, reason: $reason) { ${keyFields} } }`,
    { key, reason },
    asker,
  );
const register = (input: object, asker?: Asker) =>
  mutate(
    `mutation ($input: RegisterPartnerInput!) { registerPartner(input: $input) {
      __typename ... on PartnerRegistered { partner { id code name contact suspendedAt } } ... on Refusal { message }
    } }`,
    { input: { name: '合作单位', ...input } },
    asker,
  );
const suspend = (partner: string, asker?: Asker, reason = '协议到期') =>
  mutate(
    'mutation ($partner: ID!, $reason: String!) { suspendPartner(partner: $partner, reason: $reason) { id suspendedAt } }',
    { partner, reason },
    asker,
  );
const resume = (partner: string, asker?: Asker) =>
  mutate('mutation ($partner: ID!) { resumePartner(partner: $partner) { id suspendedAt } }', { partner }, asker);

/** The role that a key lets in as; the error's code when it does not. */
async function roleOf(key: string): Promise<string> {
  const { data, errors } = await app.ask('{ viewer { role } }', {}, { as: { key } });
  return errors?.[0]?.extensions.code ?? data.viewer.role;
}

const coordinatorOf = async (unitId: number): Promise<Asker> => ({
  as: { key: await app.keyFor(ViewerRole.COORDINATOR, unitId) },
});

const acts = async (targetType: string, id: string) => {
  const key = Buffer.from(id, 'base64url').toString().split(':')[1];
  const { rows } = await app.sql.query(
    'select action, reason, unit_id as unit, target_name as name from audit_entry where target_type = $1 and target_id = $2 order by sequence',
    [targetType, key],
  );
  return rows;
};

describe('a key', () => {
  test('is told once, lets in as what it was issued for, and shows by its hint alone', async () => {
    const station = app.world.stations[0]!;
    const issued = await issue({ name: '西门大屏', role: 'DISPLAY', unit: station.globalId });
    expect(issued).toMatchObject({
      __typename: 'KeyIssued',
      key: expect.stringMatching(/^bh_[\w-]{32}$/),
      accessKey: {
        name: '西门大屏',
        role: 'DISPLAY',
        unit: { id: station.globalId },
        hint: issued.key.slice(-4),
        createdAt: now.toISOString(),
        expiresAt: null,
        lastUsedAt: null,
        revokedAt: null,
      },
    });
    expect(await roleOf(issued.key)).toBe('DISPLAY');
    const { rows } = await app.sql.query('select row_to_json(k)::text as row from access_key k');
    expect(rows.filter(({ row }) => row.includes(issued.key))).toEqual([]);
    expect(await acts('AccessKey', issued.accessKey.id)).toEqual([
      { action: 'KEY_ISSUED', reason: null, unit: station.id, name: '西门大屏' },
    ]);
  });

  test('ends when it was said to', async () => {
    const expiresAt = new Date(clockMs + 60_000).toISOString();
    const { key } = await issue({ role: 'LEADER', expiresAt });
    expect(await roleOf(key)).toBe('LEADER');
    clockMs += 63_000;
    expect(await roleOf(key)).toBe('UNAUTHENTICATED');
  });

  test('is refused from the moment it is revoked, once and for all', async () => {
    const { key, accessKey } = await issue({ role: 'LEADER' });
    expect(await roleOf(key)).toBe('LEADER');
    expect(await revoke(accessKey.id)).toMatchObject({ id: accessKey.id, revokedAt: new Date(clockMs).toISOString() });
    expect(await roleOf(key)).toBe('UNAUTHENTICATED');
    const revokedAt = new Date(clockMs).toISOString();
    clockMs += 1000;
    expect(await revoke(accessKey.id)).toMatchObject({ revokedAt });
    expect((await acts('AccessKey', accessKey.id)).map((it) => [it.action, it.reason])).toEqual([
      ['KEY_ISSUED', null],
      ['KEY_REVOKED', '丢失'],
    ]);
  });

  test('is not issued for what makes no sense', async () => {
    const past = new Date(clockMs - 1).toISOString();
    const unit = app.world.stations[0]!.globalId;
    for (const input of [
      { role: 'DISPLAY', name: ' ' },
      { role: 'DISPLAY', name: '长'.repeat(101) },
      { role: 'DISPLAY', name: 'a\0b' },
      { role: 'PUBLIC' },
      { role: 'VOLUNTEER' },
      { role: 'DISPLAY', expiresAt: past },
      { role: 'DISPLAY', expiresAt: '9999-01-01T00:00:00Z' },
      { role: 'ADMINISTRATOR', unit },
      { role: 'PARTNER' },
      { role: 'DISPLAY', partner: toGlobalId('PartnerOrganisation', 1) },
    ]) {
      expect([input, (await issue(input)).code]).toEqual([input, 'BAD_USER_INPUT']);
    }
    expect((await issue({ role: 'DISPLAY', unit: app.world.volunteers[0]!.globalId })).code).toBe('NOT_FOUND');
    expect((await revoke(toGlobalId('AccessKey', 999_999))).code).toBe('NOT_FOUND');
    const { accessKey } = await issue({ role: 'DISPLAY' });
    expect((await revoke(accessKey.id, admin, ' ')).code).toBe('BAD_USER_INPUT');
  });

  test('shows when it was last used, written once however often it is shown', async () => {
    const { key, accessKey } = await issue({ role: 'LEADER' });
    const node = await app.anotherNode();
    const ask = () =>
      fetch(`${node.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: '{"query":"{ __typename }"}',
      });
    await Promise.all(Array.from({ length: 20 }, ask));
    const used = async () =>
      (await app.sql.query('select last_used_at from access_key where id = $1', [idOf(accessKey.id)])).rows[0]
        .last_used_at;
    expect(await used()).toBeNull();
    await node.close();
    expect(await used()).toEqual(new Date(clockMs));
  });
});

const idOf = (globalId: string) => Number(Buffer.from(globalId, 'base64url').toString().split(':')[1]);

describe('replacing a key', () => {
  test('gives a new one of the same kind; the old one works until it is said to end', async () => {
    const { key: old, accessKey } = await issue({ role: 'LEADER', unit: app.world.teams[0]!.globalId });
    const oldEndsAt = new Date(clockMs + 3_600_000).toISOString();
    const rotated = await rotate(accessKey.id, oldEndsAt);
    expect(rotated).toMatchObject({
      __typename: 'KeyRotated',
      accessKey: { name: accessKey.name, role: 'LEADER', unit: accessKey.unit, expiresAt: null },
      replaced: { id: accessKey.id, expiresAt: oldEndsAt },
    });
    expect([await roleOf(old), await roleOf(rotated.key)]).toEqual(['LEADER', 'LEADER']);
    clockMs += 3_603_000;
    expect([await roleOf(old), await roleOf(rotated.key)]).toEqual(['UNAUTHENTICATED', 'LEADER']);
  });

  test('takes a week unless told, and the new one lasts as long as the old one was to', async () => {
    const expiresAt = new Date(clockMs + 30 * 86_400_000).toISOString();
    const { accessKey } = await issue({ role: 'LEADER', expiresAt });
    clockMs += 10 * 86_400_000;
    const rotated = await rotate(accessKey.id);
    expect(rotated.replaced.expiresAt).toBe(new Date(clockMs + 7 * 86_400_000).toISOString());
    expect(rotated.accessKey.expiresAt).toBe(new Date(clockMs + 30 * 86_400_000).toISOString());
  });

  test('never makes the old one last longer', async () => {
    const expiresAt = new Date(clockMs + 3_600_000).toISOString();
    const { accessKey } = await issue({ role: 'LEADER', expiresAt });
    expect((await rotate(accessKey.id)).replaced.expiresAt).toBe(expiresAt);
  });

  test('is refused for one that has ended or was replaced; at once by many, one gets it', async () => {
    const { accessKey } = await issue({ role: 'LEADER' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => rotate(accessKey.id)));
    expect(answers.map((it) => it.__typename).sort()).toEqual([
      'KeyNotReplaced',
      ...Array(6).fill('KeyNotReplaced'),
      'KeyRotated',
    ]);
    const { rows } = await app.sql.query('select count(*)::int as count from access_key where replaces_id = $1', [
      idOf(accessKey.id),
    ]);
    expect(rows).toEqual([{ count: 1 }]);
    const other = await issue({ role: 'LEADER' });
    await revoke(other.accessKey.id);
    expect((await rotate(other.accessKey.id)).__typename).toBe('KeyNotReplaced');
    const third = await issue({ role: 'LEADER' });
    for (const wrong of [new Date(clockMs).toISOString(), new Date(clockMs + 91 * 86_400_000).toISOString()]) {
      expect((await rotate(third.accessKey.id, wrong)).code).toBe('BAD_USER_INPUT');
    }
  });
});

describe('who manages keys', () => {
  test('a coordinator does, for devices and screens at and below the own unit', async () => {
    const [mine, other] = app.world.stations;
    const coordinator = await coordinatorOf(mine!.id);
    const team = app.world.teams[0]!;
    expect(team.code.startsWith(mine!.code)).toBe(true);
    for (const role of ['LEADER', 'DISPLAY']) {
      for (const unit of [mine!, team]) {
        const issued = await issue({ role, unit: unit.globalId }, coordinator);
        expect(issued.__typename).toBe('KeyIssued');
        expect((await rotate(issued.accessKey.id, undefined, coordinator)).__typename).toBe('KeyRotated');
        expect((await revoke(issued.accessKey.id, coordinator)).revokedAt).toBeTruthy();
      }
    }
    expect((await issue({ role: 'DISPLAY', unit: other!.globalId }, coordinator)).code).toBe('NOT_FOUND');
    expect((await issue({ role: 'DISPLAY', unit: app.world.schools[0]!.globalId }, coordinator)).code).toBe(
      'NOT_FOUND',
    );
    expect((await issue({ role: 'DISPLAY' }, coordinator)).code).toBe('BAD_USER_INPUT');
    for (const role of ['COORDINATOR', 'ADMINISTRATOR', 'PARTNER']) {
      expect((await issue({ role, unit: mine!.globalId }, coordinator)).code).toBe('FORBIDDEN');
    }
  });

  test('what is out of reach reads as absent', async () => {
    const [mine, other] = app.world.stations;
    const coordinator = await coordinatorOf(mine!.id);
    const outOfReach = [
      await issue({ role: 'DISPLAY', unit: other!.globalId }),
      await issue({ role: 'DISPLAY', unit: app.world.schools[0]!.globalId }),
      await issue({ role: 'DISPLAY' }),
      // Within the unit, but no device's.
      await issue({ role: 'COORDINATOR', unit: mine!.globalId }),
    ];
    for (const { accessKey, key } of outOfReach) {
      expect((await revoke(accessKey.id, coordinator)).code).toBe('NOT_FOUND');
      expect((await rotate(accessKey.id, undefined, coordinator)).code).toBe('NOT_FOUND');
      const { data } = await app.ask('query ($id: ID!) { node(id: $id) { id } }', { id: accessKey.id }, coordinator);
      expect(data).toEqual({ node: null });
      expect(await roleOf(key)).not.toBe('UNAUTHENTICATED');
    }
  });

  test('nobody else does', async () => {
    const { accessKey } = await issue({ role: 'DISPLAY' });
    for (const as of ['leader', 'wall', null] as (KeyName | null)[]) {
      const code = as ? 'FORBIDDEN' : 'UNAUTHENTICATED';
      expect([as, (await issue({ role: 'DISPLAY' }, { as })).code]).toEqual([as, code]);
      expect([as, (await revoke(accessKey.id, { as })).code]).toEqual([as, code]);
      const { errors } = await app.ask('{ accessKeys(first: 1) { nodes { id } } }', {}, { as });
      expect([as, errors?.[0]?.extensions.code]).toEqual([as, code]);
    }
  });

  test('they see theirs, the newest first, by unit and by role', async () => {
    const document = `query ($first: Int!, $after: String, $within: ID, $role: ViewerRole) {
      accessKeys(first: $first, after: $after, within: $within, role: $role) {
        totalCount pageInfo { hasNextPage hasPreviousPage endCursor } nodes { id name role }
      } }`;
    const station = app.world.stations[3]!;
    const team = app.world.teams.findLast((it) => it.code.startsWith(station.code))!;
    const issued = [
      await issue({ name: '1', role: 'DISPLAY', unit: station.globalId }),
      await issue({ name: '2', role: 'LEADER', unit: team.globalId }),
      await issue({ name: '3', role: 'LEADER', unit: station.globalId }),
      await issue({ name: '4', role: 'COORDINATOR', unit: station.globalId }),
    ];
    const names = async (variables: object, asker: Asker) =>
      (await app.ask(document, { first: 100, ...variables }, asker)).data.accessKeys.nodes.map(
        (it: { name: string }) => it.name,
      );
    const coordinator = await coordinatorOf(station.id);
    expect(await names({}, coordinator)).toEqual(['3', '2', '1']);
    expect(await names({ within: team.globalId }, coordinator)).toEqual(['2']);
    expect(await names({ role: 'DISPLAY' }, coordinator)).toEqual(['1']);
    expect(await names({ within: app.world.stations[0]!.globalId }, coordinator)).toEqual([]);
    // The coordinator's own is the administrators' affair.
    expect(await names({ within: station.globalId }, admin)).toEqual(['COORDINATOR', '4', '3', '2', '1']);
    const pages = await readPages<{ name: string }>(app, document, 2, coordinator);
    expect(pages.map((page) => page.nodes.map((it) => it.name))).toEqual([['3', '2'], ['1']]);
    expect(pages.map((page) => page.totalCount)).toEqual([3, 3]);
    const { data } = await app.ask(
      'query ($id: ID!) { node(id: $id) { ... on AccessKey { name } } }',
      { id: issued[1]!.accessKey.id },
      coordinator,
    );
    expect(data).toEqual({ node: { name: '2' } });
  });
});

describe('a partner organisation', () => {
  test('is registered under a code of its own', async () => {
    expect(await register({ code: 'county-youth', contact: ' 办公室 0546-0000000 ' })).toMatchObject({
      __typename: 'PartnerRegistered',
      partner: { code: 'county-youth', name: '合作单位', contact: '办公室 0546-0000000', suspendedAt: null },
    });
    const race = await Promise.all(Array.from({ length: 6 }, () => register({ code: 'race' })));
    expect(race.map((it) => it.__typename).sort()).toEqual([...Array(5).fill('PartnerCodeTaken'), 'PartnerRegistered']);
    for (const input of [
      { code: 'X' },
      { code: '-a' },
      { code: 'a b' },
      { code: 'ok', name: '' },
      { code: 'ok', contact: '长'.repeat(201) },
    ]) {
      expect([input, (await register(input)).code]).toEqual([input, 'BAD_USER_INPUT']);
    }
  });

  test('has keys, and none while it is suspended', async () => {
    const { partner } = await register({ code: 'with-keys' });
    const { key, accessKey } = await issue({ role: 'PARTNER', partner: partner.id });
    const other = await issue({ role: 'PARTNER', partner: (await register({ code: 'other' })).partner.id });
    expect(await roleOf(key)).toBe('PARTNER');
    expect((await suspend(partner.id)).suspendedAt).toBe(new Date(clockMs).toISOString());
    expect([await roleOf(key), await roleOf(other.key)]).toEqual(['UNAUTHENTICATED', 'PARTNER']);
    expect((await issue({ role: 'PARTNER', partner: partner.id })).__typename).toBe('PartnerIsSuspended');
    await suspend(partner.id);
    expect((await resume(partner.id)).suspendedAt).toBeNull();
    expect(await roleOf(key)).toBe('PARTNER');
    expect((await acts('PartnerOrganisation', partner.id)).map((it) => [it.action, it.reason])).toEqual([
      ['PARTNER_REGISTERED', null],
      ['PARTNER_SUSPENDED', '协议到期'],
      ['PARTNER_RESUMED', null],
    ]);
    const { data } = await app.ask(
      `query ($id: ID!) { node(id: $id) { ... on PartnerOrganisation { code keys(first: 5) { totalCount nodes { id partner { id } } } } } }`,
      { id: partner.id },
      admin,
    );
    expect(data.node).toEqual({
      code: 'with-keys',
      keys: { totalCount: 1, nodes: [{ id: accessKey.id, partner: { id: partner.id } }] },
    });
  });

  test('loses what it follows live within five seconds of being suspended', async () => {
    const { partner } = await register({ code: 'live' });
    const { key } = await issue({ role: 'PARTNER', partner: partner.id });
    const client = app.socket({ as: { key } });
    let closed: number | undefined;
    client.on('closed', (event) => (closed = (event as { code: number }).code));
    const frames: unknown[] = [];
    client.subscribe(
      { query: `subscription { scoreboard(event: "${app.world.event.globalId}") { asOf } }` },
      { next: (frame) => frames.push(frame), error: () => undefined, complete: () => undefined },
    );
    await until(() => frames.length > 0, 'the first frame');
    const suspendedAt = performance.now();
    await suspend(partner.id);
    await until(() => closed !== undefined, 'the end of the socket');
    expect(closed).toBe(4403);
    expect(performance.now() - suspendedAt).toBeLessThan(5000);
  });

  test('is the administrators’ affair', async () => {
    const { partner } = await register({ code: 'not-theirs' });
    const coordinator = await coordinatorOf(app.world.schools[0]!.id);
    for (const [asker, code] of [
      [coordinator, 'FORBIDDEN'],
      [{ as: 'leader' }, 'FORBIDDEN'],
      [{ as: null }, 'UNAUTHENTICATED'],
    ] as [Asker, string][]) {
      expect((await register({ code: 'theirs' }, asker)).code).toBe(code);
      expect((await suspend(partner.id, asker)).code).toBe(code);
      expect((await resume(partner.id, asker)).code).toBe(code);
      const list = await app.ask('{ partnerOrganisations(first: 1) { nodes { id } } }', {}, asker);
      expect(list.errors?.[0]?.extensions.code).toBe(code);
      const one = await app.ask('query ($id: ID!) { node(id: $id) { id } }', { id: partner.id }, asker);
      expect(one.data).toEqual({ node: null });
    }
  });

  test('many of them, and their keys, take a few statements', async () => {
    const pages = await readPages<{ code: string }>(
      app,
      `query ($first: Int!, $after: String) { partnerOrganisations(first: $first, after: $after) {
        totalCount pageInfo { hasNextPage hasPreviousPage endCursor } nodes { code keys(first: 2) { totalCount nodes { hint } } }
      } }`,
      3,
      admin,
    );
    const codes = pages.flatMap((page) => page.nodes.map((it) => it.code));
    expect(codes).toEqual(codes.toSorted());
    expect(codes).toContain('with-keys');
  });
});
