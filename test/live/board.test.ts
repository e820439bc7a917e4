import { afterAll, beforeAll, expect, test } from 'vitest';
import { addShifts, type Built } from '../../seeds/builders.js';
import { ViewerRole } from '../../server/kernel/viewer.js';
import { checkIn, checkOut, scan, startTestApp, until, type Answer, type Asker, type TestApp } from '../support/app.js';

let app: TestApp;
let shifts: Built[];
beforeAll(async () => {
  app = await startTestApp({ world: { schools: 1, stations: 2, teams: 2, posts: 15, volunteers: 25 } });
  const now = Date.now();
  shifts = await addShifts(
    app.sql,
    app.world.posts.map((post) => ({
      ...{ eventCode: app.world.event.code, postCode: post.code, capacity: 4 },
      ...{ startsAt: new Date(now - 60_000), endsAt: new Date(now + 3_600_000) },
    })),
  );
});
afterAll(() => app.close());

interface ShiftRow {
  id: string;
  version: number;
  here: number;
  expected: number;
  unplanned: number;
  cancelledAt: string | null;
  assignments: { id: string; version: number; state: string; presence: string | null; person: { id: string } | null }[];
}

interface Frame {
  place: string | null;
  shifts: ShiftRow[];
  visitors: { name: string; shift: { id: string } | null }[];
}

const shiftFields = `id version here expected unplanned cancelledAt assignments { id version state presence person { id } }`;
const boardDocument = `subscription ($event: ID!, $within: ID, $after: BoardCursor) { board(event: $event, within: $within, after: $after) {
  place shifts { ${shiftFields} } visitors { name shift { id } } } }`;

/** A coordinator's board: what it was told, put together as a page does. */
class Board {
  readonly shifts = new Map<string, ShiftRow>();
  readonly frames: Frame[] = [];
  place: string | null = null;
  error: unknown;
  /** When it was told an assignment's version. */
  readonly heard = new Map<string, number>();
  private stop: () => void = () => undefined;

  constructor(
    private readonly asker: Asker,
    private readonly within?: string,
  ) {}

  follow(): this {
    const client = app.socket(this.asker);
    this.stop = client.subscribe<{ board: Frame }>(
      { query: boardDocument, variables: { event: app.world.event.globalId, within: this.within, after: this.place } },
      {
        next: ({ data, errors }) => {
          if (errors) this.error = errors;
          else this.take(data!.board);
        },
        error: (error) => (this.error = error),
        complete: () => undefined,
      },
    );
    return this;
  }

  private take(frame: Frame): void {
    this.frames.push(frame);
    if (frame.place) this.place = frame.place;
    for (const shift of frame.shifts) {
      if (shift.cancelledAt) this.shifts.delete(shift.id);
      else this.shifts.set(shift.id, shift);
      for (const { id, version } of shift.assignments) {
        const key = `${id} ${version} ${shift.id}`;
        if (!this.heard.has(key)) this.heard.set(key, performance.now());
      }
    }
  }

  leave(): void {
    this.stop();
  }

