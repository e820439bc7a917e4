import { type Api, ApiError, inParallel } from './api.js';
import {
  checkInsDocument,
  childrenDocuments,
  eventTallyDocument,
  openingDocument,
  rotatingCodesDocument,
  schoolsDocument,
  volunteersDocument,
  type CheckInRow,
  type Page,
  type PostCodeNode,
  type UnitNode,
  type VolunteerNode,
} from './documents.js';
import type { Counts } from './model.js';

/** How many of a list to ask for at once, and how many questions to have under way. */
const pageSize = 100;
const width = 8;

export interface Unit extends UnitNode {
  /** The ids from the school down to this unit. */
  path: readonly string[];
}

export interface DayEvent {
  id: string;
  code: string;
  title: string;
}

export async function readEvent(api: Api, key: string, code: string): Promise<DayEvent> {
  const answer = await api.query<{
    viewer: { role: string };
    communityEvent: { id: string; title: string; startsAt: string; endsAt: string } | null;
  }>(openingDocument, { code }, key);
  if (!answer.communityEvent) throw new Error(`没有找到活动 · there is no event "${code}"`);
  if (!['LEADER', 'COORDINATOR', 'ADMINISTRATOR'].includes(answer.viewer.role)) {
    throw new Error(`这把密钥不能代签 · this key is a ${answer.viewer.role}'s; a leader's or coordinator's is needed`);
  }
  return { id: answer.communityEvent.id, code, title: answer.communityEvent.title };
}

async function readPages<T>(ask: (after: string | null) => Promise<Page<T> | undefined>): Promise<T[]> {
  const all: T[] = [];
  for (let after: string | null = null; ;) {
    const page: Page<T> | undefined = await ask(after);
    if (!page) throw new Error('a list was there and is gone');
    all.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return all;
    after = page.pageInfo.endCursor;
  }
}

/** All units of the four levels with their tallies, level by level: the posts are the last. */
export async function readUnits(api: Api, key: string, event: DayEvent): Promise<Unit[][]> {
  const schools = await readPages((after) =>
    api
      .query<{ page: Page<UnitNode> }>(schoolsDocument, { event: event.id, first: pageSize, after }, key)
      .then((data) => data.page),
  );
  const levels: Unit[][] = [schools.map((school) => ({ ...school, path: [school.id] }))];
  for (const document of childrenDocuments) {
    const below = await inParallel(levels.at(-1)!, width, async (parent) => {
      const nodes = await readPages((after) =>
        api
          .query<{ node: { page: Page<UnitNode> } | null }>(
            document,
            { parent: parent.id, event: event.id, first: pageSize, after },
            key,
          )
          .then((data) => data.node?.page),
      );
      return nodes.map((node) => ({ ...node, path: [...parent.path, node.id] }));
    });
    levels.push(below.flat());
  }
  return levels;
}

export async function readEventTally(api: Api, key: string, event: DayEvent): Promise<Counts> {
  const data = await api.query<{ communityEvent: { tally: Counts } }>(eventTallyDocument, { code: event.code }, key);
  return data.communityEvent.tally;
}

export function readVolunteers(api: Api, key: string, event: DayEvent): Promise<VolunteerNode[]> {
  return readPages((after) =>
    api
      .query<{ page: Page<VolunteerNode> }>(volunteersDocument, { event: event.id, first: pageSize, after }, key)
      .then((data) => data.page),
  );
}

/** The whole log of the event, newest first. */
export function readCheckIns(api: Api, key: string, event: DayEvent): Promise<CheckInRow[]> {
  return readPages((after) =>
    api
      .query<{ communityEvent: { page: Page<CheckInRow> } | null }>(
        checkInsDocument,
        { code: event.code, first: pageSize, after },
        key,
      )
      .then((data) => data.communityEvent?.page),
  );
}

/** The tablets at the posts: each shows its rotating code and fetches the next one when it is time. */
export class Tablets {
  readonly #codes = new Map<string, { code: string; refreshAtMs: number }>();
  readonly #refreshing = new Map<string, Promise<void>>();

  constructor(
    private readonly api: Api,
    private readonly key: string,
    /** The team of every post: the codes of a team's posts are fetched together. */
    private readonly teamOf: ReadonlyMap<string, string>,
  ) {}

  /** What the post's screen shows now. */
  async code(post: string): Promise<string> {
    const known = this.#codes.get(post);
    if (known && known.refreshAtMs > Date.now()) return known.code;
    const team = this.teamOf.get(post)!;
    let refreshing = this.#refreshing.get(team);
    if (!refreshing) {
      refreshing = this.#refresh(team).finally(() => this.#refreshing.delete(team));
      this.#refreshing.set(team, refreshing);
    }
    await refreshing;
    const fresh = this.#codes.get(post);
    if (!fresh)
      throw new ApiError('这把密钥看不到这个岗位的动态码 · this key does not see the rotating code', 'FORBIDDEN');
    return fresh.code;
  }

  /** Whatever the post's screen showed was too old: fetch anew the next time. */
  discard(post: string): void {
    this.#codes.delete(post);
  }

  async #refresh(team: string): Promise<void> {
    const posts = await readPages((after) =>
      this.api
        .query<{ node: { page: Page<PostCodeNode> } | null }>(
          rotatingCodesDocument,
          { team, first: pageSize, after },
          this.key,
        )
        .then((data) => data.node?.page),
    );
    for (const { id, rotatingCode } of posts) {
      if (rotatingCode) {
        this.#codes.set(id, { code: rotatingCode.code, refreshAtMs: Date.parse(rotatingCode.refreshAt) });
      }
    }
  }
}
