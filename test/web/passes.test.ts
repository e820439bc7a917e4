import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site.js';

let site: Site;
beforeAll(async () => {
  site = await openSite({ posts: 1, volunteers: 3 });
});
afterAll(() => site?.close());

const path = () => `/posts/${site.world.posts[0]!.code}/passes`;

test('a leader hands out a pass, and the phone that scans it is ready to check in', async () => {
  const page = await site.visit(path());
  await page.locator('#key').fill(site.keys.leader);
  await page.getByRole('button', { name: '显示名单' }).click();
  const people = page.locator('li button');
  await people.first().waitFor();
  expect(await people.count()).toBe(3);
  await people.nth(1).click();
  await page.getByRole('dialog').locator('svg').waitFor();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: '复制个人链接' }).click();
  await page.getByRole('button', { name: '已复制' }).waitFor();
  const link = await page.evaluate<string>('navigator.clipboard.readText()');
  expect(link.startsWith(`${site.url}/check-in#pass=`)).toBe(true);

  const phone = await site.visit(link.slice(site.url.length), { viewport: { width: 390, height: 844 } });
  await phone.locator('.ready').waitFor();
  const { postCode } = await site.codesOf(1, 0);
  await phone.locator('#code').fill(postCode);
  await phone.getByRole('button', { name: '签到' }).click();
  await phone.locator('[data-result=CheckInRecorded]').waitFor();
  const { rows } = await site.sql.query('select volunteer_id from check_in');
  expect(rows).toEqual([{ volunteer_id: site.world.volunteers[1]!.id }]);
});

test('a key that sees no people shows none, and says why, in both languages', async () => {
  for (const [locale, words] of [
    ['zh-CN', '没有这项操作的权限'],
    ['en', 'You may not do this'],
  ] as const) {
    const page = await site.visit(path(), { locale });
    await page.locator('#key').fill(site.keys.partner);
    await page.locator('form button').click();
    await page.getByText(words).waitFor();
    expect(await page.locator('li').count()).toBe(0);
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  }
});
