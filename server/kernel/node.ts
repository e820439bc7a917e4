import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, Field, ID, Info, InterfaceType, Query, Resolver } from 'type-graphql';
import type { Context } from './context.js';
import { fromGlobalId, toGlobalId } from './global-id.js';
import { maySeeType } from './visibility.js';

/** Anything with an id of its own. The type's name is the class's name. */
@InterfaceType('Node', {
  description: 'Anything that can be fetched again by its id.',
  resolveType: (node: object) => node.constructor.name,
})
export abstract class Node {
  /** The key within the type; part of the global id, never shown by itself. */
  abstract readonly nodeKey: string | number;

  @Field(() => ID, { name: 'id', description: 'Opaque and unique over all types; hand it back as it is.' })
  get nodeId(): string {
    return toGlobalId(this.constructor.name, this.nodeKey);
  }
}

/** Finds an object by its key within its type. */
export type NodeLoader = (ctx: Context, key: string) => Promise<object | null>;

declare module './context.js' {
  interface Context {
    readonly nodeLoaders: ReadonlyMap<string, NodeLoader>;
  }
}

@Resolver()
export class NodeResolver {
  @Query(() => Node, {
    nullable: true,
    description: 'Any object by its id; null where there is none that the viewer may see.',
  })
  async node(
    @Ctx() ctx: Context,
    @Arg('id', () => ID, { description: 'As some object’s `id` was given out.' }) id: string,
    @Info() { schema }: GraphQLResolveInfo,
  ): Promise<object | null> {
    const parsed = fromGlobalId(id);
    if (!parsed || !maySeeType(schema.getType(parsed.type), ctx.viewer.role)) return null;
    const found = await ctx.nodeLoaders.get(parsed.type)?.(ctx, parsed.key);
    // The key alone does not tell the levels of the hierarchy apart.
    return found?.constructor.name === parsed.type ? found : null;
  }
}
