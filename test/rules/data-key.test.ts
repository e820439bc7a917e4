import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { DataKey, dataKeySource, parseDataKeys } from '../../server/kernel/data-key.js';
import { temporaryFolder } from '../support/postgres.js';

const secret = () => randomBytes(32);

describe('what is sealed', () => {
  const key = new DataKey(secret());
  const sealed = key.seal('phone 1', '14200001234');

  test('opens in its place', () => expect(key.open('phone 1', sealed)).toBe('14200001234'));

  test('opens nowhere else, with no other key, and not when a bit of it has changed', () => {
    expect(() => key.open('phone 2', sealed)).toThrow(
      /authenticate|auth tag|tag length|initialization vector|Invalid/i,
    );
    expect(() => key.open('id 1', sealed)).toThrow(/authenticate|auth tag|tag length|initialization vector|Invalid/i);
    expect(() => new DataKey(secret()).open('phone 1', sealed)).toThrow(
      /authenticate|auth tag|tag length|initialization vector|Invalid/i,
    );
    for (let i = 0; i < sealed.length; i++) {
      const bent = Buffer.from(sealed);
      bent[i]! ^= 1;
      expect(() => key.open('phone 1', bent)).toThrow(
        /authenticate|auth tag|tag length|initialization vector|Invalid/i,
      );
    }
    for (const length of [0, 11, 12, 20, 28, sealed.length - 1]) {
      expect(() => key.open('phone 1', sealed.subarray(0, length))).toThrow(
        /authenticate|auth tag|tag length|initialization vector|Invalid/i,
      );
    }
  });

  test('never looks the same twice', () => expect(key.seal('phone 1', '14200001234').equals(sealed)).toBe(false));

  test('a blind index is the same for the same, by the same key, of the same kind', () => {
    const index = key.blindIndex('PHONE', '14200001234');
    expect(key.blindIndex('PHONE', '14200001234')).toEqual(index);
    expect(key.blindIndex('PHONE', '14200001235')).not.toEqual(index);
    expect(key.blindIndex('ID_NUMBER', '14200001234')).not.toEqual(index);
    expect(new DataKey(secret()).blindIndex('PHONE', '14200001234')).not.toEqual(index);
  });
});

describe('keys as text', () => {
  test('are read in their order, whichever base64 they are in', () => {
    const [a, b] = [secret(), secret()];
    const keys = parseDataKeys(`${a.toString('base64')}, ${b.toString('base64url')}\n`);
    expect(keys.map((it) => it.fingerprint)).toEqual([a, b].map((it) => new DataKey(it).fingerprint));
    expect(parseDataKeys(' \n')).toEqual([]);
  });

  test.each([
    ['too short', randomBytes(31).toString('base64')],
    ['too long', randomBytes(33).toString('base64')],
    ['no base64', 'correct horse battery staple!'],
    ['hexadecimal', randomBytes(32).toString('hex')],
  ])('%s are refused, and not repeated', (_, text) => {
    expect(() => parseDataKeys(text)).toThrow(/openssl rand -base64 32/);
    expect(() => parseDataKeys(text)).not.toThrow(text);
  });
});

describe('the key file', () => {
  const undo: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const step of undo.splice(0)) await step();
  });
  async function folder(): Promise<string> {
    const made = await temporaryFolder();
    undo.push(() => made.remove());
    return join(made.path, 'data');
  }

  test('is made once, for its owner alone, whoever else makes it at the same time', async () => {
    const dataDir = await folder();
    expect(await dataKeySource({ dataDir }).read()).toEqual([]);
    const made = await Promise.all(Array.from({ length: 8 }, () => dataKeySource({ dataDir }).add!()));
    expect(new Set(made.map((key) => key.fingerprint)).size).toBe(1);
    expect((await stat(join(dataDir, 'data-key'))).mode & 0o777).toBe(0o600);
  });

  test('keeps its older keys behind a newer one', async () => {
    const dataDir = await folder();
    const source = dataKeySource({ dataDir });
    const first = await source.add!();
    const second = await source.add!();
    expect((await source.read()).map((key) => key.fingerprint)).toEqual([second.fingerprint, first.fingerprint]);
    expect((await stat(join(dataDir, 'data-key'))).mode & 0o777).toBe(0o600);
  });

  test('is not looked at when there is DATA_KEY', async () => {
    const dataDir = await folder();
    const text = secret().toString('base64');
    const source = dataKeySource({ dataDir, dataKey: text });
    expect(await source.read()).toHaveLength(1);
    expect(source.add).toBeUndefined();
    await expect(readFile(join(dataDir, 'data-key'))).rejects.toThrow(/ENOENT/);
  });

  test('that somebody has spoilt is refused, not replaced', async () => {
    const dataDir = await folder();
    await dataKeySource({ dataDir }).add!();
    await writeFile(join(dataDir, 'data-key'), 'oops');
    await expect(dataKeySource({ dataDir }).read()).rejects.toThrow(/openssl rand/);
    await expect(dataKeySource({ dataDir }).add!()).rejects.toThrow(/openssl rand/);
  });
});
