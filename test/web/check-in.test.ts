import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { until } from '../support/app.js';
import { openSite, type Site } from './site.js';

let site: Site;

beforeAll(async () => {
  site = await openSite({ teams: 2, posts: 2, volunteers: 6 });
});

afterAll(async () => {
  await site?.close();
});

const phone = { viewport: { width: 390, height: 844 } };

/** A phone on which this volunteer opened their personal link. */
async function phoneOf(volunteer: number, more: object = {}): Promise<Page> {
  const { pass } = await site.codesOf(volunteer, 0);
  const page = await site.visit(`/check-in#pass=${pass}`, { ...phone, ...more });
  await page.locator('.ready').waitFor();
  return page;
}

const codeOf = async (post: number) => (await site.codesOf(0, post)).postCode;
const result = (page: Page, kind: string) => page.locator(`[data-result=${kind}]`);
const rowsOf = async (volunteer: number) =>
  (
    await site.sql.query<{ direction: string; post_id: number; sequence: number }>(
      'select direction, post_id, sequence from check_in where volunteer_id = $1 order by sequence',
      [site.world.volunteers[volunteer]!.id],
    )
  ).rows;

test('a typed code, in lower case and with the mistakes that people make, checks in: green, with post and number', async () => {
  const page = await phoneOf(0);
  // A pass is not for whoever looks over the shoulder.
  expect(page.url()).toBe(`${site.url}/check-in`);
  const code = await codeOf(0);
  const typed = code.toLowerCase().replace(/0/g, 'o').replace(/1/g, 'l');
  await page.locator('#code').pressSequentially(typed);
  expect(await page.locator('#code').inputValue()).toBe(code.replace(/(.{4})(?=.)/g, '$1 '));
  await page.getByRole('button', { name: '签到' }).click();
  const shown = result(page, 'CheckInRecorded');
  await shown.waitFor();
  const [row] = await rowsOf(0);
  expect(row).toMatchObject({ direction: 'IN', post_id: site.world.posts[0]!.id });
  expect(await shown.innerText()).toContain('签到成功');
  expect(await shown.innerText()).toContain('测*');
  expect(await shown.innerText()).toContain(site.world.posts[0]!.code);
  expect(await shown.innerText()).toContain(`第 ${row!.sequence} 条记录`);
  expect(await page.evaluate('document.activeElement.textContent')).toBe('签到成功');

  await page.getByRole('button', { name: '完成' }).click();
  expect(await page.locator('#code').inputValue()).toBe('');
  await page.locator('#code').fill(code);
  await page.getByRole('button', { name: '签到' }).click();
  const again = result(page, 'AlreadyCheckedIn');
  await again.waitFor();
  expect(await again.innerText()).toContain('您已签到');
  expect(await again.innerText()).toContain(site.world.posts[0]!.code);
  expect(await rowsOf(0)).toHaveLength(1);

  // To leave, no code is needed.
  await page.getByRole('button', { name: '完成' }).click();
  await page.getByRole('button', { name: '签退' }).click();
  await result(page, 'CheckOutRecorded').waitFor();
  expect((await rowsOf(0)).map(({ direction }) => direction)).toEqual(['IN', 'OUT']);
  await page.context().close();
});

test('the keyboard is enough', async () => {
  const page = await phoneOf(1);
  const code = await codeOf(1);
  await page.locator('#code').focus();
  await page.keyboard.type(code);
  for (let presses = 0; presses < 10; presses++) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate('document.activeElement.textContent')) === '签到') break;
  }
  await page.keyboard.press('Enter');
  await result(page, 'CheckInRecorded').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('#code').waitFor();
  expect(await rowsOf(1)).toHaveLength(1);
  await page.context().close();
});

