import { createRandom } from '../random.js';
import type { Api } from './api.js';
import { readCheckIns, readEvent, readEventTally, readUnits, readVolunteers, Tablets } from './community.js';
import type { DayEvent, Unit } from './community.js';
import { compareLog, compareTallies, replayLog, type Tallies } from './compare.js';
import type { VolunteerNode } from './documents.js';
import { DayModel } from './model.js';
import { planDay } from './plan.js';
import { Player, type Scan } from './player.js';

export interface PlayOptions {
  people: number;
  /** Arrivals a second, on average. */
  rate: number;
  /** Code of the event. */
  event: string;
  seed: number;
}

export interface Progress {
  reading(): void;
  starting(play: { event: DayEvent; people: number; acts: number }): void;
  acted(onSite: number): void;
  comparing(): void;
}

export interface PlayResult {
  event: DayEvent;
  startedAt: Date;
  seconds: number;
  scans: readonly Scan[];
  refusals: Player['refusals'];
  /** Everything in which the API and the model disagree, in words; empty when all is well. */
  differences: string[];
  /** The API's counts after the play, by the unit's code and name. */
  tallies: Record<string, { checkIns: number; people: number; onSite: number }>;
}

/**
 * Plays the day and compares. What was in the log before counts as it is: only the difference is compared. Throws when
 * the play cannot go on; once `stopped` is aborted, what was begun is finished and compared.
 */
export async function playDay(
  api: Api,
  key: string,
  options: PlayOptions,
  stopped: AbortSignal,
  progress: Progress,
): Promise<PlayResult> {
  progress.reading();
  const event = await readEvent(api, key, options.event);
  const register = await readVolunteers(api, key, event);
  const before = await readState(api, key, event);
  const { units, posts } = before;
  if (posts.length === 0) throw new Error('没有岗位 · there are no posts');

  const paths = new Map(posts.map((post) => [post.id, [event.id, ...post.path]]));
  const model = new DayModel((post) => paths.get(post)!);
  const { people: eligible, stays } = replayLog(before.log, register, model);
  const modelBefore = new Map([...before.tallies.keys()].map((id) => [id, model.counts(id)]));
  if (eligible.length < options.people) {
    throw new Error(
      `能参加的只有 ${eligible.length} 人 · only ${eligible.length} people can take part: lower --people`,
    );
  }

  const people = createRandom(options.seed).shuffle(eligible).slice(0, options.people);
  const acts = planDay({ ...options, homePosts: homePosts(people, posts), posts: posts.length });
  const tablets = new Tablets(api, key, new Map(posts.map((post) => [post.id, post.path.at(-2)!])));
  const player = new Player(api, key, tablets, model, { event, posts, people, stays });

  progress.starting({ event, people: people.length, acts: acts.length });
  const startedAt = new Date();
  await player.play(acts, stopped, () => progress.acted(model.counts(event.id).onSite));
  const seconds = (Date.now() - startedAt.getTime()) / 1000;

  progress.comparing();
  const after = await readState(api, key, event);
  const labels = new Map(units.map((unit) => [unit.id, `${unit.code} ${unit.name}`])).set(event.id, event.code);
  return {
    event,
    startedAt,
    seconds,
    scans: player.scans,
    refusals: player.refusals,
    differences: [
      ...player.differences,
      ...compareTallies(labels, before.tallies, after.tallies, modelBefore, model),
      ...compareLog(after.log, before.log[0]?.sequence ?? 0, player.scans, register),
    ],
    tallies: Object.fromEntries([...after.tallies].map(([id, counts]) => [labels.get(id) ?? id, counts])),
  };
}

/** What the API says of the event at one moment: the counts of all units, and the whole log, newest first. */
async function readState(api: Api, key: string, event: DayEvent) {
  const levels = await readUnits(api, key, event);
  const units = levels.flat();
  const tallies: Tallies = new Map([
    [event.id, await readEventTally(api, key, event)],
    ...units.map((unit): [string, Unit['tally']] => [unit.id, unit.tally]),
  ]);
  return { units, posts: levels.at(-1)!, tallies, log: await readCheckIns(api, key, event) };
}

/** For each person the posts of their own team, as indexes. */
function homePosts(people: readonly VolunteerNode[], posts: readonly Unit[]): number[][] {
  const ofTeam = Map.groupBy(posts.keys(), (index) => posts[index]!.path.at(-2)!);
  return people.map((person) => (person.team && ofTeam.get(person.team.id)) ?? []);
}
