import { globSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addAccounts } from '../../seeds/builders.js';
import { checkIn, scan } from '../support/app.js';
import { Browser, signedIn } from '../support/browser-session.js';
import { openSite, type Site } from './site.js';

const account = { login: 'csp.test', password: '春天种下一百棵树' };

/** Of routes with a parameter, which one to open. Every other page of web/src/routes is opened as it is, by an administrator. */
const places: Record<string, string> = {
  '/posts/[code]': '/posts/W01-A01-01',
  '/posts/[code]/passes': '/posts/W01-A01-01/passes',
  '/wall/[event]': '/wall/w-day',
};
const routes = globSync('**/+page.svelte', { cwd: 'web/src/routes' })
  .map((file) => `/${file.replace(/\/?\+page\.svelte$/, '')}`)
  .toSorted();

let site: Site;
let administrator: Browser;

beforeAll(async () => {
  site = await openSite({ teams: 1, posts: 1, volunteers: 2 });
  // A volunteer, too: an account of time is only a person's.
  const volunteer = site.world.volunteers[0]!.code;
  await addAccounts(site.sql, [{ ...account, volunteer, grants: [{ role: 'ADMINISTRATOR' }] }]);
  administrator = await signedIn(site, account.login, account.password);
  await checkIn(site, scan(site.world, 0, 0));
});
afterAll(() => site?.close());

/** In the browser, before anything of the page runs: what the policy keeps out. */
function listen(): void {
  const here = globalThis as unknown as {
    violations: string[];
    document: { addEventListener(name: string, heard: (event: Record<string, string>) => void): void };
  };
  here.violations = [];
  here.document.addEventListener('securitypolicyviolation', (event) =>
    here.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
  );
}
const violations = (page: Page) => page.evaluate<string[]>('violations');

async function visit(path: string, lang: string): Promise<{ page: Page; context: BrowserContext; asked: URL[] }> {
  const context = await site.browser.newContext({ locale: lang, reducedMotion: 'reduce' });
  const [name, value] = administrator.cookie!.split('=') as [string, string];
  // Whoever has signed in is led on from there.
  if (path !== '/sign-in') await context.addCookies([{ name, value, url: site.url }]);
  await context.addInitScript(listen);
  const page = await context.newPage();
  const asked: URL[] = [];
  page.on('request', (request) => asked.push(new URL(request.url())));
  page.on('websocket', (socket) => asked.push(new URL(socket.url().replace('ws', 'http'))));
  const response = await page.goto(`${site.url}${path}`, { waitUntil: 'networkidle' });
  expect(response!.status(), `the status of ${path}`).toBe(200);
  expect(new URL(page.url()).pathname).toBe(path.split('?')[0]);
  return { page, context, asked };
}

test('of every page one is opened', () => {
  expect(routes.length).toBeGreaterThan(10);
  expect(Object.keys(places).filter((route) => !routes.includes(route))).toEqual([]);
  expect(routes.filter((route) => route.includes('[') && !places[route])).toEqual([]);
});

test.each(routes)('%s lives by its own policy, in both languages', async (route) => {
  const path = places[route] ?? route;
  for (const lang of ['zh-CN', 'en']) {
    const { page, context, asked } = await visit(path, lang);
    expect(await page.locator('html').getAttribute('lang')).toBe(lang);
    expect(await violations(page), `${path} in ${lang}`).toEqual([]);
    const outside = asked.filter(({ origin, protocol }) => origin !== site.url && !/^(data|blob):$/.test(protocol));
    expect(
      outside.map(({ href }) => href),
      'loaded from outside',
    ).toEqual([]);
    // Nothing that runs stands in the markup but what the server vouches for with this answer's own number.
    const loose = await page.evaluate<string[]>(`[
      ...[...document.scripts].filter((it) => !it.src && !it.nonce && !/json/.test(it.type)),
      ...[...document.querySelectorAll('*')].filter((it) => [...it.attributes].some(({ name, value }) => /^on/i.test(name) || /^\\s*javascript:/i.test(value))),
    ].map((it) => it.outerHTML.slice(0, 200))`);
    expect(loose, `${path} in ${lang}`).toEqual([]);
    await context.close();
  }
});

test('the number that vouches for scripts is another one for each answer', async () => {
  const nonceOf = async () =>
    /'nonce-([^']+)'/.exec((await fetch(site.url)).headers.get('content-security-policy')!)![1];
  expect(await nonceOf()).not.toBe(await nonceOf());
});

test('what is smuggled into a page as a script does not run', async () => {
  const { page, context } = await visit('/', 'zh-CN');
  await page.evaluate(`(() => {
    globalThis.ran = [];
    const add = (html) => document.body.insertAdjacentHTML('beforeend', html);
    const script = document.createElement('script');
    script.textContent = 'ran.push("script")';
    document.body.append(script);
    add('<img src="/no-such-picture" onerror="ran.push(1)">');
    add('<a id="bait" href="javascript:ran.push(2)">x</a>');
    add('<iframe srcdoc="<script>parent.ran.push(3)<\\/script>"></iframe>');
    document.querySelector('#bait').click();
    const far = document.createElement('script');
    far.src = 'https://evil.example/x.js';
    document.body.append(far);
    add('<img src="https://evil.example/x.png">');
  })()`);
  await page.waitForFunction('violations.length >= 5');
  expect(await page.evaluate('ran')).toEqual([]);
  const told = (await violations(page)).map((text) => text.split(' ')[0]);
  expect(new Set(told)).toEqual(new Set(['script-src-elem', 'script-src-attr', 'img-src']));
  await context.close();
});
