import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Signer } from '../../server/access/signing.js';
import { makePass, postCodeAt, readPass, readPostCode } from '../../server/check-in/codes.js';

const signer = new Signer(Buffer.alloc(32, 7));
const stranger = new Signer(Buffer.alloc(32, 8));
const now = new Date('2026-06-16T01:23:45.678Z');
const later = (ms: number, time = now) => new Date(time.getTime() + ms);

const times = fc.date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
const postIds = fc.integer({ min: 1, max: 2 ** 20 - 1 });

/** Every text that differs from `text` in one place. */
function* oneChanged(text: string, characters: string): Generator<string> {
  for (let place = 0; place < text.length; place++) {
    for (const character of characters) {
      if (character !== text[place]) yield text.slice(0, place) + character + text.slice(place + 1);
    }
  }
}

describe("a post's code", () => {
  test('leads back to its post for as long as it says', () => {
    fc.assert(
      fc.property(postIds, times, fc.nat({ max: 89_999 }), (postId, time, waitMs) => {
        const { code, refreshAt, expiresAt } = postCodeAt(signer, postId, time);
        expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{12}$/);
        expect(refreshAt.getTime() - time.getTime()).toBeGreaterThan(0);
        const read = new Date(refreshAt.getTime() - 30_000 + waitMs);
        expect(readPostCode(signer, code, read)).toEqual({ postId });
        expect(expiresAt.getTime()).toBe(refreshAt.getTime() + 60_000);
      }),
    );
  });

  test('stays the same on the screen until `refreshAt`, and changes then', () => {
    const { code, refreshAt } = postCodeAt(signer, 5, now);
    expect(postCodeAt(signer, 5, later(-1, refreshAt)).code).toBe(code);
    expect(postCodeAt(signer, 5, refreshAt).code).not.toBe(code);
    expect(postCodeAt(signer, 6, now).code).not.toBe(code);
  });

  test('is taken up to `expiresAt` to the millisecond', () => {
    const { code, expiresAt } = postCodeAt(signer, 5, now);
    expect(readPostCode(signer, code, expiresAt)).toEqual({ postId: 5 });
    expect(readPostCode(signer, code, later(1, expiresAt))).toBe('PASS_EXPIRED');
    expect(readPostCode(signer, code, later(24 * 3_600_000, expiresAt))).toBe('PASS_EXPIRED');
  });

  test('is taken from a screen whose clock is half a minute ahead, not more', () => {
    const { code, refreshAt } = postCodeAt(signer, 5, now);
    const begins = later(-30_000, refreshAt);
    expect(readPostCode(signer, code, later(-30_000, begins))).toEqual({ postId: 5 });
    expect(readPostCode(signer, code, later(-30_001, begins))).toBe('PASS_INVALID');
  });

  test('does not become good again when the bits that tell its time come round', () => {
    const { code } = postCodeAt(signer, 5, now);
    for (const turns of [1, 2, -1]) {
      expect(readPostCode(signer, code, later(turns * 4096 * 30_000))).toBe('PASS_INVALID');
    }
  });

  test('with any one character changed is refused', () => {
    for (const [postId, time] of [
      [1, now],
      [1_120, later(29_000)],
      [2 ** 20 - 1, later(86_400_000)],
    ] as const) {
      const { code } = postCodeAt(signer, postId, time);
      for (const changed of oneChanged(code, '0123456789ABCDEFGHJKMNPQRSTVWXYZU*é一😀')) {
        expect([changed, readPostCode(signer, changed, time)]).toEqual([changed, 'PASS_INVALID']);
      }
    }
  });

  test('of another installation is refused', () => {
    expect(readPostCode(signer, postCodeAt(stranger, 5, now).code, now)).toBe('PASS_INVALID');
  });

  test('may be typed as people type', () => {
    // One whose characters are those that get confused.
    const time = fc
      .sample(times, { numRuns: 2_000, seed: 3 })
      .find((it) => /0.*1|1.*0/.test(postCodeAt(signer, 5, it).code))!;
    const { code } = postCodeAt(signer, 5, time);
    const typed = [
      code.toLowerCase(),
      code.replace(/(....)(....)(....)/, '$1 $2 $3'),
      code.replace(/(....)(....)(....)/, '$1-$2-$3'),
      `  ${code}\n`,
      [...code].join(' '),
      code.replaceAll('0', 'O'),
      code.replaceAll('0', 'o').replaceAll('1', 'l'),
      code.replaceAll('1', 'I'),
      code.replaceAll('1', 'i').toLowerCase(),
      code.replaceAll('1', 'L'),
    ];
    for (const text of typed) expect([text, readPostCode(signer, text, time)]).toEqual([text, { postId: 5 }]);
  });

  test('anything else is refused and nothing throws', () => {
    const length = { minLength: 0, maxLength: 40 };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', ...length }),
          fc.string({ unit: fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'), minLength: 12, maxLength: 12 }),
        ),
        times,
        (text, time) => {
          expect(readPostCode(signer, text, time)).toBe('PASS_INVALID');
        },
      ),
      // Fixed: one in 2^28 random codes is right.
      { seed: 4, numRuns: 500 },
    );
  });

  test('can be read whatever time a device tells', () => {
    const { code } = postCodeAt(signer, 5, now);
    for (const time of ['0000-01-01T00:00:00Z', '1969-12-31T23:59:59.999Z', '9999-12-31T23:59:59Z']) {
      expect(readPostCode(signer, code, new Date(time))).toMatch(/^PASS_(INVALID|EXPIRED)$/);
    }
  });
});

