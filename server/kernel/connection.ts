import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';

/** The arguments of every list. The door refuses a `first` outside 1..100 before anything is executed. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, { description: 'How many, 1 to 100.' })
  first!: number;

  @Field(() => String, { nullable: true, description: 'A cursor of this list: go on behind it.' })
  after?: string;
}

@ObjectType({ description: 'Where a page stands in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether the list goes on behind this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether `after` was given: this is not the first page.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "The first node's cursor; null for an empty page." })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: "The last node's cursor: the next page's `after`." })
  endCursor!: string | null;
}

export interface Edge<T> {
  cursor: string;
  node: T;
}

/** A page of a list. What costs something is made when the client asks for it: most ask for nodes alone. */
export class Page<T> {
  constructor(
    readonly nodes: readonly T[],
    private readonly hasNextPage: boolean,
    private readonly args: PageArgs,
    private readonly cursorOf: (row: T) => string | number,
    /** For `totalCount`. */
    readonly count: () => Promise<number>,
  ) {}

  get edges(): Edge<T>[] {
    return this.nodes.map((node) => ({ cursor: this.cursor(node), node }));
  }

  get pageInfo(): PageInfo {
    const [first] = this.nodes;
    const last = this.nodes.at(-1);
    return {
      hasNextPage: this.hasNextPage,
      hasPreviousPage: this.args.after !== undefined && this.args.after !== null,
      startCursor: first === undefined ? null : this.cursor(first),
      endCursor: last === undefined ? null : this.cursor(last),
    };
  }

  private cursor(node: T): string {
    return encodeCursor(this.cursorOf(node));
  }
}

/**
 * A page from up to `first + 1` rows in the list's order: the one too many tells that there is more.
 * `cursorOf` names a row's place in that order.
 */
export function toPage<T>(
  rows: readonly T[],
  args: PageArgs,
  cursorOf: (row: T) => string | number,
  count: () => Promise<number>,
): Page<T> {
  return new Page(rows.slice(0, args.first), rows.length > args.first, args, cursorOf, count);
}

function encodeCursor(place: string | number): string {
  return Buffer.from(String(place)).toString('base64url');
}

/** The place behind `after`, or undefined when there is none; an unreadable cursor counts as a place that matches nothing. */
export function decodeCursor(after: string | null | undefined): string | undefined {
  if (after === null || after === undefined) return undefined;
  // PostgreSQL knows no text with a NUL in it.
  return Buffer.from(after, 'base64url').toString().replaceAll('\0', '\ufffd');
}

/** For lists that count down, newest first: the number that the next page stays below. A cursor that was made up stands before everything. */
export function numberBefore(after: string | null | undefined): number {
  const place = decodeCursor(after);
  return place === undefined ? 2 ** 31 - 1 : /^\d{1,9}$/.test(place) ? Number(place) : 0;
}

/** Declares `<Name>Connection` and `<Name>Edge` for a node type. */
export function connectionOf<T extends object>(node: ClassType<T> | (abstract new () => T), name: string) {
  @ObjectType(`${name}Edge`, { description: 'One node of a page, with its place in the list.' })
  class EdgeType {
    @Field(() => String, { description: 'Opaque; as `after` it goes on behind this node.' })
    cursor!: string;

    @Field(() => node as ClassType<T>)
    node!: T;
  }

  @ObjectType(`${name}Connection`, { description: 'A page of a list.' })
  class ConnectionType {
    @Field(() => [EdgeType])
    edges!: Edge<T>[];

    @Field(() => [node as ClassType<T>], { description: 'The nodes of `edges`, without their cursors.' })
    nodes!: T[];

    @Field(() => PageInfo)
    pageInfo!: PageInfo;

    count!: () => Promise<number>;

    @Field(() => Int, { description: 'All of the list, not only this page.' })
    totalCount(): Promise<number> {
      return this.count();
    }
  }
  return ConnectionType;
}
