import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

async function read<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`../../${path}`, import.meta.url), 'utf8')) as T;
}

const { packages } = await read<{ packages: Record<string, Manifest> }>('package-lock.json');

test.each([
  ['package.json', ''],
  ['web/package.json', 'web'],
])('the lock file knows what %s asks for', async (path, key) => {
  const { dependencies, devDependencies } = await read<Manifest>(path);
  expect(packages[key]?.dependencies).toEqual(dependencies);
  expect(packages[key]?.devDependencies).toEqual(devDependencies);
});

// npm leaves out the packages for platforms that the registry at hand lacks, and then `npm ci` refuses the lock file.
test('the lock file names the packages of every platform', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {}).filter(
      (name) => !packages[`${path}/node_modules/${name}`] && !packages[`node_modules/${name}`],
    ),
  );
  expect(missing).toEqual([]);
});

test('versions are exact', async () => {
  for (const path of ['package.json', 'web/package.json']) {
    const { dependencies, devDependencies } = await read<Manifest>(path);
    for (const entry of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(entry.join(' ')).toMatch(/ \d+\.\d+\.\d+(-[\w.]+)?$/);
    }
  }
});
