import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { parse } from 'csv-parse';
import { zipSync } from 'fflate';
import { readSheet } from 'read-excel-file/node';

/** What an archive may unpack to, in all. */
const mostBytes = 50 * 1024 * 1024;
export const mostRows = 20_000;
const mostColumns = 60;

/** Why a file cannot be read; for people it is put into words by the catalogue. */
export class Unreadable extends Error {
  constructor(readonly fault: 'NO_FILE' | 'TOO_LARGE' | 'DAMAGED' | 'OLD_EXCEL' | 'ENCODING' | 'TOO_MANY_ROWS') {
    super(fault);
  }
}

/** The cells of a roster as texts, row by row: from Excel's xlsx, or from CSV however it is encoded. */
export async function readCells(bytes: Buffer): Promise<string[][]> {
  if (bytes.length === 0) throw new Unreadable('NO_FILE');
  // The old binary format, and xlsx with a password, are compound files.
  if (bytes.subarray(0, 4).toString('hex') === 'd0cf11e0') throw new Unreadable('OLD_EXCEL');
  const rows =
    bytes.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004' ? await readExcel(bytes) : await readCsv(bytes);
  if (rows.length > mostRows + 1) throw new Unreadable('TOO_MANY_ROWS');
  return rows;
}

async function readExcel(bytes: Buffer): Promise<string[][]> {
  const parts = await unpack(bytes);
  // Packed anew from what was counted, so that the reader meets nothing that was not.
  const safe = Buffer.from(zipSync(parts, { level: 0 }));
  const rows = await readSheet(safe, { trim: false }).catch(() => {
    throw new Unreadable('DAMAGED');
  });
  return rows.map((row) => row.slice(0, mostColumns).map(textOf));
}

/** Dates are days: a roster knows no times. */
function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (cell instanceof Date) return cell.toISOString().slice(0, 10);
  return String(cell as string | number | boolean);
}

const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);

/**
 * Unpacks the documents of an archive by its directory. Each is unpacked to no more than what is left of the limit, whatever
 * sizes the archive claims.
 */
export async function unpack(bytes: Buffer, limit = mostBytes): Promise<Record<string, Uint8Array>> {
  const end = bytes.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  const parts: Record<string, Uint8Array> = {};
  let left = limit;
  try {
    const count = bytes.readUInt16LE(end + 10);
    let at = bytes.readUInt32LE(end + 16);
    for (let i = 0; i < count; i++) {
      if (bytes.readUInt32LE(at) !== 0x02014b50) throw new Unreadable('DAMAGED');
      const method = bytes.readUInt16LE(at + 10);
      const packed = bytes.readUInt32LE(at + 20);
      const nameLength = bytes.readUInt16LE(at + 28);
      const name = bytes.subarray(at + 46, at + 46 + nameLength).toString('utf8');
      const local = bytes.readUInt32LE(at + 42);
      at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
      if (!/\.(xml|rels)$/.test(name)) continue;
      const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
      const data = bytes.subarray(from, from + packed);
      if (method !== 0 && method !== 8) throw new Unreadable('DAMAGED');
      if (method === 8 && left === 0) throw new Unreadable('TOO_LARGE');
      const whole = method === 0 ? data : await inflate(data, { maxOutputLength: left });
      left -= whole.length;
      if (left < 0) throw new Unreadable('TOO_LARGE');
      parts[name] = whole;
    }
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new Unreadable(tooLarge ? 'TOO_LARGE' : 'DAMAGED');
  }
  return parts;
}

/** UTF-8 or UTF-16 by their marks, UTF-8 by its form; anything else is what Chinese Excel writes, GB18030. */
export function decode(bytes: Buffer): string {
  const attempt = (encoding: string) => new TextDecoder(encoding, { fatal: true }).decode(bytes);
  const start = bytes.subarray(0, 2).toString('hex');
  try {
    if (start === 'fffe') return attempt('utf-16le');
    if (start === 'feff') return attempt('utf-16be');
  } catch {
    throw new Unreadable('ENCODING');
  }
  for (const encoding of ['utf-8', 'gb18030']) {
    try {
      const text = attempt(encoding);
      if (!text.includes('\0')) return text;
    } catch {
      // The next one, then.
    }
  }
  throw new Unreadable('ENCODING');
}

async function readCsv(bytes: Buffer): Promise<string[][]> {
  const text = decode(bytes);
  const [heading = ''] = text.split(/\r?\n/, 1);
  // Copied out of a spreadsheet, cells are parted by tabs; in some languages Excel parts them by semicolons.
  const counts = [',', '\t', ';'].map((delimiter) => [heading.split(delimiter).length, delimiter] as const);
  const [, delimiter] = counts.reduce((best, it) => (it[0] > best[0] ? it : best));
  const options = {
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: false,
    to: mostRows + 2,
  };
  const rows: string[][] = [];
  const records = parse(text, options) as AsyncIterable<string[]>;
  try {
    for await (const row of records) rows.push(row.slice(0, mostColumns));
  } catch {
    throw new Unreadable('DAMAGED');
  }
  return rows;
}
