import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** Fails for people: what is wrong with the data key and what to do, in both languages. Holds nothing of a key. */
export class DataKeyError extends Error {}

/**
 * A key for personal data. What is derived from it is kept apart: one key encrypts, one makes blind indexes, and the
 * fingerprint tells keys apart without saying anything about them.
 */
export class DataKey {
  readonly fingerprint: string;
  readonly #cipherKey: Buffer;
  readonly #indexKey: Buffer;

  constructor(secret: Buffer) {
    const derive = (purpose: string, bytes: number) =>
      Buffer.from(hkdfSync('sha256', secret, '', `baihua ${purpose}`, bytes));
    this.fingerprint = derive('fingerprint', 16).toString('hex');
    this.#cipherKey = derive('encryption', keyBytes);
    this.#indexKey = derive('blind index', keyBytes);
  }

  /** Encrypts with AES-256-GCM. `place` says where the result belongs: it can be opened there and nowhere else. */
  seal(place: string, text: string): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#cipherKey, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** What was sealed for this very place; throws for anything else. */
  open(place: string, bytes: Buffer): string {
    const nonce = bytes.subarray(0, nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', this.#cipherKey, nonce, { authTagLength: tagBytes })
      .setAAD(Buffer.from(place))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
  }

  /** Equal for equal texts of one kind, and says nothing else about them to whoever has not the key. */
  blindIndex(kind: string, text: string): Buffer {
    return createHmac('sha256', this.#indexKey).update(`${kind}\0${text}`).digest();
  }
}

/** Where a node's keys come from. The newest comes first; older ones are there for what is still encrypted with them. */
export interface DataKeySource {
  read(): Promise<DataKey[]>;
  /** Makes a key and puts it in front of the others; undefined where the operator has to do it. */
  add?(): Promise<DataKey>;
  /** How it is called in messages. */
  readonly name: string;
}

/** DATA_KEY when it is set, else the file `data-key` in DATA_DIR, which is made when it is first needed. */
export function dataKeySource(config: { dataKey?: string; dataDir: string }): DataKeySource {
  if (config.dataKey !== undefined) {
    const keys = parseDataKeys(config.dataKey);
    return { name: 'DATA_KEY', read: () => Promise.resolve(keys) };
  }
  const file = join(config.dataDir, 'data-key');
  const text = () => readFile(file, 'utf8').catch(whenMissing);
  const write = async (lines: string, move: (from: string) => Promise<void>) => {
    const next = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
    await mkdir(config.dataDir, { recursive: true });
    await writeFile(next, lines, { mode: 0o600 });
    await move(next).finally(() => rm(next, { force: true }));
  };
  const read = async () => parseDataKeys(await text());
  return {
    name: file,
    read,
    async add() {
      const present = await text();
      parseDataKeys(present);
      const line = `${randomBytes(keyBytes).toString('base64')}\n`;
      // The first one is linked, not moved: of two nodes that make it at once, one takes the other's.
      await (present === ''
        ? write(line, (next) => link(next, file).catch(whenThere))
        : write(line + present, (next) => rename(next, file)));
      return (await read())[0]!;
    },
  };
}

/** Keys as DATA_KEY and the file spell them: 32 bytes each in base64, separated by commas or lines. */
export function parseDataKeys(text: string): DataKey[] {
  return text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => {
      const secret = Buffer.from(part, 'base64');
      if (!/^[\w+/-]+={0,2}$/.test(part) || secret.length !== keyBytes) {
        throw new DataKeyError(
          'DATA_KEY（或数据目录中的 data-key 文件）里的密钥无效：每个密钥须是 32 个随机字节的 base64，例如用 openssl rand -base64 32 生成；多个密钥以逗号分隔，最新的在前。\n' +
            'A key in DATA_KEY (or in the file data-key) is not valid: each has to be 32 random bytes in base64, such as made by `openssl rand -base64 32`; several are separated by commas, the newest first.',
        );
      }
      return new DataKey(secret);
    });
}

function whenMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

function whenThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
