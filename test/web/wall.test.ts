import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { checkIn, checkOut, scan, until } from '../support/app.js';
import { Cable, openSite, type Site } from './site.js';

let site: Site;
let cable: Cable;

beforeAll(async () => {
  site = await openSite({ schools: 2, stations: 2, teams: 2, posts: 3, volunteers: 10 });
  cable = await Cable.to(site.url);
});

afterAll(async () => {
  await cable?.close();
  await site?.close();
});

afterEach(() => {
  cable.down = false;
});

const wallPath = '/wall/w-day?scene=overview';
const numbers = ['sequence', 'check-ins', 'people', 'on-site'] as const;

/** The numbers that a wall shows, from the attributes that carry them as they are. */
async function shownBy(page: Page): Promise<Record<(typeof numbers)[number], number>> {
  const wall = page.locator('.wall');
  const entries = numbers.map(async (name) => [name, Number(await wall.getAttribute(`data-${name}`))] as const);
  return Object.fromEntries(await Promise.all(entries)) as never;
}

/** The same numbers, counted by the database from the log alone. */
async function counted() {
  const { rows } = await site.sql.query(
    `select coalesce(max(sequence), 0)::int as sequence,
       count(*) filter (where direction = 'IN')::int as "check-ins",
       count(distinct volunteer_id) filter (where direction = 'IN')::int as people,
       (select count(*)::int from (select distinct on (volunteer_id) direction from check_in
        order by volunteer_id, sequence desc) last where direction = 'IN') as "on-site"
     from check_in`,
  );
  return rows[0];
}

const live = (page: Page) => page.locator('.wall[data-state=live]').waitFor();
const reached = (page: Page, sequence: number) =>
  page.locator(`.wall[data-sequence="${sequence}"]`).waitFor({ timeout: 30_000 });

test('the first paint has the real numbers, without any script', async () => {
  await checkIn(site, scan(site.world, 0, 0));
  await checkIn(site, scan(site.world, 1, 0));
  await checkOut(site, scan(site.world, 1, null));

  const chinese = await site.visit(wallPath, { javaScriptEnabled: false });
  expect(await chinese.locator('html').getAttribute('lang')).toBe('zh-CN');
  expect(await chinese.locator('h1').textContent()).toBe('测试活动');
  expect(await shownBy(chinese)).toEqual({ sequence: 3, 'check-ins': 2, people: 2, 'on-site': 1 });
  expect(await chinese.locator('.totals .people dd').innerText()).toMatch(/^2\s*人$/);
  expect(await chinese.locator('.stream li').first().innerText()).toContain('测*');
  expect(await chinese.locator('.levels .SERVICE_STATION .share').innerText()).toBe('1/4');
  expect(await chinese.locator('.levels .GRID_POST .share').innerText()).toBe('1/24');
  await chinese.context().close();

  const english = await site.visit(wallPath, { javaScriptEnabled: false, locale: 'en-GB' });
  expect(await english.locator('html').getAttribute('lang')).toBe('en');
  expect(await english.locator('.totals .people dt').innerText()).toBe('People taking part');
  await english.context().close();
});

test('a check-in appears: its row, the totals, the school, the station, its flower', async () => {
  const page = await site.visit(wallPath);
  await live(page);
  const before = await shownBy(page);
  // The last post belongs to the last team of the last station.
  await checkIn(site, scan(site.world, 70, 23));
  const row = page.locator(`.stream li[data-sequence="${before.sequence + 1}"]`);
  await row.waitFor();
  expect(await row.innerText()).toContain(site.world.posts[23]!.code);
  expect(await row.innerText()).toContain('测*');
  await page.locator(`.wall[data-people="${before.people + 1}"]`).waitFor();
  expect(await shownBy(page)).toEqual(await counted());

  const { code } = site.world.stations[3]!;
  const flower = page.locator('.station', { hasText: code });
  await flower.locator('svg .people', { hasText: '1' }).waitFor();
  expect(await flower.locator('path.open').count()).toBe(1);
  const school = page.locator('.school', { hasText: site.world.stations[3]!.code });
  expect(await school.locator('.bed .count').innerText()).toBe('1');
  await page.context().close();
});