test('what is missing is said, and the cursor goes there', async () => {
  const page = await site.visit('/check-in', { ...phone, locale: 'en' });
  await page.getByRole('button', { name: 'Check in' }).click();
  await page.getByRole('alert').filter({ hasText: 'Step 1 is missing' }).waitFor();
  expect(await page.evaluate('document.activeElement.id')).toBe('pass');

  await page.locator('#pass').fill('hello');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: "neither a post's code nor a pass" }).waitFor();

  const { pass } = await site.codesOf(2, 0);
  await page.locator('#pass').fill(`${site.url}/check-in#pass=${pass}`);
  await page.keyboard.press('Enter');
  await page.locator('.ready').waitFor();
  await page.getByRole('button', { name: 'Check in' }).click();
  await page.getByRole('alert').filter({ hasText: 'Step 2 is missing' }).waitFor();
  expect(await page.evaluate('document.activeElement.id')).toBe('code');
  expect(await rowsOf(2)).toHaveLength(0);
  await page.context().close();
});

test('what is pressed before the scripts are there is done when they are, and nothing that was typed is lost', async () => {
  const page = await site.visit('/', { ...phone, locale: 'en' });
  const held: (() => void)[] = [];
  let letThrough = false;
  await page.route('**/*.js', async (route) => {
    if (!letThrough) await new Promise<void>((resolve) => held.push(resolve));
    await route.continue();
  });
  await page.goto(`${site.url}/check-in`, { waitUntil: 'commit' });
  await page.locator('#pass').fill('hello');
  await page.keyboard.press('Enter');
  await expect.poll(() => held.length).toBeGreaterThan(0);
  letThrough = true;
  for (const release of held) release();
  await page.getByRole('alert').filter({ hasText: "neither a post's code nor a pass" }).waitFor();
  expect(new URL(page.url()).search).toBe('');
  await page.context().close();
});

test('forged codes and passes are refused in red, with what to do', async () => {
  const page = await phoneOf(2);
  await page.locator('#code').fill('0000 0000 0000');
  await page.getByRole('button', { name: '签到' }).click();
  const refused = result(page, 'PassRejected');
  await refused.waitFor();
  expect(await refused.innerText()).toContain('码不对');
  expect(await refused.innerText()).toContain('请重新扫描');
  expect(await rowsOf(2)).toHaveLength(0);
  await page.context().close();
});

test('a link with the code of a post, opened on a phone that has a pass, is one tap away from being in', async () => {
  const page = await phoneOf(3);
  const code = await codeOf(2);
  await page.goto(`${site.url}/check-in#code=${code}`);
  await page.locator('.step.done #code').waitFor();
  // The same page again, with another fragment: the browser loads nothing.
  const next = await codeOf(3);
  await page.evaluate(`location.hash = 'code=${next}'`);
  await until(async () => (await page.locator('#code').inputValue()).replaceAll(' ', '') === next, 'the other code');
  await page.getByRole('button', { name: '签到' }).click();
  await result(page, 'CheckInRecorded').waitFor();
  expect(await rowsOf(3)).toMatchObject([{ post_id: site.world.posts[3]!.id }]);
  await page.context().close();
});

test('a scan that finds no network waits, survives a reload, and is recorded once', async () => {
  const page = await phoneOf(4);
  await page.locator('#code').fill(await codeOf(0));
  // The first answer is lost after it was recorded, the next ones do not get there at all.
  let calls = 0;
  const keys: string[] = [];
  await page.route('**/graphql', async (route) => {
    keys.push((route.request().postDataJSON() as { variables: { input: { key: string } } }).variables.input.key);
    if (++calls === 1) await route.fetch();
    await route.abort();
  });
  await page.getByRole('button', { name: '签到' }).click();
  await page.locator('.sending', { hasText: '会一直重试' }).waitFor();
  await page.reload();
  await page.locator('.sending', { hasText: '会一直重试' }).waitFor();
  await page.unroute('**/graphql');
  await page.evaluate("dispatchEvent(new Event('online'))");
  await result(page, 'CheckInRecorded').waitFor();
  expect(await rowsOf(4)).toHaveLength(1);
  expect(calls).toBeGreaterThanOrEqual(2);
  expect(new Set(keys).size).toBe(1);
  expect(await page.evaluate("localStorage.getItem('baihua.sending')")).toBeNull();
  await page.context().close();
});

