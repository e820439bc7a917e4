import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const { forbidden, options } = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs'));

async function violations(baseDir: string, folders: string[]): Promise<string[]> {
  const { output } = await cruise(folders, {
    ...(options as ICruiseOptions),
    baseDir,
    tsConfig: undefined,
    validate: true,
    ruleSet: { forbidden },
  });
  return (output as ICruiseResult).summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

test('imports go in the directions that the README draws', async () => {
  expect(await violations(root, ['server', 'seeds', 'web/src', 'web/messages'])).toEqual([]);
}, 120_000);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(root, 'build/architecture-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['kernel-knows-no-feature', 'server/kernel/a.ts', 'server/event/b.ts'],
  ['hierarchy-uses-only-what-is-below', 'server/hierarchy/a.ts', 'server/feed/b.ts'],
  ['feed-uses-only-what-is-below', 'server/feed/a.ts', 'server/check-in/b.ts'],
  ['a-resolver-belongs-to-its-feature', 'server/feed/a.ts', 'server/event/event.resolver.ts'],
  ['services-do-not-know-resolvers', 'server/event/event.service.ts', 'server/event/event.resolver.ts'],
  ['rules-do-no-io', 'server/event/event.rules.ts', 'server/event/event.service.ts'],
  ['server-stands-alone', 'server/event/a.ts', 'seeds/b.ts'],
  ['web-has-no-private-door', 'web/src/a.ts', 'server/event/b.ts'],
])('%s finds %s → %s', async (rule, from, to) => {
  const base = await mkdtemp(join(folder, 'case-'));
  for (const file of [from, to]) await mkdir(dirname(join(base, file)), { recursive: true });
  await writeFile(join(base, to), 'export const b = 1;\n');
  const steps = dirname(from)
    .split('/')
    .map(() => '..');
  await writeFile(join(base, from), `import { b } from '${steps.join('/')}/${to}';\nexport const a = b;\n`);
  const found = await violations(
    base,
    ['server', 'web', 'seeds'].filter((top) => [from, to].some((file) => file.startsWith(top))),
  );
  expect(found).toContain(`${rule}: ${from} → ${to}`);
});
