import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IRegularForbiddenRuleType } from 'dependency-cruiser';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/postgres.js';

const root = join(import.meta.dirname, '../..');
const { forbidden, options } = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as {
  forbidden: IRegularForbiddenRuleType[];
  options: ICruiseOptions;
};

/** The features in their order, and what each may use, as the rules have it. */
const features = forbidden.flatMap((rule) => {
  const name = /^(.+)-uses-only-what-is-above$/.exec(rule.name ?? '')?.[1];
  if (!name) return [];
  const allowed = /^\^server\/\(kernel\|(.+)\)\/$/.exec(rule.to.pathNot as string)![1]!.split('|');
  return [{ name, uses: allowed.filter((it) => it !== name) }];
});

async function read(baseDir: string, folders: string[]): Promise<ICruiseResult> {
  const { output } = await cruise(folders, {
    ...options,
    baseDir,
    tsConfig: undefined,
    validate: true,
    ruleSet: { forbidden },
  });
  return output as ICruiseResult;
}

const violations = ({ summary }: ICruiseResult) =>
  summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);

test('imports go in the directions that the README draws', async () => {
  const result = await read(root, ['server', 'seeds', 'web/src', 'web/messages']);
  expect(violations(result)).toEqual([]);
  // It saw what there is: files with types only, pages, and what lies behind a `.js` that is a `.ts`.
  const importsOf = (file: string) =>
    result.modules.find((it) => it.source === file)?.dependencies.map((it) => it.resolved) ?? [];
  expect(importsOf('server/check-in/check-in.rules.ts')).toContain('server/feed/tally.rules.ts');
  expect(result.modules.filter((it) => it.source.endsWith('.svelte')).length).toBeGreaterThan(5);
}, 120_000);

test('resolvers ask services, not the database', async () => {
  const files = await readdir(join(root, 'server'), { recursive: true });
  const resolvers = files.filter((file) => file.endsWith('.resolver.ts'));
  expect(resolvers.length).toBeGreaterThan(4);
  for (const file of resolvers) {
    expect([file, await readFile(join(root, 'server', file), 'utf8')]).toEqual([
      file,
      expect.not.stringMatching(/\bdb\b/),
    ]);
  }
});

test('every folder of the server is a feature with its place', async () => {
  const folders = (await readdir(join(root, 'server'), { withFileTypes: true })).filter((it) => it.isDirectory());
  expect(features.length).toBeGreaterThan(5);
  expect(folders.map((it) => it.name).sort()).toEqual(
    [...features.map((it) => it.name), 'kernel', 'migrations'].sort(),
  );
  for (const [place, { uses }] of features.entries()) {
    expect(features.slice(0, place).map((it) => it.name)).toEqual(expect.arrayContaining(uses));
  }
});

/** One import for each rule that it has to find. */
const wrong: [rule: string, from: string, to: string][] = [
  ['kernel-knows-no-feature', 'server/kernel/a.ts', 'server/event/b.ts'],
  ['kernel-knows-no-feature', 'server/kernel/http/a.ts', 'server/app.ts'],
  ['hierarchy-uses-only-what-is-above', 'server/hierarchy/a.ts', 'server/access/b.ts'],
  ['audit-uses-only-what-is-above', 'server/audit/a.ts', 'server/access/b.ts'],
  ['volunteer-uses-only-what-is-above', 'server/volunteer/a.ts', 'server/access/b.ts'],
  ['vault-uses-only-what-is-above', 'server/vault/a.ts', 'server/access/b.ts'],
  ['partner-uses-only-what-is-above', 'server/partner/a.ts', 'server/access/b.ts'],
  ['access-uses-only-what-is-above', 'server/access/a.ts', 'server/event/b.ts'],
  ['notification-uses-only-what-is-above', 'server/notification/a.ts', 'server/event/b.ts'],
  ['event-uses-only-what-is-above', 'server/event/a.ts', 'server/feed/b.ts'],
  ['feed-uses-only-what-is-above', 'server/feed/a.ts', 'server/check-in/b.ts'],
  ['check-in-uses-only-what-is-above', 'server/check-in/a.ts', 'server/personal-data/b.ts'],
  ['attendance-uses-only-what-is-above', 'server/attendance/a.ts', 'server/personal-data/b.ts'],
  ['wall-uses-only-what-is-above', 'server/wall/a.ts', 'server/attendance/b.ts'],
  ['ledger-uses-only-what-is-above', 'server/ledger/a.ts', 'server/personal-data/b.ts'],
  ['certification-uses-only-what-is-above', 'server/certification/a.ts', 'server/personal-data/b.ts'],
  ['reward-uses-only-what-is-above', 'server/reward/a.ts', 'server/personal-data/b.ts'],
  ['recruitment-uses-only-what-is-above', 'server/recruitment/a.ts', 'server/personal-data/b.ts'],
  ['task-uses-only-what-is-above', 'server/task/a.ts', 'server/personal-data/b.ts'],
  ['personal-data-uses-only-what-is-above', 'server/personal-data/a.ts', 'server/features.ts'],
  ['resolvers-are-known-to-the-registry-alone', 'server/feed/b.ts', 'server/event/event.resolver.ts'],
  ['resolvers-are-known-to-the-registry-alone', 'server/event/event.service.ts', 'server/event/event.resolver.ts'],
  ['resolvers-are-known-to-the-registry-alone', 'server/app.ts', 'server/event/event.resolver.ts'],
  ['resolvers-ask-services', 'server/feed/feed.resolver.ts', 'server/kernel/database/b.ts'],
  ['resolvers-ask-services', 'server/hierarchy/hierarchy.resolver.ts', 'pg'],
  ['entities-know-entities', 'server/event/a.entity.ts', 'server/event/b.service.ts'],
  ['rules-do-no-io', 'server/event/a.rules.ts', 'server/event/b.service.ts'],
  ['rules-do-no-io', 'server/event/b.rules.ts', 'node:fs'],
  ['rules-do-no-io', 'server/event/c.rules.ts', 'pg'],
  ['rules-do-no-io', 'server/event/d.rules.ts', 'server/kernel/database/b.ts'],
  ['server-stands-alone', 'server/main.ts', 'seeds/b.ts'],
  ['server-stands-alone', 'server/gen.ts', 'web/src/b.ts'],
  ['server-stands-alone', 'server/schema.ts', 'test/b.ts'],
  ['seeds-use-the-server-alone', 'seeds/a.ts', 'test/b.ts'],
  ['web-has-no-private-door', 'web/src/a.ts', 'server/event/b.ts'],
  ['web-has-no-private-door', 'web/src/c.ts', 'seeds/b.ts'],
  ['no-circles', 'server/volunteer/one.ts', 'server/volunteer/other.ts'],
  ['no-import-out-of-sight', 'server/hierarchy/c.ts', 'no-such-package'],
];

