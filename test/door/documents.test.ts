import { getIntrospectionQuery } from 'graphql';
import { beforeEach, describe, expect, test } from 'vitest';
import { Fault, faultText, type FaultName } from '../../server/kernel/http/faults.js';
import { limits } from '../../server/kernel/http/limits.js';
import { ask, type Answer, type Asked } from './client.js';
import { doubling, times } from './shapes.js';
import { useWorld } from './world.js';

const world = useWorld();

const nested = (depth: number) => `${'{ team '.repeat(depth - 1)}{ name }${' }'.repeat(depth - 1)}`;

test('the numbers that were promised', () => {
  expect(limits).toMatchObject({ tokens: 1_000, depth: 15, aliases: 30, directives: 50, nodes: 250_000, first: 100 });
});

describe.each(['HTTP', 'socket'] as const)('documents over %s', (transport) => {
  let executed = 0;
  beforeEach(() => (executed = world.resolved));

  /** Refused with this fault and no other, before anything was executed. */
  async function expectRefused(asked: Asked | string, name: FaultName, key?: string): Promise<Answer> {
    const answer = await ask(world, transport, typeof asked === 'string' ? { query: asked } : asked, { key });
    const [error] = answer.errors ?? [];
    const { kind } = new Fault(name);
    expect(answer.data).toBeUndefined();
    expect(error?.extensions).toEqual({ code: kind.code, requestId: expect.any(String) });
    const text = faultText(name, '', 'en');
    expect(error?.message).toContain(text);
    expect(world.resolved, 'nothing was executed').toBe(executed);
    return answer;
  }

  async function expectAccepted(asked: Asked | string, key?: string): Promise<Answer> {
    const answer = await ask(world, transport, typeof asked === 'string' ? { query: asked } : asked, { key });
    expect(answer.errors).toBeUndefined();
    return answer;
  }

  test('over 1,000 tokens', async () => {
    await expectRefused(`{ ${times(999, () => 'hello')} }`, 'tooManyTokens');
  });

  test('over 16 K characters, were it only a comment', async () => {
    await expectRefused(`#${'x'.repeat(limits.documentLength)}\n{ hello }`, 'tooLong');
  });

  test('15 deep passes, 16 does not', async () => {
    await expectAccepted(nested(15));
    executed = world.resolved;
    await expectRefused(nested(16), 'tooDeep');
  });

  test('fragments do not hide depth', async () => {
    const outer = nested(8).replace('{ name }', '{ ...Deep }');
    await expectRefused(`${outer} fragment Deep on Team ${nested(9)}`, 'tooDeep');
  });

  test('30 aliases pass, 31 do not', async () => {
    await expectAccepted(`{ ${times(30, (i) => `a${i}: hello`)} }`);
    executed = world.resolved;
    await expectRefused(`{ ${times(31, (i) => `a${i}: hello`)} }`, 'tooManyAliases');
  });

  test('aliases in a fragment count for each spread', async () => {
    const fragment = `fragment Some on Team { ${times(11, (i) => `a${i}: name`)} }`;
    await expectRefused(`{ team { ...Some team { ...Some team { ...Some } } } } ${fragment}`, 'tooManyAliases');
  });

  test('a fragment that nothing spreads is measured too', async () => {
    const aliases = times(31, (i) => `a${i}: name`);
    await expectRefused(`{ hello } fragment Idle on Team { ${aliases} }`, 'tooManyAliases');
  });

  test('50 directives pass, 51 do not', async () => {
    const fields = times(25, (i) => `a${i}: name @include(if: $yes) @skip(if: $no)`);
    const query = `query($yes: Boolean!, $no: Boolean!) { team { ${fields} } }`;
    const variables = { yes: true, no: false };
    await expectAccepted({ query, variables });
    executed = world.resolved;
    await expectRefused({ query: query.replace('team', 'team @include(if: $yes)'), variables }, 'tooManyDirectives');
  });

  test('the same field over and over', async () => {
    await expectRefused(`{ ${times(60, () => 'team { name }')} }`, 'tooManyRepeats');
  });

  test('fragments that double', async () => {
    await expectRefused(
      doubling((next) => `${next} ${next}`, 'hello'),
      'tooManyFields',
    );
  });

  test('fragments in a circle', async () => {
    await expectRefused(
      '{ team { ...A } } fragment A on Team { team { ...B } } fragment B on Team { team { ...A } }',
      'fragmentCycle',
    );
  });

  test('a second operation beside the named one', async () => {
    await expectRefused({ query: 'query A { hello } query B { hello }', operationName: 'A' }, 'severalOperations');
  });

  test('an operation of another name, or none', async () => {
    await expectRefused({ query: 'query A { hello }', operationName: 'B' }, 'unknownOperation');
    await expectRefused('fragment A on Query { hello }', 'noOperation');
  });

  test.each(['0', '-1', '101', '1000000000'])('first: %s, written out', async (first) => {
    await expectRefused(`{ teams(first: ${first}) { nodes { name } } }`, 'firstOutOfRange');
  });

  test.each([0, -1, 101, 1e9])('first: %s, in a variable', async (first) => {
    const query = 'query($first: Int!) { team { teams(first: $first) { nodes { name } } } }';
    await expectRefused({ query, variables: { first } }, 'firstOutOfRange');
  });

  test("first: 0 as a variable's default", async () => {
    await expectRefused('query($first: Int! = 0) { teams(first: $first) { nodes { name } } }', 'firstOutOfRange');
  });

  test('first: 0 in a fragment', async () => {
    await expectRefused(
      '{ team { ...A } } fragment A on Team { teams(first: 0) { nodes { name } } }',
      'firstOutOfRange',
    );
  });

  test('first: 1 and 100 pass', async () => {
    await expectAccepted('{ teams(first: 1) { nodes { teams(first: 100) { nodes { name } } } } }');
  });

  test('over 250,000 objects', async () => {
    const pages = (first: string) =>
      `teams(first: 100) { nodes { teams(first: 100) { nodes { teams(first: ${first}) { nodes { name } } } } } }`;
    await expectAccepted(`{ ${pages('10')} }`);
    executed = world.resolved;
    await expectRefused(`{ ${pages('100')} }`, 'tooManyNodes');
    const byVariable = `query($first: Int!) { ${pages('$first')} }`;
    await expectRefused({ query: byVariable, variables: { first: 100 } }, 'tooManyNodes');
    await expectAccepted({ query: byVariable, variables: { first: 10 } });
  });

  test('objects multiply through fragments', async () => {
    const fragments = times(3, (i) => `fragment P${i} on Team { teams(first: 100) { nodes { ...P${i + 1} } } }`);
    await expectRefused(`{ team { ...P0 } } ${fragments} fragment P3 on Team { name }`, 'tooManyNodes');
  });

  test.each([undefined, 'wall'])('introspection by the public and by a wall (%s)', async (key) => {
    for (const query of [
      '{ __schema { types { name } } }',
      '{ __type(name: "Team") { name } }',
      getIntrospectionQuery(),
    ]) {
      const answer = await expectRefused(query, 'introspection', key);
      expect(JSON.stringify(answer)).not.toMatch(/Team|Mutation/);
    }
  });

  test('__typename is no introspection', async () => {
    expect(await expectAccepted('{ __typename team { __typename } }')).toEqual({
      data: { __typename: 'Query', team: { __typename: 'Team' } },
    });
  });

  test('introspection by those who build on the API', async () => {
    const { data } = await expectAccepted(getIntrospectionQuery(), 'partner');
    expect(JSON.stringify(data)).toContain('TeamConnection');
  });

  test('a document that a partner introspected with is still refused to others', async () => {
    await expectAccepted('{ __schema { queryType { name } } }', 'partner');
    executed = world.resolved;
    await expectRefused('{ __schema { queryType { name } } }', 'introspection');
  });

  test.each<[string, Asked, FaultName, RegExp]>([
    ['field', { query: '{ helo }' }, 'invalid', /hello/],
    ['argument', { query: '{ hello(nam: "a") }' }, 'invalid', /"name"/],
    ['type', { query: '{ ... on Quer { hello } }' }, 'invalid', /Query/],
    ['enum value', { query: '{ badge(kind: GOLDN) }' }, 'invalid', /GOLDEN/],
    [
      'enum value in a variable',
      { query: 'query($kind: BadgeKind!) { badge(kind: $kind) }', variables: { kind: 'GOLDN' } },
      'badVariables',
      /GOLDEN/,
    ],
  ])('no suggestion for a misspelt %s', async (_what, asked, fault, right) => {
    const { errors } = await expectRefused(asked, fault);
    expect(errors?.[0]?.message).not.toMatch(right);
    expect(errors?.[0]?.message).not.toMatch(/did you mean/i);
  });

  test('a syntax error', async () => {
    const { errors } = await expectRefused('{ hello', 'unparsable');
    expect(errors?.[0]).toMatchObject({ message: expect.stringContaining('Syntax Error'), locations: [{ line: 1 }] });
  });

  test('variables that do not fit', async () => {
    const query = 'mutation($name: String!) { rename(name: $name) }';
    await expectRefused({ query, variables: { name: 5 } }, 'badVariables');
    await expectRefused({ query }, 'badVariables');
  });

  test('a long value is not sent back in full', async () => {
    const query = 'query($kind: BadgeKind!) { badge(kind: $kind) }';
    const { errors } = await expectRefused({ query, variables: { kind: 'X'.repeat(50_000) } }, 'badVariables');
    expect(errors?.[0]?.message.length).toBeLessThan(500);
  });

  test('a hundred mistakes are not listed one by one', async () => {
    const { errors } = await expectRefused(`{ ${times(100, (i) => `nothing${i}`)} }`, 'invalid');
    expect(errors?.length).toBeLessThanOrEqual(limits.errorsPerDocument + 1);
  });

  test('a persisted query, by hash alone or to be registered', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } };
    await expectRefused({ extensions }, 'persistedQuery');
    await expectRefused({ query: '{ hello }', extensions }, 'persistedQuery');
  });

  test('Chinese by default, English when asked for', async () => {
    const asked = { query: '{ teams(first: 0) { nodes { name } } }' };
    const chinese = await ask(world, transport, asked, { locale: 'zh-CN,zh;q=0.9' });
    expect(chinese.errors?.[0]?.message).toBe('参数 first 必须是 1 到 100 的整数。');
    const english = await ask(world, transport, asked, { locale: 'en-GB' });
    expect(english.errors?.[0]?.message).toBe('The argument first must be a whole number from 1 to 100.');
    const unparsable = await ask(world, transport, { query: '{' }, { locale: 'zh' });
    expect(unparsable.errors?.[0]?.message).toMatch(/^查询文档有语法错误：/);
  });

  test('who asks and what they get', async () => {
    expect(await expectAccepted('{ whoAmI }')).toEqual({ data: { whoAmI: 'PUBLIC' } });
    expect(await expectAccepted('{ whoAmI }', 'partner')).toMatchObject({ data: { whoAmI: 'PARTNER' } });
  });
});

