import 'reflect-metadata';
import fc from 'fast-check';
import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { CursorScalar } from '../../server/feed/cursor.js';
import { readConfig } from '../../server/kernel/config.js';
import { decodeCursor, toPage } from '../../server/kernel/connection.js';
import { fromGlobalId, numericKey, toGlobalId } from '../../server/kernel/global-id.js';
import { negotiateLocale } from '../../server/kernel/locale.js';

describe('language', () => {
  test.each([
    [undefined, 'zh-CN'],
    ['', 'zh-CN'],
    ['en', 'en'],
    ['EN-gb', 'en'],
    ['zh', 'zh-CN'],
    ['zh-Hans-CN', 'zh-CN'],
    ['zh-TW,en;q=0.9', 'zh-CN'],
    ['de, en;q=0.7, zh;q=0.3', 'en'],
    ['en;q=0.3, zh;q=0.7', 'zh-CN'],
    ['en;q=0, zh', 'zh-CN'],
    ['en;q=0', 'zh-CN'],
    ['zh;q=0, en;q=0.1', 'en'],
    ['fr', 'zh-CN'],
    ['fr, *;q=0.5', 'zh-CN'],
    ['en , zh', 'en'],
    ['en;q=0.5;level=1, zh;q=0.4', 'en'],
    ['english', 'zh-CN'],
    [';q=1,,;', 'zh-CN'],
  ])('%j is answered in %s', (header, locale) => {
    expect(negotiateLocale(header)).toBe(locale);
  });

  test('whatever the header is, there is a language', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'enzhq=;,.*-01 \t') }), (header) => {
        expect(['zh-CN', 'en']).toContain(negotiateLocale(header));
      }),
    );
  });
});

describe('global ids', () => {
  test('lead back to type and key', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z]{1,20}$/), fc.stringMatching(/^[0-9A-Za-z.-]{1,20}$/), (type, key) => {
        expect(fromGlobalId(toGlobalId(type, key))).toEqual({ type, key });
      }),
    );
  });

  test('anything else is none, and nothing throws', () => {
    const encoded = fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString('base64url'));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), encoded), (text) => {
        const parsed = fromGlobalId(text);
        // The very few that are well-formed by accident are the id that they say they are.
        if (parsed) expect(toGlobalId(parsed.type, parsed.key)).toBe(text);
        expect(numericKey(text, 'GridPost')).toBeUndefined();
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  test.each(['=', ' ', '\n', '\0', '.', '%', 'A'])('one spelling only: %j behind it is another', (more) => {
    const id = toGlobalId('GridPost', 12);
    expect(fromGlobalId(id)).toBeDefined();
    expect(fromGlobalId(id + more)).toBeUndefined();
  });

  test('numbers are those that the database has', () => {
    const key = (text: string) => numericKey(toGlobalId('GridPost', text), 'VolunteerTeam', 'GridPost');
    expect(key('1')).toBe(1);
    expect(key('999999999')).toBe(999_999_999);
    for (const text of ['0', '01', '-1', '1.5', '1e3', '9999999999', 'abc', '1-', ''])
      expect(key(text)).toBeUndefined();
    expect(numericKey(toGlobalId('Volunteer', 1), 'GridPost')).toBeUndefined();
  });
});

describe("the feed's cursor", () => {
  const cursor = { epoch: '0a1b2c3d', sequence: 4711 };

  test('comes back as it went out', () => {
    expect(CursorScalar.parseValue(CursorScalar.serialize(cursor))).toEqual(cursor);
  });

  test('anything else is BAD_USER_INPUT, nothing worse', () => {
    const text = fc.oneof(
      fc.anything(),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }).map((it) => Buffer.from(it).toString('base64url')),
      fc.stringMatching(/^[0-9a-f]{7,9}:-?\d{9,12}$/).map((it) => Buffer.from(it).toString('base64url')),
    );
    fc.assert(
      fc.property(text, (it) => {
        try {
          const { epoch, sequence } = CursorScalar.parseValue(it);
          expect(epoch).toMatch(/^[0-9a-f]{8}$/);
          expect(sequence).toBeLessThanOrEqual(999_999_999);
        } catch (error) {
          expect(error).toBeInstanceOf(GraphQLError);
          expect((error as GraphQLError).extensions.code).toBe('BAD_USER_INPUT');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('pages', () => {
  const page = (rows: string[], first: number, after?: string) =>
    toPage(
      rows,
      { first, after },
      (row) => row,
      async () => 9,
    );

  test('one row too many tells that there is more', () => {
    expect(page(['a', 'b', 'c'], 2)).toMatchObject({
      nodes: ['a', 'b'],
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    });
    expect(page(['a', 'b'], 2).pageInfo.hasNextPage).toBe(false);
  });

  test('cursors name the ends, and lead back to their rows', () => {
    const { edges, pageInfo } = page(['甲', '乙', '丙'], 2);
    expect(pageInfo).toMatchObject({ startCursor: edges[0]!.cursor, endCursor: edges[1]!.cursor });
    expect(edges.map((edge) => decodeCursor(edge.cursor))).toEqual(['甲', '乙']);
  });

  test('an empty page has no ends', () => {
    expect(page([], 2, 'x').pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: true,
      startCursor: null,
      endCursor: null,
    });
  });

  test('nothing that a cursor decodes to is more than the database can be asked', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((it) => Buffer.from(it).toString('base64url')),
        ),
        (after) => {
          expect(decodeCursor(after)).not.toContain('\0');
        },
      ),
      { numRuns: 1_000 },
    );
    expect(decodeCursor(Buffer.from('\0').toString('base64url'))).not.toContain('\0');
    expect(decodeCursor(null)).toBeUndefined();
    expect(decodeCursor(undefined)).toBeUndefined();
  });
});

describe('configuration', () => {
  test('needs nothing', () => {
    expect(readConfig({})).toEqual({
      port: 4000,
      host: '0.0.0.0',
      databaseUrl: undefined,
      dataDir: '.data',
      timeZone: 'Asia/Shanghai',
      seedModule: undefined,
      webHandler: undefined,
      allowedOrigins: [],
      trustedProxies: 0,
      logLevel: 'info',
      logJson: false,
    });
  });

  test('an empty variable is as good as none', () => {
    const empty = {
      PORT: '',
      HOST: '',
      DATABASE_URL: '',
      DATA_DIR: '',
      TIME_ZONE: '',
      SEED_MODULE: '',
      WEB_HANDLER: '',
    };
    expect(readConfig({ ...empty, ALLOWED_ORIGINS: '', LOG_LEVEL: '', NODE_ENV: '' })).toEqual(readConfig({}));
  });

  test('takes what it is told', () => {
    const env = {
      PORT: '0',
      DATABASE_URL: 'postgres://u:p@localhost/x',
      TIME_ZONE: 'Europe/Berlin',
      ALLOWED_ORIGINS: 'https://a.example, https://b.example',
      NODE_ENV: 'production',
    };
    expect(readConfig(env)).toMatchObject({
      port: 0,
      databaseUrl: env.DATABASE_URL,
      timeZone: 'Europe/Berlin',
      allowedOrigins: ['https://a.example', 'https://b.example'],
      logJson: true,
    });
  });

  test.each([
    ['PORT', '80.5'],
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', 'http'],
    ['DATABASE_URL', 'mysql://u:geheim@localhost/x'],
    ['DATABASE_URL', 'not a url with geheim in it'],
    ['TIME_ZONE', 'Asia/Dongying'],
  ])('%s=%s is an error that names the variable, and no secret', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(name);
    expect(() => readConfig({ [name]: value })).not.toThrow('geheim');
  });
});
