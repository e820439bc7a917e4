import { writeFile } from 'node:fs/promises';
import type { Profiler } from 'node:inspector';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from './worker.js';

/** Runs `work` and, when profiles are wanted, tells where the server's time went meanwhile. */
export type Profile = <T>(server: Worker, name: string, work: () => Promise<T>) => Promise<T>;

export const noProfile: Profile = (_server, _name, work) => work();

const linesTold = 40;

/** Writes `<name>.cpuprofile` into `folder`, and tells which functions took longest by themselves. */
export function profilesInto(folder: string, say: (line: string) => void): Profile {
  return async (server, name, work) => {
    const stop = await server.profile();
    const result = await work();
    const profile = await stop();
    await writeFile(join(folder, `${name.replaceAll(/\W+/g, '-')}.cpuprofile`), JSON.stringify(profile));
    say(`where the time goes: ${name}`);
    for (const [place, share] of heaviest(profile)) say(`  ${(share * 100).toFixed(1).padStart(5)} %  ${place}`);
    return result;
  };
}

/** Functions by their share of the time that the process was not idle. */
function heaviest({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): [place: string, share: number][] {
  const placeOf = new Map(nodes.map((node) => [node.id, nameOf(node.callFrame)]));
  const times = new Map<string, number>();
  samples.forEach((id, i) => {
    const place = placeOf.get(id)!;
    times.set(place, (times.get(place) ?? 0) + (timeDeltas[i] ?? 0));
  });
  // Nor what it costs to look.
  for (const place of times.keys()) if (place === '(idle)' || place.includes('node:inspector')) times.delete(place);
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  const shares = [...times].map(([place, time]) => [place, time / total] as [string, number]);
  return shares.sort(([, a], [, b]) => b - a).slice(0, linesTold);
}

function nameOf({ functionName, url, lineNumber }: Profiler.Profile['nodes'][number]['callFrame']): string {
  const name = functionName || '(anonymous)';
  if (!url) return name;
  const path = url.startsWith('file:') ? relative(process.cwd(), fileURLToPath(url)) : url;
  return `${name}  ${path}:${lineNumber + 1}`;
}
