import { deflateRawSync } from 'node:zlib';
import { zipSync, strToU8 } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addVolunteers } from '../../seeds/builders.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { decode, readCells, unpack } from '../../server/recruitment/sheet.js';
import { startTestApp, until, type Asker, type TestApp } from '../support/app.js';
import { dump, reveal } from './person.js';

let app: TestApp;
let station: Asker;
beforeAll(async () => {
  app = await startTestApp({ world: { stations: 2, teams: 2, posts: 1, volunteers: 1 } });
  station = { as: { key: await app.keyFor(ViewerRole.COORDINATOR, app.world.stations[0]!.id) } };
});
afterAll(() => app.close());

const figures = 'id state total fresh known wrong done';
const lines = 'lines(first: 100) { row outcome name number contingent team problems }';

async function mutate(document: string, variables: object, asker: Asker = station) {
  const { data, errors } = await app.ask(document, { ...variables }, asker);
  return { ...data?.answer, code: errors?.[0]?.extensions.code };
}

async function upload(bytes: Buffer, options: { team?: string; asker?: Asker; pieces?: number } = {}) {
  const { team, asker = station, pieces = 180 * 1024 } = options;
  const { id: roster, code } = await mutate(
    'mutation ($team: ID) { answer: beginRosterImport(fileName: "名单.csv", team: $team) { id } }',
    { team },
    asker,
  );
  if (code) return { code };
  let parts = 0;
  for (let at = 0; at < bytes.length; at += pieces, parts++) {
    const data = bytes.subarray(at, at + pieces).toString('base64');
    await mutate(
      'mutation ($roster: ID!, $part: Int!, $data: String!) { answer: addRosterPart(roster: $roster, part: $part, data: $data) { id } }',
      { roster, part: parts, data },
      asker,
    );
  }
  const preview = await mutate(
    `mutation ($roster: ID!, $parts: Int!) { answer: previewRoster(roster: $roster, parts: $parts) {
      __typename ... on RosterPreviewed { roster { ${figures} ${lines} } } ... on Refusal { message } } }`,
    { roster, parts },
    asker,
  );
  return { ...preview, id: roster as string };
}

const begin = (roster: string, asker?: Asker) =>
  mutate(
    `mutation ($roster: ID!) { answer: importRoster(roster: $roster) { __typename
      ... on RosterBegun { roster { ${figures} } } ... on RosterNotReady { message roster { ${figures} } } } }`,
    { roster },
    asker,
  );
const look = async (id: string, asker = station) =>
  (await app.ask(`query ($id: ID!) { rosterImport(id: $id) { ${figures} ${lines} } }`, { id }, asker)).data!
    .rosterImport;
async function finish(id: string) {
  await begin(id);
  return until(async () => {
    const roster = await look(id);
    return roster.state !== 'IMPORTING' && roster;
  }, 'the import to end');
}

const csv = (...rows: string[]) =>
  Buffer.from(['姓名,类别,队伍编码,手机号,志愿者编号,出生日期,监护人,身份证号', ...rows].join('\r\n'));
const names = async () =>
  (await app.sql.query<{ name: string }>('select name from volunteer order by id')).rows.map(({ name }) => name);

