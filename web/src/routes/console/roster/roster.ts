/** What a part of a file may hold, and a file. The API says the same. */
const partBytes = 180 * 1024;
export const mostBytes = 8 * 1024 * 1024;

/** The parts of a file as the API takes them, in base64. */
export async function* partsOf(file: File): AsyncGenerator<string> {
  for (let at = 0; at < file.size; at += partBytes) {
    const bytes = new Uint8Array(await file.slice(at, at + partBytes).arrayBuffer());
    let text = '';
    // In pieces: a call takes only so many arguments.
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    yield btoa(text);
  }
}

export const countParts = ({ size }: { size: number }) => Math.ceil(size / partBytes);