test('a rush with the cable cut ten times: every sequence once, in order, and the totals of the database', async () => {
  const early = await site.visit(wallPath, { origin: cable.origin, watch: false });
  await live(early);
  const { sequence: start } = await shownBy(early);
  const lateCable = await Cable.to(site.url);
  let late: Page | undefined;

  // Everybody moves from post to post, so that every scan is news: 400 of them, eight at a time.
  const scans = Array.from({ length: 400 }, (_, index) => scan(site.world, index % 80, (index + 3 * (index % 5)) % 24));
  let sent = 0;
  const phone = async () => {
    while (sent < scans.length) {
      const index = sent++;
      await checkIn(site, scans[index]!);
      if (index % 40 === 20) {
        cable.cut();
        // Its socket, not its first load: that is another test.
        if (late) lateCable.cut();
      }
    }
  };
  const openLate = async () => {
    await until(() => sent > 150, 'the middle of the rush');
    const page = await site.visit(wallPath, { origin: lateCable.origin, watch: false });
    await live(page);
    late = page;
  };
  await Promise.all([openLate(), ...Array.from({ length: 8 }, phone)]);

  const truth = await counted();
  expect(truth.sequence).toBeGreaterThan(start + 300);
  const after = await site.visit(wallPath);
  for (const page of [early, late!, after]) {
    await reached(page, truth.sequence);
    await until(
      async () => JSON.stringify(await shownBy(page)) === JSON.stringify(truth),
      'the totals of the database',
    );
    expect(await page.locator('.stream li').count()).toBeLessThanOrEqual(10);
  }
  const all = Array.from({ length: truth.sequence - start }, (_, index) => start + index + 1);
  expect(await early.evaluate(() => globalThis.seenSequences)).toEqual(all);
  const seenLate = await late!.evaluate(() => globalThis.seenSequences);
  expect(seenLate.length).toBeGreaterThan(0);
  expect(seenLate).toEqual(all.slice(-seenLate.length));
  for (const page of [early, late!, after]) await page.context().close();
  await lateCable.close();
});

test('a wall whose scripts were lost on the way loads itself anew', async () => {
  const context = await site.browser.newContext();
  const page = await context.newPage();
  await page.clock.install();
  await page.route('**/*.js', (route) => route.abort());
  await page.goto(site.url + wallPath);
  expect(await page.locator('.wall').getAttribute('data-state')).toBe('connecting');
  await page.unroute('**/*.js');
  await page.clock.fastForward(15_000);
  await live(page);
  await context.close();
});

test('without a connection the wall says so and keeps what it shows; back again, it catches up', async () => {
  const page = await site.visit(wallPath, { origin: cable.origin, watch: false });
  await live(page);
  const before = await shownBy(page);
  cable.down = true;
  cable.cut();
  await page.locator('.wall.stale[data-state=reconnecting]').waitFor();
  expect(await page.locator('.freshness').innerText()).toContain('重连中');
  expect(await shownBy(page)).toEqual(before);
  await checkIn(site, scan(site.world, 79, 22));
  cable.down = false;
  await reached(page, before.sequence + 1);
  expect(await page.locator('.freshness').innerText()).toContain('实时');
  await page.context().close();
});

test('a wall that hears nothing for minutes loads itself anew, as soon as there is a server to load it from', async () => {
  const page = await site.visit(wallPath, { origin: cable.origin, watch: false, clock: true });
  await live(page);
  // From now on pages are served, but no socket opens.
  await page.routeWebSocket('**/graphql', (socket) => socket.close());
  const reload = page.waitForEvent('domcontentloaded');
  cable.cut();
  await page.clock.runFor(200_000);
  await reload;
  expect(await page.locator('.wall').getAttribute('data-state')).not.toBe('live');
  await page.context().close();
});

test('an event that does not exist is told in words, in both languages', async () => {
  const chinese = await site.visit('/wall/nowhere', { watch: false });
  expect(await chinese.locator('main').innerText()).toContain('没有编号为“nowhere”的活动');
  await chinese.context().close();
  const english = await site.visit('/wall/nowhere', { watch: false, locale: 'en' });
  expect(await english.locator('main').innerText()).toContain('There is no event with the code');
  await english.context().close();
  expect((await fetch(`${site.url}/wall/nowhere`)).status).toBe(404);
});

test('the first load is under 350 KB, with the fonts of the wall', async () => {
  const context = await site.browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  const urls = new Map<string, string>();
  const bytes = new Map<string, number>();
  session.on('Network.responseReceived', ({ requestId, response }) => urls.set(requestId, response.url));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => bytes.set(requestId, encodedDataLength));
  await session.send('Network.enable');
  await page.goto(site.url + wallPath, { waitUntil: 'networkidle' });
  await live(page);
  const loaded = [...urls].map(([id, url]) => ({ url, bytes: bytes.get(id) ?? 0 }));
  // The slices are for characters that the wall's own face lacks, on machines without a Chinese one, as this one may be.
  const needed = loaded.filter(({ url }) => !url.includes('noto-sans-sc'));
  const total = needed.reduce((sum, part) => sum + part.bytes, 0);
  expect(needed.some(({ url }) => url.endsWith('.js'))).toBe(true);
  expect(total).toBeGreaterThan(50_000);
  expect(needed.filter(({ url }) => url.includes('wall-sc')).length).toBeGreaterThan(0);
  expect(total).toBeLessThan(350_000);
  await context.close();
});

test('nothing that a wall shows was complained about by the browser', () => {
  expect(site.complaints).toEqual([]);
});
