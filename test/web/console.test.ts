import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addAccounts } from '../../seeds/builders.js';
import { checkIn, scan } from '../support/app.js';
import { openSite, type Site } from './site.js';

const administrator = { login: 'admin.test', password: '春天种下一百棵树' };

let site: Site;
/** The administrator's own page, signed in through the form. */
let page: Page;

beforeAll(async () => {
  site = await openSite({ schools: 2, teams: 2, posts: 2, volunteers: 4 });
  await addAccounts(site.sql, [{ ...administrator, name: '管理一', grants: [{ role: 'ADMINISTRATOR' }] }]);
  page = await site.visit('/console/people');
  await signIn(page, administrator);
  await page.waitForURL('**/console/people');
});

afterAll(async () => {
  await site?.close();
});

interface Credentials {
  login: string;
  password: string;
}

/** By keyboard alone, as a person fills in a form. */
async function signIn(at: Page, { login, password }: Credentials): Promise<void> {
  await at.locator('#login').focus();
  await at.keyboard.type(login);
  await at.keyboard.press('Tab');
  await at.keyboard.type(password);
  await at.keyboard.press('Enter');
}

test('whoever is not signed in is led to the form, and back to where they were going', async () => {
  const visitor = await site.visit('/console/audit');
  expect(new URL(visitor.url()).pathname).toBe('/sign-in');
  await signIn(visitor, { login: administrator.login, password: 'not the password' });
  await visitor.getByRole('alert').filter({ hasText: /\S/ }).waitFor();
  expect(await visitor.locator('#password').inputValue()).toBe('');
  await visitor.locator('#login').fill('');
  await signIn(visitor, administrator);
  await visitor.waitForURL('**/console/audit');
  await visitor.getByRole('cell', { name: '登录失败' }).first().waitFor();
  await visitor.context().close();
});

test('a new coordinator gets a one-time password, changes it, and sees the own unit alone', async () => {
  await page.goto(`${site.url}/console/people`);
  await page.getByRole('button', { name: '新建账号' }).click();
  await page.getByRole('dialog').getByLabel('姓名').fill('协调一');
  await page.getByRole('dialog').getByLabel('登录名', { exact: true }).fill('coordinator.one');
  await page.getByLabel('身份').selectOption('COORDINATOR');
  await page.getByLabel('单位编号').fill('W99');
  await page.getByRole('dialog').getByRole('button', { name: '新建账号' }).click();
  await page.getByRole('alert').filter({ hasText: 'W99' }).waitFor();
  await page.getByLabel('单位编号').fill('w01');
  await page.keyboard.press('Enter');
  const password = await page.locator('dialog code').innerText();
  await page.keyboard.press('Escape');
  await page.locator('.rows .card', { hasText: 'coordinator.one' }).getByText('协调员').waitFor();

  const coordinator = await site.visit('/sign-in');
  await signIn(coordinator, { login: 'coordinator.one', password });
  await coordinator.waitForURL('**/me');
  await coordinator.getByRole('alert').filter({ hasText: '一次性密码' }).waitFor();
  await coordinator.getByLabel('现在的密码').fill(password);
  await coordinator.getByLabel('新密码').fill('一句只有我知道的很长的话');
  await coordinator.keyboard.press('Enter');
  await coordinator.getByRole('status').filter({ hasText: '密码已修改' }).waitFor();

  await coordinator.goto(`${site.url}/console/people`);
  await coordinator.locator('.rows .card', { hasText: 'coordinator.one' }).waitFor();
  expect(await coordinator.locator('.rows > .card').count()).toBe(1);
  expect(await coordinator.getByRole('link', { name: '审计日志' }).count()).toBe(0);

  // What is taken back is gone at once.
  const row = page.locator('.rows .card', { hasText: 'coordinator.one' });
  await row.getByRole('button', { name: '停用', exact: true }).click();
  await page.getByLabel('原因').fill('试用结束');
  await page.getByRole('dialog').getByRole('button', { name: '停用' }).click();
  await row.getByText('已停用').waitFor();
  await coordinator.goto(`${site.url}/console/people`);
  await coordinator.waitForURL('**/sign-in*');
  await coordinator.context().close();
});

test('sessions are listed where one is, and ended from there', async () => {
  const elsewhere = await site.visit('/sign-in', {
    userAgent: 'Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) Safari/605.1',
  });
  await signIn(elsewhere, administrator);
  await elsewhere.waitForURL('**/me');
  await page.goto(`${site.url}/me`);
  await page.getByRole('button', { name: '结束其他全部登录' }).click();
  await page.getByRole('button', { name: '结束其他全部登录' }).waitFor({ state: 'detached' });
  await elsewhere.reload();
  await elsewhere.waitForURL('**/sign-in');
  expect(await page.getByText('本机').count()).toBe(1);
  await elsewhere.context().close();
});

test('a display pairs by its code, shows the wall, and pairs anew when it is disconnected', async () => {
  const display = await site.visit('/pair', { viewport: { width: 1920, height: 1080 }, watch: false });
  await display.locator('[data-code]:not([data-code=""])').waitFor();
  const code = (await display.locator('.code').getAttribute('data-code'))!;
  await page.goto(`${site.url}/console/displays`);
  await page.getByLabel('配对码').fill(code.toLowerCase());
  await page.getByLabel('大屏名称').fill('广场东侧');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: '广场东侧' }).waitFor();
  await display.waitForURL('**/wall/w-day');
  await display.locator('[data-state=live]').waitFor();

  await page.getByRole('button', { name: '断开: 广场东侧' }).click();
  await page.getByLabel('原因').fill('搬走了');
  await page.getByRole('dialog').getByRole('button', { name: '断开' }).click();
  await display.waitForURL('**/pair');
  expect(await display.evaluate<string | null>("localStorage.getItem('baihua.display')")).toBeNull();
  await display.context().close();
});

