import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskName, stripInvisible } from '../../server/volunteer/volunteer.rules.js';

describe('a masked name', () => {
  test.each([
    ['测试员', '测*'],
    ['𠮷野测试', '𠮷*'],
    ['𬭎试', '𬭎*'],
    // A variant of a character is chosen by a selector behind it; the mask keeps the character.
    ['葛\u{e0100}测试', '葛*'],
    ['阿测·试买提', '阿*'],
    ['欧阳测试', '欧*'],
    ['T', 'T*'],
    ['', '*'],
    ['\u202e测试', '测*'],
    ['\u200b\u2066\ufeff', '*'],
  ])('of %j is %j', (name, masked) => {
    expect(maskName(name)).toBe(masked);
  });

  test('tells at most one character of any name, and is well-formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const masked = maskName(name);
        expect(masked.endsWith('*')).toBe(true);
        expect([...masked].length).toBeLessThanOrEqual(2);
        expect(masked.isWellFormed()).toBe(true);
        expect(stripInvisible(masked)).toBe(masked);
      }),
    );
  });
});

describe('what has no place on a screen', () => {
  test.each([
    [
      'direction marks, embeddings, overrides, isolates',
      '\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069',
    ],
    ['zero-width characters', '\u200b\u200c\u200d\u2060\ufeff\u180e'],
    ['soft hyphens and other invisible format characters', '\u00ad\u2061\u2062\u2063\u2064\u206a\u206f\ufff9\ufffb'],
    ['tags, which can carry a hidden text', '\u{e0001}\u{e0041}\u{e007f}'],
    ['control characters', '\u0000\u0007\u0008\u001b\u007f\u0085\u009f'],
    ['line and paragraph separators', '\u2028\u2029'],
  ])('%s go', (_, characters) => {
    for (const character of characters)
      expect([character, stripInvisible(`测${character}试`)]).toEqual([character, '测试']);
  });

  test.each(['测试', '𠮷𬭎', '葛\u{e0100}', '阿测·买提', '<b>&amp;</b>', "O'Test", '全角　空格', 'é', '👍🏽', 'ปกติ'])(
    '%j stays as it is',
    (text) => {
      expect(stripInvisible(text)).toBe(text);
    },
  );

  test('every Han character stays, those beyond the BMP too', () => {
    const han = fc.constantFrom([0x3400, 0x9fff], [0x20000, 0x2a6df], [0x2a700, 0x2ebe0], [0x30000, 0x323af]);
    const character = han.chain(([min, max]) => fc.integer({ min: min!, max: max! })).map(String.fromCodePoint);
    fc.assert(
      fc.property(fc.string({ unit: character }), (text) => {
        expect(stripInvisible(text)).toBe(text);
      }),
    );
  });
});
