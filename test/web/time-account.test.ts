import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addAccounts } from '../../seeds/builders.js';
import { applicationDatabase, giveMinutes } from '../support/ledger.js';
import { openSite, type Site } from './site.js';

const volunteer = { login: 'volunteer.one', password: '春天种下一百棵树' };

let site: Site;
let page: Page;

beforeAll(async () => {
  site = await openSite({ schools: 1, teams: 1, posts: 1, volunteers: 2 });
  await giveMinutes(site, await applicationDatabase(site), { 0: 7_200 });
  await addAccounts(site.sql, [{ ...volunteer, volunteer: site.world.volunteers[0]!.code }]);
  await site.ask(
    'mutation ($input: AddRewardInput!) { addReward(input: $input) { id } }',
    { input: { name: '纯棉毛巾', description: '两条一份', minutes: 240, stock: 1 } },
    { as: 'admin' },
  );
  page = await site.visit('/me/account');
  await page.locator('#login').fill(volunteer.login);
  await page.locator('#password').fill(volunteer.password);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/me');
  await page.getByRole('link', { name: '我的时间账户' }).click();
  await page.waitForURL('**/me/account');
});
afterAll(async () => {
  await site?.close();
});

test('a volunteer sees what they have, what is missing, donates and redeems, by keyboard', async () => {
  await page.getByText('距离“黄金”还差 180.0 小时').waitFor();
  expect(await page.locator('.figure').innerText()).toMatch(/120\.0/);
  await page.getByRole('button', { name: '捐给需要的人' }).focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('小时数').fill('2');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: '已捐赠' }).waitFor();
  expect(await page.locator('.figure').innerText()).toMatch(/118\.0/);
  await page.getByRole('button', { name: '兑换：纯棉毛巾' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '确认' }).click();
  await page.getByText('取货码').waitFor();
  expect(await page.locator('.pick-up b').innerText()).toMatch(/^\w{4} \w{4}$/);
  expect(await page.getByRole('button', { name: '兑换：纯棉毛巾' }).isDisabled()).toBe(true);
  await page.getByRole('button', { name: '取消并退回时间' }).click();
  await page.getByText('已取消').waitFor();
  expect(await page.locator('.figure').innerText()).toMatch(/118\.0/);
  expect(await page.locator('ol li').count()).toBe(4);
});

test('it can be used by everybody, in both languages, wide and on a phone', async () => {
  for (const language of ['English', '中文']) {
    await page.getByRole('link', { name: language }).click();
    await page.locator(`html[lang=${language === 'English' ? 'en' : 'zh-CN'}]`).waitFor();
    for (const viewport of [
      { width: 1920, height: 1080 },
      { width: 390, height: 844 },
    ]) {
      await page.setViewportSize(viewport);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      if (process.env.SHOTS) {
        await page.screenshot({
          path: `${process.env.SHOTS}/account-${language}-${viewport.width}.png`,
          fullPage: true,
        });
      }
    }
  }
  expect(site.complaints).toEqual([]);
});
