import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { frames, operations, requests } from './catalogue.js';

/** Where something is tried: a row of the catalogue, or a test by its file and title. */
type Where = [group: keyof typeof catalogue, what: string] | [file: `${string}.test.ts`, title: string];

const catalogue = { ...operations, requests, frames };

/**
 * What bad input gets, line by line as it is promised, and where each part of it is tried. What the product has no door for
 * yet (WeChat, imports, webhooks) joins when it has. The default holds for every row of the catalogue: a stable code, no
 * stack, nothing written, and others are served meanwhile.
 */
const promises: Record<string, Record<string, Where[]>> = {
  Documents: {
    'over 1,000 tokens': [
      ['documents', 'over 1,000 tokens'],
      ['door/documents.test.ts', 'the numbers that were promised'],
    ],
    '15 deep': [
      ['documents', '16 levels deep'],
      ['documents', '16 levels deep through a fragment'],
      ['door/documents.test.ts', '15 deep passes, 16 does not'],
    ],
    '30 aliases': [
      ['documents', '31 aliases'],
      ['documents', '33 aliases by way of a fragment'],
      ['door/documents.test.ts', '30 aliases pass, 31 do not'],
    ],
    '50 directives': [
      ['documents', '52 directives'],
      ['door/documents.test.ts', '50 directives pass, 51 do not'],
    ],
    'the cost budget': [
      ['documents', 'more than the whole budget'],
      ['door/budget.test.ts', 'over it: THROTTLED, nothing executed, and when to come back'],
      ['door/budget.test.ts', '429 with Retry-After, by either media type; a refused document costs one'],
    ],
    'one operation beyond the named one': [['documents', 'a second operation beside the named one']],
    'fragment cycles': [['documents', 'fragments in a circle']],
    batches: [['requests', 'a batch']],
    'subscriptions by POST': [['documents', 'a subscription by POST']],
    'unknown persisted hashes': [
      ['documents', 'a persisted query, by hash alone'],
      ['documents', 'a persisted query, to be registered'],
    ],
    '`first` of 0, -1 or 1e9': [
      ['documents', 'first: 0'],
      ['documents', 'first: -1'],
      ['documents', 'first: 1000000000'],
      ['documents', 'first: 0 in a variable'],
    ],
    'refused before execution': [['door/documents.test.ts', 'fragments that double']],
    'introspection for identities that may': [
      ['documents', 'introspection by the public'],
      ['documents', 'introspection by a screen'],
      ['door/documents.test.ts', 'introspection by those who build on the API'],
    ],
    'suggestions never': [
      ['documents', 'a misspelt field'],
      ['door/documents.test.ts', 'no suggestion for a misspelt %s'],
    ],
  },
  Transport: {
    'wrong content type 415': [
      ['requests', 'of type text/plain'],
      ['requests', 'in GBK'],
    ],
    'invalid UTF-8 400, on a socket 1007': [
      ['requests', 'with bytes that are no UTF-8'],
      ['frames', 'text that is no UTF-8'],
    ],
    'body over 256 KB 413': [['requests', 'of 256 KB and a byte']],
    'compressed bombs 413': [
      ['requests', 'a gzip bomb'],
      ['requests', 'a deflate bomb'],
      ['requests', 'a br bomb'],
    ],
    'GET mutation 405': [
      ['requests', 'a change by GET'],
      ['requests', 'a phone number by GET'],
    ],
    'foreign Origin 403': [
      ['requests', 'from origin https://evil.example'],
      ['frames', 'from another website'],
    ],
    'no `connection_init` in 10 s 4408': [['door/socket.test.ts', 'no connection_init in time: 4408']],
    'subscribe before it 4401': [['frames', 'a subscription before connection_init']],
    'a second one 4429': [['frames', 'a second connection_init']],
    'a live duplicate id 4409': [['frames', 'an id that is in use']],
    'malformed message 4400': [
      ['frames', 'a malformed message: nonsense'],
      ['frames', 'a binary message'],
    ],
    'a frame over 64 KB 1009': [['frames', 'a frame over 64 KB']],
    'over 100 streams on a socket refused': [['frames', 'the 101st stream']],
    'half-sent requests cut after 20 s': [
      ['door/http.test.ts', 'are cut after 20 seconds'],
      ['door/http.test.ts', 'in the head'],
      ['door/http.test.ts', 'in the body'],
    ],
  },
  Identity: {
    "another station's object by id": [
      ['identities', 'their person by id'],
      ['identities', 'disabling their account'],
      ['identities', 'revealing their person'],
    ],
    'nested field': [['identities', 'the code of their post, nested']],
    '`node(id)`': [
      ['identities', 'their account by id'],
      ['identities', 'their key by id'],
    ],
    'subscription filter': [
      ['identities', 'a stream of an event that there is not'],
      ['live/feed.test.ts', 'what nobody may see is absent: an unknown event or unit'],
    ],
    'a revoked key or session stops live streams within 5 s': [
      ['live/credentials.test.ts', 'when its session is revoked; those of others go on'],
      ['live/credentials.test.ts', 'when its key is revoked'],
      ['identities', 'a key: revoked'],
    ],
    'key and login guessing is limited per account and address': [
      [
        'api/sign-in.test.ts',
        'an account from one address is stopped, and told until when; the right one elsewhere is not',
      ],
      ['api/sign-in.test.ts', 'one account from many addresses, and many from one, is stopped, too'],
      ['api/sign-in.test.ts', 'keys from one address is told to stop; keys that are valid are taken all the same'],
    ],
    'sessions change id at login': [
      ['api/sign-in.test.ts', 'gives a new id to a browser that had one, and the old one is worth nothing'],
    ],
    'cookies are HttpOnly, SameSite=Lax, and over https `__Host-` and Secure': [
      ['door/cookies.test.ts', 'over http and over https'],
    ],
    'a key in a URL is refused': [
      ['requests', 'a key in the URL: key=abc'],
      ['frames', 'a key in the URL'],
    ],
  },
  Codes: {
    'forged `PASS_INVALID`': [
      ['codes', "a forged post's code"],
      ['codes', 'a forged pass'],
    ],
    'expired `PASS_EXPIRED`': [
      ['codes', "a post's code of an hour ago"],
      ['codes', 'a pass that has expired'],
    ],
    "another event's `PASS_WRONG_EVENT`": [['codes', "another event's pass"]],
    'replayed: “already in, 10:02, at …” and no row': [
      ['codes', 'a screenshot, shown again under another key'],
      ['api/check-in-time.test.ts', '“already in” says when, by the community’s clock, and where'],
    ],
    'one screenshot on two kiosks in one second: one row': [
      ['api/check-in-race.test.ts', 'one screenshot on two kiosks in one second: one row'],
    ],
  },
  Domain: {
    'check-out before check-in is kept for review': [
      ['api/check-in.test.ts', 'a check-out before its check-in is kept, and paired when the check-in arrives'],
    ],
    'an offline batch out before in, three days late or with a wrong clock: counted once, flagged': [
      ['api/check-in-time.test.ts', 'told by a batch out of order and three days late count once, and are flagged'],
      ['api/check-in-time.test.ts', 'with clocks that are wrong count once, and nobody stays a negative time'],
    ],
    'midnight and DST give true minutes': [
      ['api/check-in-time.test.ts', 'count whole minutes, over midnight too'],
      ['rules/decide.test.ts', 'the clock goes forward in Berlin: 01:30 to 03:30 is one hour'],
      ['rules/decide.test.ts', 'the clock goes back in Berlin: 01:30 to 03:30 is three hours'],
    ],
    'a 25-hour stay goes to review': [
      ['api/check-in-time.test.ts', 'of a day count, of 25 hours wait for somebody to look'],
    ],
  },
  Text: {
    'rare Han characters and names with `·` survive byte for byte': [
      ['door/http.test.ts', 'rare characters come back byte for byte'],
      ['api/check-in-input.test.ts', '%s: kept and given back byte for byte'],
      ['api/check-in-input.test.ts', 'with a ·'],
    ],
    'NUL is BAD_USER_INPUT': [
      ['texts', 'NUL in a name'],
      ['codes', 'a note with NUL in it'],
    ],
    'direction overrides and zero-width characters are stripped on screens': [
      ['api/check-in-input.test.ts', 'direction overrides and zero-width characters are kept but not shown'],
    ],
    'markup is text, and the CSP allows no inline script': [
      ['api/check-in-input.test.ts', 'that is markup'],
      ['web/csp.test.ts', 'what is smuggled into a page as a script does not run'],
    ],
  },
};