describe.each(['HTTP', 'socket'] as const)('errors of an execution over %s', (transport) => {
  async function errorOf(field: string) {
    const before = world.log.length;
    const answer = await ask(world, transport, { query: `{ hello ${field} }` });
    expect(answer.data).toEqual({ hello: '你好 百花', [field]: null });
    const [error] = answer.errors ?? [];
    expect(error?.path).toEqual([field]);
    const logged = world.log.slice(before).find(({ requestId }) => requestId === error?.extensions.requestId);
    return { error, logged };
  }

  test('what a service says is kept, and not logged', async () => {
    const { error, logged } = await errorOf('absent');
    expect(error).toMatchObject({ message: '没有找到', extensions: { code: 'NOT_FOUND', hint: 'kept' } });
    expect(error?.extensions.requestId).toEqual(expect.any(String));
    expect(logged).toBeUndefined();
  });

  test.each(['broken', 'picky'])('the unexpected (%s) is masked, and logged by its request id', async (field) => {
    const { error, logged } = await errorOf(field);
    expect(error?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) });
    expect(error?.message).toMatch(/^Something went wrong on our side/);
    expect(logged).toMatchObject({ level: 50, err: { message: expect.stringMatching(/secret|concern/) } });
  });

  test('a database that is out of reach is said to be busy', async () => {
    const { error, logged } = await errorOf('unreachable');
    expect(error?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', requestId: expect.any(String) });
    expect(error?.message).toMatch(/^The system is busy/);
    expect(logged).toMatchObject({ level: 40 });
  });
});