/** A workbook of one sheet, as a spreadsheet would write it. */
function workbook(rows: string[][]): Buffer {
  const escape = (text: string) => text.replace(/[&<>]/g, (it) => `&#${it.codePointAt(0)};`);
  const cells = rows.map(
    (row, r) =>
      `<row r="${r + 1}">${row.map((text, c) => `<c r="${String.fromCharCode(65 + c)}${r + 1}" t="inlineStr"><is><t>${escape(text)}</t></is></c>`).join('')}</row>`,
  );
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const packages = 'http://schemas.openxmlformats.org/package/2006/relationships';
  return Buffer.from(
    zipSync({
      '[Content_Types].xml': strToU8(
        `${head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
      ),
      '_rels/.rels': strToU8(
        `${head}<Relationships xmlns="${packages}"><Relationship Id="rId1" Type="${relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
      ),
      'xl/workbook.xml': strToU8(
        `${head}<workbook xmlns="${main}" xmlns:r="${relations}"><sheets><sheet name="名单" sheetId="1" r:id="rId1"/></sheets></workbook>`,
      ),
      'xl/_rels/workbook.xml.rels': strToU8(
        `${head}<Relationships xmlns="${packages}"><Relationship Id="rId1" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
      ),
      'xl/worksheets/sheet1.xml': strToU8(
        `${head}<worksheet xmlns="${main}"><sheetData>${cells.join('')}</sheetData></worksheet>`,
      ),
    }),
  );
}

describe('a roster', () => {
  test('is looked at first, then imported as a whole, and the same file again adds nobody', async () => {
    const file = csv(
      '李晓明,群众,W01-A01,14211110001,,,,',
      '阿依古丽·买买提,在职党员,w01-a02,142 1111 0002,SB-7,1980/5/31,,',
      '𬩽𬀩,非在职党员,W01-A01,,SB-8',
      '钱少年,学生,W01-A01,14211110003,,2010-01-01,钱监护,,',
      ',,,',
    );
    const before = await names();
    const preview = await upload(file, { pieces: 50 });
    expect(preview.roster).toMatchObject({ state: 'PREVIEWED', total: 4, fresh: 4, known: 0, wrong: 0 });
    expect(preview.roster.lines[1]).toEqual({
      row: 3,
      outcome: 'NEW',
      name: '阿依古丽·买买提',
      number: 'SB-7',
      contingent: 'IN_SERVICE_MEMBER',
      team: 'w01-a02',
      problems: [],
    });
    expect(await names()).toEqual(before);
    const stored = await dump(app);
    for (const secret of ['晓明', '14211110001', '买买提']) expect(stored).not.toContain(secret);

    // Twice at once it is one import.
    await Promise.all([begin(preview.id), begin(preview.id)]);
    expect(await finish(preview.id)).toMatchObject({ state: 'DONE', total: 4, fresh: 4, done: 4, lines: [] });
    expect(await names()).toEqual([...before, '李晓明', '阿依古丽·买买提', '𬩽𬀩', '钱少年']);
    const { data } = await app.ask('{ volunteers(first: 1, search: "qsn") { nodes { id number } } }', {}, station);
    const [student] = data!.volunteers.nodes;
    expect(student.number).toMatch(/^BH-\d{6}$/);
    expect(await reveal(app, { volunteer: student.id })).toMatchObject({
      phone: '14211110003',
      birthDate: '2010-01-01',
      guardian: '钱监护',
    });

    const again = await upload(file);
    expect(again.roster).toMatchObject({ fresh: 0, known: 4, wrong: 0 });
    expect(await finish(again.id)).toMatchObject({ state: 'DONE', fresh: 0 });
    expect(await names()).toHaveLength(before.length + 4);
    const { rows } = await app.sql.query("select details from audit_entry where action = 'ROSTER_IMPORTED'");
    expect(rows.map(({ details }) => details)).toEqual([
      { rows: 4, new: 4 },
      { rows: 4, new: 0 },
    ]);
  });

  test('with anything wrong in it is imported not at all, and each row says what', async () => {
    await addVolunteers(app.sql, [
      { number: 'SB-100', name: '周在册', contingent: 'RESIDENT', teamCode: 'W01-A01' },
      { number: 'SB-101', name: '吴隔壁', contingent: 'RESIDENT', teamCode: 'W01-B01' },
    ]);
    const file = csv(
      '赵六,军人,W01-A01,14211120001',
      '赵七,群众,W01-B01,14211120002',
      '赵八,群众,,14211120003',
      '赵九,群众,W01-A01',
      '赵1,群众,W01-A01,123',
      '钱小,学生,W01-A01,14211120004',
      '孙十,群众,W01-A01,,SB-100',
      '周在册,群众,W01-A01,,SB-100',
      '吴隔壁,群众,W01-A01,,SB-101',
      '郑新,群众,W01-A01,,BH-999999',
      '王双,群众,W01-A01,14211120005',
      '王双,群众,W01-A01,14211120005',
    );
    const before = await names();
    const { roster, id } = await upload(file);
    expect(roster).toMatchObject({ total: 12, fresh: 1, known: 0, wrong: 11 });
    const problems = roster.lines.map((it: { problems: string[] }) => it.problems.join(' '));
    const expected = [
      /类别/,
      /没有这支服务队/,
      /没有填写队伍/,
      /至少填写一项/,
      /姓名.*手机号/,
      /出生日期/,
      /编号属于另一位/,
      /同一个人/,
      /编号属于另一位/,
      /BH-/,
      /^$/,
      /与第 12 行/,
    ];
    for (const [i, pattern] of expected.entries())
      expect([i, problems[i]]).toEqual([i, expect.stringMatching(pattern)]);
    expect(await begin(id)).toMatchObject({ __typename: 'RosterNotReady', message: expect.stringContaining('11 行') });
    expect(await names()).toEqual(before);
    const english = await app.ask(
      `query ($id: ID!) { rosterImport(id: $id) { lines(first: 100, outcome: WRONG) { problems } } }`,
      { id },
      { ...station, locale: 'en' },
    );
    expect(JSON.stringify(english.data)).not.toMatch(/\p{sc=Han}/u);
  });

  test('takes a team for rows without one, and everything of a spreadsheet as text', async () => {
    const rows = [
      ['姓名', '手机号', '类别', '志愿者编号'],
      ['=HYPERLINK("x")', '14211130001', '群众', ''],
      ["'陈撇", '14211130002', '群众', '+1'],
    ];
    const bad = await upload(workbook(rows), { team: app.world.teams[0]!.globalId });
    expect(bad.roster.lines.map((it: { name: string; number: string | null }) => [it.name, it.number])).toEqual([
      ['=HYPERLINK("x")', null],
      ["'陈撇", '+1'],
    ]);
    expect(bad.roster.wrong).toBe(2);
    const good = await upload(
      workbook([
        ['Full name', 'Mobile', 'Group'],
        ['Ann O’Neil', '14211130003', 'Resident'],
      ]),
      { team: app.world.teams[0]!.globalId },
    );
    expect(good.roster).toMatchObject({ fresh: 1, wrong: 0 });
    expect((await finish(good.id)).state).toBe('DONE');
    expect(await names()).toContain('Ann O’Neil');
  });

  test('is nobody’s but whose it is', async () => {
    const { id } = await upload(csv('秦我的,群众,W01-A01,14211140001'));
    const other: Asker = { as: { key: await app.keyFor(ViewerRole.COORDINATOR, app.world.stations[0]!.id) } };
    expect(await look(id!, other)).toBeNull();
    expect((await begin(id!, other)).code).toBe('NOT_FOUND');
    expect((await upload(csv(), { asker: { as: 'leader' } })).code).toBe('FORBIDDEN');
    expect((await upload(csv(), { team: app.world.teams[2]!.globalId })).code).toBe('NOT_FOUND');
  });

  test('that has changed under its preview is refused with the rows that clash', async () => {
    const { id } = await upload(csv('许变化,群众,W01-A01,,SB-300', '何没事,群众,W01-A01,,SB-301'));
    await addVolunteers(app.sql, [{ number: 'SB-300', name: '别人', contingent: 'RESIDENT', teamCode: 'W01-A01' }]);
    expect(await finish(id!)).toMatchObject({ state: 'PREVIEWED', wrong: 1, fresh: 1 });
    expect(await names()).not.toContain('何没事');
  });
});

describe('a file', () => {
  const text = '姓名,手机号\r\n李晓明,14200000000\r\n';
  const utf16 = (encoding: 'le' | 'be') => {
    const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
    return encoding === 'le' ? bytes : bytes.swap16();
  };
  const gb18030 = Buffer.from('d0d5c3fb2ccad6bbfabac50d0ac0eecffec3f72c31343230303030303030300d0a', 'hex');

  test.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16 LE', utf16('le')],
    ['UTF-16 BE', utf16('be')],
    ['GB18030', gb18030],
    ['tabs', Buffer.from(text.replaceAll(',', '\t'))],
    ['semicolons', Buffer.from(text.replaceAll(',', ';'))],
    ['quotes', Buffer.from('"姓名","手机号"\n"李晓明","14200000000"\n')],
  ])('in %s reads the same', async (_, bytes) => {
    const rows = (await readCells(bytes)).filter((row) => row.some((cell) => cell !== ''));
    expect(rows).toEqual([
      ['姓名', '手机号'],
      ['李晓明', '14200000000'],
    ]);
  });

  test.each([
    ['nothing', Buffer.alloc(0), '空的'],
    ['noise', Buffer.from('ff00ff00ff', 'hex'), '编码'],
    ['no heading', Buffer.from('甲,乙\n1,2\n'), '列名'],
    ['a heading alone', csv(), '没有名单'],
    ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), '旧版'],
    ['half a workbook', workbook([['姓名'], ['李晓明']]).subarray(0, 400), '损坏'],
    ['an archive of something else', Buffer.from(zipSync({ 'a.xml': strToU8('<a/>') })), '损坏'],
    ['too many rows', Buffer.from(`姓名\n${'李\n'.repeat(20_001)}`), '20000'],
  ])('that holds %s is refused in words', async (_, bytes, words) => {
    const answer = await upload(bytes);
    expect(answer).toMatchObject({ __typename: 'RosterUnreadable', message: expect.stringContaining(words) });
  });

  test('that unpacks to more than it may is not unpacked, whatever size it claims', async () => {
    const bomb = Buffer.from(zipSync({ 'xl/a.xml': new Uint8Array(60 * 1024 * 1024) }, { level: 9 }));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await upload(bomb)).toMatchObject({
      __typename: 'RosterUnreadable',
      message: expect.stringContaining('50 MB'),
    });
    // It lies about its size in both of its directories.
    const lying = Buffer.from(bomb);
    for (const mark of ['504b0304', '504b0102']) {
      const at = lying.indexOf(Buffer.from(mark, 'hex'));
      lying.writeUInt32LE(10, at + (mark === '504b0304' ? 22 : 24));
    }
    await expect(unpack(lying)).rejects.toThrow('TOO_LARGE');
    await expect(
      unpack(Buffer.concat([deflateRawSync(Buffer.alloc(10)), Buffer.from('PK\u0005\u0006', 'latin1')])),
    ).rejects.toThrow('DAMAGED');
    await expect(unpack(bomb, 1000)).rejects.toThrow('TOO_LARGE');
  });

  test('comes in parts of a size, none missing', async () => {
    const { id } = await upload(csv('秦我的,群众,W01-A01,14211150001'));
    const part = (data: string, number = 0) =>
      mutate(
        'mutation ($roster: ID!, $part: Int!, $data: String!) { answer: addRosterPart(roster: $roster, part: $part, data: $data) { id } }',
        { roster: id, part: number, data },
      );
    expect((await part('!!!')).code).toBe('BAD_USER_INPUT');
    expect((await part('AAAA', 46)).code).toBe('BAD_USER_INPUT');
    await part('AAAA', 1);
    const preview =
      'mutation ($roster: ID!, $parts: Int!) { answer: previewRoster(roster: $roster, parts: $parts) { ... on Refusal { message } } }';
    expect((await mutate(preview, { roster: id, parts: 2 })).message).toContain('没有传完整');
  });

  test('in an unknown encoding is told apart from GB18030', () => {
    expect(decode(gb18030)).toBe(text);
    expect(() => decode(Buffer.from([0x80, 0xff]))).toThrow('ENCODING');
  });
});