test("a post's screen shows its code to whoever runs it; a photo of the screen checks in; the screen says who came", async () => {
  const { code: postCode } = site.world.posts[1]!;
  const tablet = await site.visit(`/posts/${postCode}`, { viewport: { width: 1180, height: 820 }, watch: false });
  await tablet.locator('#key').fill('bh_not_a_key');
  await tablet.keyboard.press('Enter');
  await tablet.getByRole('alert').filter({ hasText: '密钥' }).waitFor();
  await tablet.locator('#key').fill(site.keys.partner);
  await tablet.keyboard.press('Enter');
  await tablet.getByRole('alert').filter({ hasText: '不能显示本岗位的码' }).waitFor();
  await tablet.locator('#key').fill(site.keys.leader);
  await tablet.keyboard.press('Enter');
  await tablet.locator('[data-code]').waitFor();
  await tablet.locator('.event .live').waitFor();
  expect(await tablet.locator('.countdown').innerText()).toMatch(/^\d+ 秒后更换$/);

  const photo = await tablet.locator('.sheet').screenshot();
  const page = await phoneOf(5);
  await page.locator('input[type=file]').setInputFiles({ name: 'post.png', mimeType: 'image/png', buffer: photo });
  await page.locator('.step.done #code').waitFor();
  await page.getByRole('button', { name: '签到' }).click();
  await result(page, 'CheckInRecorded').waitFor();
  expect(await rowsOf(5)).toMatchObject([{ post_id: site.world.posts[1]!.id }]);
  await tablet.locator('.newest', { hasText: '测*' }).waitFor();
  await tablet.locator(`dd[data-on-site="${(await countOnSite(1)).toString()}"]`).waitFor();

  // The key is this tab's: a reload keeps it, another tab does not have it.
  await tablet.reload();
  await tablet.locator('[data-code]').waitFor();
  const other = await tablet.context().newPage();
  await other.goto(`${site.url}/posts/${postCode}`);
  await other.locator('#key').waitFor();
  await tablet.getByRole('button', { name: '忘记密钥' }).click();
  await tablet.locator('#key').waitFor();
  await page.context().close();
  await tablet.context().close();
});

async function countOnSite(post: number): Promise<number> {
  const { rows } = await site.sql.query<{ count: number }>(
    `select count(*)::int as count from (select distinct on (volunteer_id) direction, post_id from check_in
     order by volunteer_id, sequence desc) last where direction = 'IN' and post_id = $1`,
    [site.world.posts[post]!.id],
  );
  return rows[0]!.count;
}

test("a post's screen changes its code in time, says so when it cannot, and never shows one that has expired", async () => {
  const tablet = await site.visit(`/posts/${site.world.posts[0]!.code}`, { watch: false, clock: true });
  await tablet.locator('#key').fill(site.keys.leader);
  await tablet.keyboard.press('Enter');
  const shown = tablet.locator('[data-code]');
  await shown.waitFor();
  const first = await shown.getAttribute('data-code');
  const pass = async (seconds: number) => {
    site.time.aheadMs += seconds * 1000;
    await tablet.clock.fastForward(seconds * 1000);
  };
  await pass(30);
  await until(async () => (await shown.getAttribute('data-code')) !== first, 'another code');
  const second = await shown.getAttribute('data-code');

  await tablet.route('**/graphql', (route) => route.abort());
  await pass(30);
  await tablet.locator('.countdown.cut-off').waitFor();
  expect(await tablet.locator('.countdown').innerText()).toContain('正在重试');
  expect(await tablet.locator('.sheet.expired').count()).toBe(0);
  // A minute of grace after it should have left the screen.
  await pass(65);
  await tablet.locator('.sheet.expired .veil').waitFor();
  await tablet.unroute('**/graphql');
  await pass(3);
  await tablet.locator('.countdown:not(.cut-off)').waitFor();
  await tablet.locator('.sheet:not(.expired)').waitFor();
  expect(await shown.getAttribute('data-code')).not.toBe(second);
  await tablet.context().close();
});

test('the browser complained about nothing but the networks that the tests took away', () => {
  expect(site.complaints.filter((text) => !text.includes('net::ERR_FAILED'))).toEqual([]);
});