describe.each(Object.entries(promises))('%s', (_, parts) => {
  test.each(Object.entries(parts))('%s', async (_part, places) => {
    expect(places.length).toBeGreaterThan(0);
    for (const [where, title] of places) {
      if (where in catalogue) {
        const rows: { what: string }[] = catalogue[where as keyof typeof catalogue];
        expect(rows.map(({ what }) => what)).toContain(title);
        continue;
      }
      const source = await readFile(join('test', where), 'utf8');
      // As the formatter writes it, in either kind of quotes.
      const quoted = [`'${title.replaceAll("'", String.raw`\'`)}'`, `"${title}"`];
      expect(
        quoted.some((text) => source.includes(text)),
        `${where}: ${title}`,
      ).toBe(true);
      expect(source, `${where} runs all of its tests`).not.toMatch(/\.(skip|todo|only|fails|skipIf|runIf)\b/);
    }
  });
});

test('every line of the promise is there', () => {
  expect(Object.keys(promises)).toEqual(['Documents', 'Transport', 'Identity', 'Codes', 'Domain', 'Text']);
  const counts = Object.values(promises).map((parts) => Object.keys(parts).length);
  // A part that is taken out is missed here: these go up only.
  expect(counts).toEqual([14, 14, 9, 5, 4, 4]);
});
