import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkIn, scan } from '../support/app.js';
import { openSite, type Site } from './site.js';

let site: Site;

beforeAll(async () => {
  site = await openSite({ schools: 2, teams: 2, posts: 2, volunteers: 4 });
  await checkIn(site, scan(site.world, 0, 0));
});

afterAll(async () => {
  await site?.close();
});

const paths = ['/', '/wall/w-day', '/check-in', '/posts', '/posts?code=W01-A01', '/posts/W01-A01-01', '/no-such-page'];
const views = [
  { name: 'wide', viewport: { width: 1920, height: 1080 } },
  { name: 'phone', viewport: { width: 390, height: 844 } },
];

test.each(paths)('%s can be used by everybody, in both languages, on a wide screen and on a phone', async (path) => {
  for (const locale of ['zh-CN', 'en']) {
    const page = await site.visit(path, { locale, watch: path !== '/no-such-page' });
    expect(await page.locator('html').getAttribute('lang')).toBe(locale);
    for (const { name, viewport } of views) {
      await page.setViewportSize(viewport);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      const told = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      expect(told, `${path} in ${locale}, ${name}`).toEqual([]);
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect(overflow, `${path} in ${locale}, ${name}: wider than the screen`).toBeLessThanOrEqual(0);
    }
    await page.context().close();
  }
});

test('the language is chosen by a link on every page, which leads back to the page, and is remembered', async () => {
  const page = await site.visit('/posts?code=W01-A01');
  expect(await page.locator('h1').innerText()).toBe('岗位屏');
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByRole('heading', { level: 1, name: 'Post screens' }).waitFor();
  expect(page.url()).toBe(`${site.url}/posts?code=W01-A01`);
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  await page.goto(`${site.url}/wall/w-day`);
  expect(await page.locator('.totals dt').first().innerText()).toBe('People taking part');
  await page.getByRole('link', { name: '中文' }).click();
  await page.locator('.totals dt', { hasText: '参与人数' }).waitFor();
  await page.context().close();
});

test('the language switch works without any script', async () => {
  const page = await site.visit('/', { javaScriptEnabled: false });
  await page.getByRole('link', { name: 'English' }).click();
  await page.locator('html[lang=en]').waitFor();
  expect(await page.locator('h1').innerText()).toContain('volunteer service');
  await page.context().close();
});

test.each([
  [undefined, 'zh-CN'],
  ['fr-FR, fr;q=0.9', 'zh-CN'],
  ['en-US,en;q=0.9,zh;q=0.8', 'en'],
  ['fr, en;q=0.1, zh-TW;q=0.5', 'zh-CN'],
  ['zh;q=0, en', 'en'],
])('a first visit with Accept-Language %s is answered in %s', async (header, lang) => {
  const response = await fetch(site.url, header ? { headers: { 'accept-language': header } } : {});
  expect(response.headers.get('content-language')).toBe(lang);
  expect(response.headers.get('vary')).toContain('Accept-Language');
  expect(await response.text()).toContain(`<html lang="${lang}">`);
});

test('home shows the event of today with its numbers, and leads everywhere', async () => {
  const page = await site.visit('/');
  expect(await page.locator('.event').innerText()).toContain('测试活动');
  expect(await page.locator('.event dd').first().innerText()).toBe('1');
  await page.getByRole('link', { name: '看大屏' }).click();
  await page.locator('.wall').waitFor();
  await page.goBack();
  await page.getByRole('link', { name: '我要签到' }).click();
  await page.locator('#code').waitFor();
  await page.context().close();
});

test('a post is found level by level, or by the code on its sign', async () => {
  const page = await site.visit('/posts');
  for (const code of ['W02', 'W02-A', 'W02-A01', 'W02-A01-02']) {
    await page.locator('.units a', { has: page.getByText(code, { exact: true }).last() }).click();
    await page.waitForURL((url) => url.href.endsWith(code));
  }
  expect(await page.locator('.path').innerText()).toMatch(/W02\s*W02-A\s*W02-A01/);
  await page.goto(`${site.url}/posts`);
  await page.locator('#code').fill(' w01-a01-01');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/posts/W01-A01-01');
  await page.goto(`${site.url}/posts`);
  await page.locator('#code').fill('W99');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'W99' }).waitFor();
  await page.context().close();
});

test('pages allow no script but their own', async () => {
  const { headers } = await fetch(site.url);
  const policy = headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'self'");
  const scripts = /script-src ([^;]+)/.exec(policy)![1]!;
  expect(
    scripts
      .replace(/'nonce-[^']+'/, 'nonce')
      .split(' ')
      .toSorted(),
  ).toEqual(["'self'", "'wasm-unsafe-eval'", 'nonce']);
  expect(policy).not.toMatch(/https?:/);
});

test('the browser complained about nothing, and nothing came from elsewhere', () => {
  expect(site.complaints).toEqual([]);
});
