import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { buildSchema, graphql, GraphQLError } from 'graphql';

/** What the fake does wrong, each time with a check-in or check-out whose turn it is. */
export type Fault =
  /** Answers as if it had recorded the row, and does not. */
  | 'FORGETS'
  /** Records two rows for one request. */
  | 'COUNTS_TWICE'
  /** Does not know a key again. */
  | 'IGNORES_KEYS'
  /** Leaves a person on site at the post from which they move away. */
  | 'KEEPS_MOVED';

interface Row {
  id: string;
  sequence: number;
  direction: string;
  post: Post;
  volunteer: Volunteer;
  replayed?: boolean;
}
interface Volunteer {
  id: string;
  number: string;
  displayName: string;
  contingent: string;
  team: { id: string };
}
interface Post {
  id: string;
  path: string[];
}
interface Input {
  key: string;
  pass?: string;
  postCode?: string;
  post?: string;
  volunteer?: string;
}

const volunteersOfTeam = 30;
const levels = [
  { type: 'CultureSchool', size: 2, field: 'stations' },
  { type: 'ServiceStation', size: 2, field: 'teams' },
  { type: 'VolunteerTeam', size: 2, field: 'posts' },
  { type: 'GridPost', size: 3, field: null },
];

/**
 * A small community behind the API's own schema, kept in memory, so that the player can be tried against servers that
 * are wrong in one way each. `drop` says which requests get no answer, by their number: they are dealt with all the same.
 */
export async function startFakeApi({ fault, drop }: { fault?: Fault; drop?: (request: number) => boolean } = {}) {
  const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
  const rows: Row[] = [];
  const keys = new Map<string, { body: string; answer: object }>();
  const present = new Map<string, { post: Post; row: Row }>();
  const units = new Map<string, { checkIns: number; people: Set<string>; onSite: number }>();
  const unit = (id: string) => {
    let state = units.get(id);
    if (!state) units.set(id, (state = { checkIns: 0, people: new Set(), onSite: 0 }));
    return state;
  };
  const tally = (id: string) => () => ({ ...unit(id), people: unit(id).people.size, minutes: 0 });
  const connection =
    <T>(list: () => T[]) =>
    ({ first, after }: { first: number; after?: string }) => {
      const from = Number(after ?? 0);
      const nodes = list().slice(from, from + first);
      const hasNextPage = from + first < list().length;
      return { nodes, pageInfo: { hasNextPage, hasPreviousPage: from > 0, endCursor: `${from + nodes.length}` } };
    };

  const nodes = new Map<string, object>();
  const posts = new Map<string, Post>();
  const volunteers = new Map<string, Volunteer>();
  const grow = (above: string, path: string[], [level, ...below]: (typeof levels)[number][]): object[] =>
    Array.from({ length: level?.size ?? 0 }, (_, index) => {
      const { type, field } = level!;
      const code = `${above}${index + 1}`;
      const id = `${type}:${code}`;
      const children = grow(code, [...path, id], below);
      const rotatingCode = () => ({ code: `code ${id}`, refreshAt: new Date(Date.now() + 20_000).toISOString() });
      const node = { __typename: type, id, code, name: code, tally: tally(id), rotatingCode };
      nodes.set(id, { ...node, ...(field && { [field]: connection(() => children) }) });
      if (type === 'GridPost') posts.set(id, { id, path: [...path, id] });
      for (let n = 1; type === 'VolunteerTeam' && n <= volunteersOfTeam; n++) {
        const number = `${code}-${n}`;
        volunteers.set(number, {
          id: `v ${number}`,
          number,
          displayName: number,
          contingent: 'RESIDENT',
          team: { id },
        });
      }
      return node;
    });
  const schools = grow('S', ['event'], levels);

  const add = (volunteer: Volunteer, post: Post, direction: string): Row => {
    const sequence = rows.length + 1;
    const row = { id: `row ${sequence}`, sequence, direction, post, volunteer };
    rows.push(row);
    return row;
  };
  const leave = (volunteer: Volunteer) => {
    for (const id of present.get(volunteer.id)?.post.path ?? []) unit(id).onSite--;
    return present.delete(volunteer.id);
  };
  let turn = 0;
  const faulty = (which: Fault) => fault === which && ++turn % 20 === 0;

  const answered = (input: Input, act: (volunteer: Volunteer, post: Post) => object) => {
    const body = JSON.stringify(input);
    const known = keys.get(input.key);
    if (known && !faulty('IGNORES_KEYS')) {
      if (known.body !== body) throw new GraphQLError('another body', { extensions: { code: 'IDEMPOTENCY_MISMATCH' } });
      return { ...known.answer, replayed: true };
    }
    const volunteer = volunteers.get((input.pass ?? input.volunteer!).slice(2))!;
    const post = posts.get(input.postCode?.slice(5) ?? input.post ?? present.get(volunteer.id)!.post.id)!;
    const answer = act(volunteer, post);
    keys.set(input.key, { body, answer });
    return { ...answer, replayed: false };
  };
  const checkIn = ({ input }: { input: Input }) =>
    answered(input, (volunteer, post) => {
      const here = present.get(volunteer.id);
      if (here?.post === post) return { __typename: 'AlreadyCheckedIn', message: 'in', checkIn: here.row };
      if (here && faulty('KEEPS_MOVED')) present.delete(volunteer.id);
      leave(volunteer);
      const row = add(volunteer, post, 'IN');
      if (faulty('FORGETS')) rows.pop();
      if (faulty('COUNTS_TWICE')) add(volunteer, post, 'IN');
      present.set(volunteer.id, { post, row });
      for (const id of post.path) {
        unit(id).checkIns++;
        unit(id).onSite++;
        unit(id).people.add(volunteer.id);
      }
      return { __typename: 'CheckInRecorded', checkIn: row };
    });
  const checkOut = ({ input }: { input: Input }) =>
    answered(input, (volunteer, post) => {
      const where = present.get(volunteer.id)?.post ?? post;
      const minutes = leave(volunteer) ? 0 : null;
      return { __typename: 'CheckOutRecorded', minutes, checkIn: add(volunteer, where, 'OUT') };
    });

  const event = {
    id: 'event',
    title: 'A day',
    startsAt: new Date(0),
    endsAt: new Date(),
    tally: tally('event'),
    checkIns: connection(() => rows.toReversed()),
  };
  const rootValue = {
    viewer: { role: 'LEADER' },
    communityEvent: ({ code }: { code: string }) => (code === 'a-day' ? event : null),
    cultureSchools: connection(() => schools),
    volunteers: connection(() => [...volunteers.values()].map((one) => ({ ...one, pass: `p ${one.number}` }))),
    node: ({ id }: { id: string }) => nodes.get(id),
    checkIn,
    checkOut,
  };

  let requests = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { query, variables } = JSON.parse(Buffer.concat(chunks).toString()) as { query: string; variables: object };
    const answer = await graphql({ schema, source: query, variableValues: { ...variables }, rootValue });
    if (drop?.(++requests)) request.socket.destroy();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rows,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
