import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { checkIn, scan } from '../support/app.js';
import { openSite, type Site } from './site.js';

let site: Site;

beforeAll(async () => {
  site = await openSite({ schools: 7, stations: 2, teams: 3, posts: 2, volunteers: 2 });
  // As long as real names.
  const endings = `(array['志愿文化学校', '党员服务社', '志愿服务队', '网格便民岗'])[level]`;
  await site.sql.query(`update service_unit set name = name || ${endings}`);
  await site.sql.query(`update community_event set theme = '我的胜北我的家', edition = 8`);
  await site.sql.query(
    `insert into brand (station_id, station_level, name, since)
     select id, level, '亲情驿站·幸福暖吧', now() - interval '1 year' from service_unit where level = 2`,
  );
  for (let volunteer = 0; volunteer < 60; volunteer++) await checkIn(site, scan(site.world, volunteer, volunteer));
});

afterAll(() => site?.close());

const screens = {
  '1080p': { width: 1920, height: 1080 },
  '4K': { width: 3840, height: 2160 },
  ribbon: { width: 5760, height: 1080 },
  upright: { width: 1080, height: 1920 },
  phone: { width: 390, height: 844 },
};

/** Words that are smaller than `least`, that leave the screen, or that their own box cuts off. */
async function unreadable(page: Page, least: number): Promise<string[]> {
  return page.evaluate(
    `((least) => {
      const found = [];
      const isPage = document.documentElement.scrollHeight > innerHeight + 1;
      const walker = document.createTreeWalker(document.querySelector('.wall'), NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = node.textContent.trim();
        const box = node.parentElement;
        if (text === '' || box.closest('.visually-hidden') || !box.checkVisibility()) continue;
        // The row behind the last one is on its way out.
        const list = box.closest('.stream')?.getBoundingClientRect();
        const row = box.closest('.stream li')?.getBoundingClientRect();
        if (row && (row.left > list.right - 2 || row.top > list.bottom - 2)) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const { left, right, top, bottom } = range.getBoundingClientRect();
        // A flower's number is drawn to the flower's scale.
        const svg = box.closest('svg');
        const scale = svg ? svg.getBoundingClientRect().width / 200 : 1;
        const size = parseFloat(getComputedStyle(box).fontSize) * scale;
        if (size < least - 0.1) found.push(text + ' has ' + size.toFixed(1));
        if (left < -1 || right > innerWidth + 1 || (!isPage && (top < -1 || bottom > innerHeight + 1)))
          found.push(text + ' leaves the screen');
        if (!svg && box.clientWidth > 0 && box.scrollWidth > box.clientWidth + 1) found.push(text + ' is cut off');
      }
      return [...new Set(found)];
    })(${least})`,
  );
}

async function visit(screen: keyof typeof screens, scene: string, theme: string, locale = 'zh-CN') {
  const path = `/wall/w-day?scene=${scene}&theme=${theme}`;
  const page = await site.visit(path, { viewport: screens[screen], locale });
  await page.locator('.wall[data-state=live]').waitFor();
  await page.evaluate('document.fonts.ready');
  return page;
}

const scenes = ['stream', 'stations', 'arrivals', 'programme', 'thanks'];

test.each(Object.keys(screens) as (keyof typeof screens)[])(
  'on %s nothing is smaller than 1/45 of the shorter side (a phone: 13 px), and nothing is cut off, in any scene',
  async (screen) => {
    const { width, height } = screens[screen];
    const least = screen === 'phone' ? 13 : Math.min(width, height) / 45;
    const page = await visit(screen, 'overview', 'dark');
    expect(await unreadable(page, least)).toEqual([]);
    for (const scene of scenes) {
      await page.goto(`${site.url}/wall/w-day?scene=${scene}`);
      await page.locator(`.wall[data-scene=${scene}][data-state=live]`).waitFor();
      expect(await unreadable(page, least), `in ${scene}`).toEqual([]);
    }
    await page.context().close();
  },
);

test('in English nothing is cut off either', async () => {
  for (const screen of ['1080p', 'upright'] as const) {
    const page = await visit(screen, 'overview', 'light', 'en');
    expect(await unreadable(page, 24)).toEqual([]);
    await page.context().close();
  }
});

test.each([
  ['dark', ['overview', 'stations']],
  ['light', ['overview', 'stations', 'arrivals']],
])('axe finds nothing in the %s theme: contrast, names, roles', async (theme, shown) => {
  for (const scene of shown) {
    const page = await visit('1080p', scene, theme);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${scene} ${id}: ${nodes[0]!.html}`)).toEqual([]);
    await page.context().close();
  }
});

test('scenes come in turn, and one that has nothing to say is left out', async () => {
  const page = await site.visit('/wall/w-day', { clock: true, watch: false });
  await page.locator('.wall[data-state=live]').waitFor();
  const shown: (string | null)[] = [];
  for (const ms of [1_000, 40_000, 15_000, 15_000, 15_000]) {
    await page.clock.runFor(ms);
    shown.push(await page.locator('.wall').getAttribute('data-scene'));
  }
  // Arrivals have something to say only if a quarter of an hour began while the world was made; nobody says thanks yet.
  expect(shown.filter((scene) => scene !== 'arrivals').slice(0, 4)).toEqual([
    'overview',
    'stream',
    'stations',
    'programme',
  ]);
  expect(shown).not.toContain('thanks');
  await page.context().close();
});

test('nothing that was shown was complained about by the browser', () => {
  expect(site.complaints).toEqual([]);
});