test('whoever is signed in, what hangs in public shows no name in full', async () => {
  const person = site.world.volunteers[0]!.globalId;
  const who = await site.ask(
    'query ($id: ID!) { node(id: $id) { ... on Volunteer { displayName } } }',
    { id: person },
    { as: 'admin' },
  );
  const name: string = who.data!.node.displayName;
  await page.goto(`${site.url}/wall/w-day`);
  await page.locator('[data-state=live]').waitFor();
  await checkIn(site, scan(site.world, 0, 0));
  await page.waitForFunction('seenSequences.length > 0');
  // Once live, and once as the server renders it.
  for (const path of ['/wall/w-day', '/posts/W01-A01-01', '/wall/w-day']) {
    const text = await page.locator('body').innerText();
    expect({ path, told: text.includes(name) }).toEqual({ path, told: false });
    await page.goto(site.url + path);
  }
});

test('a partner is registered, gets a key that works, and loses it', async () => {
  await page.goto(`${site.url}/console/partners`);
  await page.getByRole('button', { name: '登记合作单位' }).click();
  await page.getByLabel('名称').fill('测试合作社');
  await page.getByLabel('编号').fill('coop-1');
  await page.getByLabel('联系方式').fill('desk@coop.example');
  await page.keyboard.press('Enter');
  const card = page.locator('.partners .card', { hasText: '测试合作社' }).first();
  await card.getByRole('button', { name: '发放密钥' }).click();
  await page.getByLabel('用途').fill('统计页');
  await page.keyboard.press('Enter');
  const key = await page.locator('dialog code').innerText();
  await page.keyboard.press('Escape');
  const roleOf = async () => {
    const response = await fetch(`${site.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: '{ viewer { role } }' }),
    });
    return ((await response.json()) as { data?: { viewer: { role: string } } }).data?.viewer.role;
  };
  expect(await roleOf()).toBe('PARTNER');
  await card.getByRole('button', { name: '吊销: 统计页' }).click();
  await page.getByLabel('原因').fill('密钥外泄');
  await page.getByRole('dialog').getByRole('button', { name: '吊销' }).click();
  await card.getByText('已吊销').waitFor();
  await expect.poll(roleOf, { timeout: 5_000 }).toBeUndefined();
});

test('the audit log narrows to what one did, or what was done to one, by a click; and back', async () => {
  await page.goto(`${site.url}/console/audit`);
  const rows = page.locator('tbody tr');
  const all = await rows.count();
  await rows.filter({ hasText: '新建账号' }).getByRole('link', { name: '协调一' }).click();
  await page.waitForURL('**/console/audit?target=*');
  await expect.poll(() => rows.count()).toBeLessThan(all);
  const told = await rows.allInnerTexts();
  expect(told.length).toBeGreaterThan(1);
  for (const text of told) expect(text).toContain('协调一');
  await page.getByRole('link', { name: '清除筛选' }).click();
  await expect.poll(() => rows.count()).toBe(all);
});

test('whoever may not see a page of the console is told so, and not that something broke', async () => {
  const coordinator = { login: 'coordinator.two', password: '秋天收下一百筐果' };
  await addAccounts(site.sql, [{ ...coordinator, grants: [{ role: 'COORDINATOR', unitCode: 'W01' }] }]);
  const visitor = await site.visit('/sign-in', { watch: false });
  await signIn(visitor, coordinator);
  await visitor.waitForURL('**/me');
  for (const path of ['/console/audit', '/console/partners']) {
    const response = await visitor.goto(site.url + path);
    expect(response!.status()).toBe(403);
    await visitor.getByText('没有这项操作的权限').waitFor();
  }
  await visitor.context().close();
});

test('a leader who is signed in needs no key for the post’s code', async () => {
  await page.goto(`${site.url}/posts/W01-A01-01`);
  await page.locator('[data-code]').waitFor();
  expect(await page.locator('#key').count()).toBe(0);
});

const paths = [
  '/sign-in',
  '/pair',
  '/me',
  '/console/people',
  '/console/displays',
  '/console/keys',
  '/console/partners',
  '/console/audit',
];
const views = [
  { name: 'wide', viewport: { width: 1920, height: 1080 } },
  { name: 'phone', viewport: { width: 390, height: 844 } },
];

test.each(paths)('%s can be used by everybody, in both languages, on a wide screen and on a phone', async (path) => {
  const visitor = ['/sign-in', '/pair'].includes(path) ? await site.visit('/') : page;
  for (const lang of ['en', 'zh-CN']) {
    await visitor.goto(`${site.url}${path}?lang=${lang}`);
    expect(new URL(visitor.url()).pathname).toBe(path);
    expect(await visitor.locator('html').getAttribute('lang')).toBe(lang);
    for (const { name, viewport } of views) {
      await visitor.setViewportSize(viewport);
      const { violations } = await new AxeBuilder({ page: visitor }).analyze();
      const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      const told = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      expect(told, `${path} in ${lang}, ${name}`).toEqual([]);
      const overflow = await visitor.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect(overflow, `${path} in ${lang}, ${name}: wider than the screen`).toBeLessThanOrEqual(0);
    }
  }
});

test('the browser complained about nothing, and nothing came from elsewhere', () => {
  expect(site.complaints).toEqual([]);
});
