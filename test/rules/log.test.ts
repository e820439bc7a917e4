import pg from 'pg';
import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createLog } from '../../server/kernel/log.js';

/** Writes one line and tells it. */
function written(error: unknown): string {
  let line = '';
  createLog({ level: 'trace', json: true }, { write: (text) => (line += text) }).error(
    { requestId: 'r-1', err: error },
    'it failed',
  );
  return line;
}

const refusedByDatabase = (code: string, message: string) =>
  Object.assign(new pg.DatabaseError(message, 1, 'error'), {
    code,
    detail: 'Key (number)=(甲测试员) already exists.',
    where: "unnamed portal parameter $1 = '14200001234'",
    hint: 'Perhaps 14200001234.',
    internalQuery: "select '14200001234'",
    constraint: 'volunteer_number_unique',
    table: 'volunteer',
  });

const secrets = ['14200001234', '11010519491231002X', '甲测试员', '阿测·试买提'];
const hung = { request: { variables: { phone: '14200001234', name: '甲测试员' } }, input: '11010519491231002X' };

describe('what somebody sent stays out of the log', () => {
  test.each<[string, unknown]>([
    [
      'a value in a detail of the database',
      refusedByDatabase('23505', 'duplicate key value violates unique constraint'),
    ],
    ['a value in its message', refusedByDatabase('22P02', 'invalid input syntax for type integer: "zhang 甲测试员"')],
    ['a message of a trigger', refusedByDatabase('P0001', 'not 14200001234')],
    ['a text that is no JSON', new SyntaxError(`Unexpected token '甲', "甲测试员, 14200001234" is not valid JSON`)],
    ['a date that is none', new RangeError('invalid ISO 8601 string: 11010519491231002X')],
    ['a variable', new GraphQLError('Variable "$input" got invalid value "14200001234"')],
    ['what hangs on an error', Object.assign(new Error('broken'), hung)],
    ['what hangs on a cause', new Error('broken', { cause: Object.assign(new Error('甲测试员'), hung) })],
    [
      'one of several',
      new AggregateError([Object.assign(new Error('no answer for 14200001234'), hung)], '阿测·试买提'),
    ],
    ['something thrown that is no error', hung],
    ['a text that was thrown', '甲测试员'],
  ])('%s', (_, error) => {
    const line = written(error);
    for (const secret of secrets) expect(line).not.toContain(secret);
    expect(JSON.parse(line)).toMatchObject({ requestId: 'r-1', msg: 'it failed', err: { type: expect.any(String) } });
  });
});

test('what helps to find a fault stands there', () => {
  const line = JSON.parse(
    written(refusedByDatabase('23505', 'duplicate key value violates "volunteer_number_unique"')),
  );
  expect(line.err).toMatchObject({
    code: '23505',
    constraint: 'volunteer_number_unique',
    table: 'volunteer',
    message: 'duplicate key value violates "volunteer_number_unique"',
  });
  const other = JSON.parse(written(new TypeError("Cannot read properties of undefined (reading 'teamId')")));
  expect(other.err).toMatchObject({ type: 'TypeError', message: expect.stringContaining("reading 'teamId'") });
  expect(other.err.stack).toContain('log.test.ts');
  expect(other.err.stack).not.toContain('Cannot read');
  const caused = JSON.parse(written(new Error('outer', { cause: new Error('inner') })));
  expect(caused.err).toMatchObject({ message: 'outer', cause: { message: 'inner' } });
});
