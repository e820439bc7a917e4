import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { Fault } from './faults.js';

type Decode = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const decoders = new Map<string, Decode>([
  ['gzip', promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip)],
  ['deflate', promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflate)],
  ['br', promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress)],
]);

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The body as text; neither what arrives nor what it unpacks to may exceed `maxBytes`. */
export async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  const decode = decoders.get(encoding);
  if (!decode && encoding !== 'identity') throw new Fault('unsupportedEncoding');
  let body = await readBytes(request, maxBytes);
  if (decode) {
    try {
      body = await decode(body, { maxOutputLength: maxBytes });
    } catch (error) {
      throw new Fault(
        (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'bodyTooLarge' : 'undecodableBody',
      );
    }
  }
  try {
    return utf8.decode(body);
  } catch {
    throw new Fault('invalidUtf8');
  }
}

/** Thrown when the caller went away: there is nobody to answer. */
export class Gone extends Error {}

function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Node discards what is left of a body that was answered early, and cuts it after `requestMs`.
    if (Number(request.headers['content-length']) > maxBytes) return reject(new Fault('bodyTooLarge'));
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) {
        chunks.length = 0;
        reject(new Fault('bodyTooLarge'));
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    const gone = (): void => {
      if (!request.complete) reject(new Gone());
    };
    request.on('error', gone);
    request.on('close', gone);
  });
}