describe("a volunteer's pass", () => {
  const eventId = 3;
  const expiresAt = new Date('2026-06-16T20:00:00.500Z');
  const pass = makePass(signer, 2_018, eventId, expiresAt);

  test('leads back to its person', () => {
    const keys = fc.integer({ min: 1, max: 999_999_999 });
    fc.assert(
      fc.property(keys, keys, times, (volunteerId, event, expires) => {
        const text = makePass(signer, volunteerId, event, expires);
        expect(text).toMatch(/^[\w-]{32}$/);
        expect(readPass(signer, text, event, expires)).toEqual({ volunteerId });
      }),
    );
  });

  test('is taken up to the end of its last second', () => {
    const end = new Date('2026-06-16T20:00:01.000Z');
    expect(readPass(signer, pass, eventId, expiresAt)).toEqual({ volunteerId: 2_018 });
    expect(readPass(signer, pass, eventId, end)).toEqual({ volunteerId: 2_018 });
    expect(readPass(signer, pass, eventId, later(1, end))).toBe('PASS_EXPIRED');
  });

  test('of another event is told apart, also when it has expired', () => {
    expect(readPass(signer, pass, 4, now)).toBe('PASS_WRONG_EVENT');
    expect(readPass(signer, pass, 4, later(86_400_000, expiresAt))).toBe('PASS_WRONG_EVENT');
  });

  test('with any one character changed, added or left out is refused', () => {
    const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. é一😀';
    for (let salt = 0; salt < 4; salt++) {
      const text = makePass(signer, 1 + salt, eventId, expiresAt);
      const others = [
        ...oneChanged(text, characters),
        ...[...characters]
          .filter((c) => c !== ' ')
          .flatMap((c) => [c + text, text + c, text.slice(0, 9) + c + text.slice(9)]),
        text.slice(1),
        text.slice(0, -1),
        text.toLowerCase(),
      ];
      for (const other of others) {
        // A blank at either end is how scanners are; it is no change.
        if (other.trim() === text) continue;
        expect([other, readPass(signer, other, eventId, now)]).toEqual([other, 'PASS_INVALID']);
      }
    }
  });

  test('of another installation is refused', () => {
    expect(readPass(signer, makePass(stranger, 2_018, eventId, expiresAt), eventId, now)).toBe('PASS_INVALID');
  });

  test('may have blanks around it, as scanners send them', () => {
    expect(readPass(signer, ` ${pass}\r\n`, eventId, now)).toEqual({ volunteerId: 2_018 });
  });

  test('anything else is refused and nothing throws', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array({ minLength: 24, maxLength: 24 }).map(base64Url),
    );
    fc.assert(
      fc.property(text, (it) => {
        expect(readPass(signer, it, eventId, now)).toBe('PASS_INVALID');
      }),
    );
  });

  test('a signature for one purpose is none for another', () => {
    expect(signer.matches('pass', 'x', signer.mac('post code', 'x', 12))).toBe(false);
    expect(signer.matches('pass', 'x', signer.mac('pass', 'x', 12))).toBe(true);
  });
});

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