  get plan() {
    return [...this.shifts.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }
}

/** What the database says, by the same fields. */
async function truth(within?: string): Promise<ShiftRow[]> {
  const all: ShiftRow[] = [];
  for (let after: string | null = null; ;) {
    const {
      data,
      errors,
    }: Answer<{ shifts: { nodes: ShiftRow[]; pageInfo: { hasNextPage: boolean; endCursor: string } } }> = await app.ask(
      `query ($event: ID!, $within: ID, $after: String) { shifts(event: $event, within: $within, first: 100, after: $after) {
        nodes { ${shiftFields} } pageInfo { hasNextPage endCursor } } }`,
      { event: app.world.event.globalId, within, after },
      { as: 'coordinator' },
    );
    expect(errors).toBeUndefined();
    all.push(...data!.shifts.nodes);
    if (!data!.shifts.pageInfo.hasNextPage) return all.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    after = data!.shifts.pageInfo.endCursor;
  }
}

async function mutate(name: string, input: object, type: string) {
  const { data, errors } = await app.ask(
    `mutation ($input: ${type}!) { answer: ${name}(input: $input) { __typename ... on AssignmentsSaved { assignments { id version shift { id } } } ... on Refusal { message } } }`,
    { input },
    { as: 'coordinator' },
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data.answer as { __typename: string; assignments?: { id: string; version: number; shift: { id: string } }[] };
}

const assign = (shift: number, who: number) =>
  mutate('assign', { shift: shifts[shift]!.globalId, volunteer: app.world.volunteers[who]!.globalId }, 'AssignInput');

/** Both are asked at a quiet moment, and time has no part in what they say. */
const same = async (board: Board, within?: string) =>
  JSON.stringify(board.plan) === JSON.stringify(await truth(within));

test('a board comes whole, in frames, then by what changes: people, check-ins, shifts', async () => {
  const board = new Board({ as: 'coordinator' }).follow();
  await until(() => board.shifts.size === shifts.length, 'the whole board');
  expect(board.frames.length).toBeGreaterThan(1);
  expect(board.frames.slice(0, -1).every((frame) => frame.place === null || frame === board.frames.at(-1))).toBe(true);

  await assign(0, 0);
  await until(() => board.shifts.get(shifts[0]!.globalId)!.expected === 1, 'the assignment');
  await checkIn(app, scan(app.world, 0, 0));
  await until(() => board.shifts.get(shifts[0]!.globalId)!.here === 1, 'the person');
  await checkIn(app, scan(app.world, 1, 0));
  await until(() => board.shifts.get(shifts[0]!.globalId)!.unplanned === 1, 'somebody whom nobody planned for');
  await checkOut(app, scan(app.world, 0, null));
  await until(() => board.shifts.get(shifts[0]!.globalId)!.assignments[0]!.presence === 'LEFT', 'that they left');
  expect(await same(board)).toBe(true);
});

test('a board that was cut off goes on from its cursor, and is told only what it missed', async () => {
  const board = new Board({ as: 'coordinator' }).follow();
  await until(() => board.shifts.size === shifts.length, 'the whole board');
  board.leave();
  const before = board.frames.length;
  await assign(3, 3);
  await checkIn(app, scan(app.world, 4, 4));
  board.follow();
  await until(() => board.shifts.get(shifts[4]!.globalId)!.unplanned === 1, 'what it missed');
  expect(await same(board)).toBe(true);
  const told = board.frames.slice(before).flatMap((frame) => frame.shifts.map((shift) => shift.id));
  expect(new Set(told).size).toBeLessThan(10);
});

test('a unit’s board shows that unit, and nobody else’s', async () => {
  const station = app.world.stations[1]!;
  const own = new Board({ as: { key: await app.keyFor(ViewerRole.COORDINATOR, station.id) } }).follow();
  const within = new Board({ as: 'coordinator' }, station.globalId).follow();
  await until(() => own.shifts.size === 30 && within.shifts.size === 30, 'both boards');
  const elsewhere = new Board(
    { as: { key: await app.keyFor(ViewerRole.COORDINATOR, station.id) } },
    app.world.stations[0]!.globalId,
  ).follow();
  await until(() => elsewhere.error, 'the refusal');
  expect(elsewhere.error).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  await assign(31, 51);
  await until(() => [own, within].every((it) => it.shifts.get(shifts[31]!.globalId)!.expected === 1), 'the assignment');
  expect(JSON.stringify(own.plan)).toBe(JSON.stringify(within.plan));
});

test('coordinators see each other', async () => {
  const board = new Board({ as: 'coordinator' }).follow();
  await until(() => board.shifts.size === shifts.length, 'the board');
  await app.ask(
    'mutation ($event: ID!, $shift: ID) { visitBoard(event: $event, shift: $shift) }',
    { event: app.world.event.globalId, shift: shifts[2]!.globalId },
    { as: 'admin' },
  );
  await until(() => board.frames.at(-1)!.visitors.length > 0, 'the other one');
  expect(board.frames.at(-1)!.visitors).toEqual([{ name: 'admin', shift: { id: shifts[2]!.globalId } }]);
});

test('the gaps are told at once, then as they close', async () => {
  const client = app.socket({ as: 'coordinator' });
  const seen: { kind: string; shift: { id: string } }[][] = [];
  client.subscribe<{ coverageGapsChanged: { gaps: { kind: string; shift: { id: string } }[] } }>(
    {
      query: `subscription ($event: ID!, $within: ID) { coverageGapsChanged(event: $event, within: $within) { gaps { kind shift { id } } } }`,
      variables: { event: app.world.event.globalId, within: app.world.posts[20]!.globalId },
    },
    {
      next: ({ data }) => seen.push(data!.coverageGapsChanged.gaps),
      error: () => undefined,
      complete: () => undefined,
    },
  );
  await until(() => seen.length > 0, 'the gaps');
  expect(seen[0]).toEqual([{ kind: 'UNCOVERED_NOW', shift: { id: shifts[20]!.globalId } }]);
  await checkIn(app, scan(app.world, 30, 20));
  await until(() => seen.at(-1)![0]?.kind === 'UNDERSTAFFED_NOW', 'the gap that is left');
});

test('twenty coordinators move people at once: every board ends as the database is, soon after each move', async () => {
  const boards = Array.from({ length: 20 }, (_, i) => new Board({ as: i % 2 ? 'coordinator' : 'admin' }).follow());
  await until(() => boards.every((board) => board.shifts.size === shifts.length), 'all boards');
  const started = new Map<string, number>();
  const edit = async (coordinator: number) => {
    for (let round = 0; round < 5; round++) {
      const who = 40 + coordinator * 2 + (round % 2);
      const before = performance.now();
      const made = await assign((coordinator * 7 + round) % shifts.length, who);
      const [assignment] = made.assignments ?? [];
      if (!assignment) continue;
      started.set(`${assignment.id} ${assignment.version} ${assignment.shift.id}`, before);
      const again = performance.now();
      const moved = await mutate(
        'moveAssignment',
        {
          assignment: assignment.id,
          version: assignment.version,
          shift: shifts[(coordinator * 11 + round + 5) % shifts.length]!.globalId,
        },
        'MoveAssignmentInput',
      );
      const [there] = moved.assignments ?? [];
      if (there) started.set(`${there.id} ${there.version} ${there.shift.id}`, again);
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, i) => edit(i)));
  expect(started.size).toBeGreaterThan(40);
  const plan = JSON.stringify(await truth());
  await until(
    () => boards.every((board) => JSON.stringify(board.plan) === plan),
    'every board to show what the database holds',
  );
  if (process.env.TELL_BOARD_MS) {
    const waits = [...started].flatMap(([key, since]) =>
      boards.flatMap((board) => (board.heard.has(key) ? [board.heard.get(key)! - since] : [])),
    );
    waits.sort((a, b) => a - b);
    console.log(
      `told ${waits.length} times; p50 ${waits[waits.length >> 1]} ms, p95 ${waits[Math.floor(waits.length * 0.95)]} ms`,
    );
  }
});