/** What is right and close to it. */
const right: [from: string, to: string][] = [
  ['server/features.ts', 'server/event/event.resolver.ts'],
  ['server/event/event.resolver.ts', 'server/event/b.service.ts'],
  ['server/event/b.service.ts', 'server/kernel/database/b.ts'],
  ['server/feed/c.entity.ts', 'server/event/c.entity.ts'],
  ['server/feed/c.rules.ts', 'server/feed/c.entity.ts'],
  ['server/check-in/c.ts', 'server/access/b.ts'],
  ['seeds/c.ts', 'server/event/b.ts'],
  ['web/src/d.ts', 'web/src/b.ts'],
];

test('each rule finds what it is for, and nothing else', async () => {
  const folder = await temporaryFolder();
  const files = new Map<string, string>();
  const isFile = (name: string) => name.endsWith('.ts');
  const add = (file: string, line: string) => files.set(file, (files.get(file) ?? '') + line);
  const addImport = (from: string, to: string, kind = 'import') => {
    const path = relative(dirname(from), to).replace(/\.ts$/, '.js');
    const name = isFile(to) ? (path.startsWith('.') ? path : `./${path}`) : to;
    add(from, `${kind} { b as b${files.get(from)?.length ?? 0} } from '${name}';\n`);
    if (isFile(to)) add(to, '');
  };
  for (const [, from, to] of wrong) addImport(from, to);
  for (const [from, to] of right) addImport(from, to);
  addImport('server/volunteer/other.ts', 'server/volunteer/one.ts');
  // Entities that know each other's types only are no circle.
  addImport('server/volunteer/e.entity.ts', 'server/volunteer/f.entity.ts', 'import type');
  addImport('server/volunteer/f.entity.ts', 'server/volunteer/e.entity.ts', 'import type');
  for (const [file, text] of files) {
    await mkdir(join(folder.path, dirname(file)), { recursive: true });
    await writeFile(join(folder.path, file), `${text}export const b = 1;\nexport type { b as B };\n`);
  }

  const found = violations(await read(folder.path, ['server', 'seeds', 'web', 'test']));
  const core = (to: string) => to.replace(/^node:/, '');
  for (const [rule, from, to] of wrong) expect(found).toContain(`${rule}: ${from} → ${core(to)}`);
  const expected = new Set(wrong.map(([, from, to]) => `${from} → ${core(to)}`));
  expected.add('server/volunteer/other.ts → server/volunteer/one.ts');
  for (const violation of found) expect(expected).toContain(violation.replace(/^[^:]*: /, ''));
  // There is no rule that nothing here breaks.
  expect([...new Set(wrong.map(([rule]) => rule))].sort()).toEqual(forbidden.map((rule) => rule.name).sort());
  await folder.remove();
}, 120_000);
