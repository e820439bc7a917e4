import { Ctx, Field, FieldResolver, ObjectType, Query, Resolver, Root } from 'type-graphql';
import type { Context } from '../kernel/context.js';
import { ViewerRole, type Viewer } from '../kernel/viewer.js';
import { unitById } from '../hierarchy/hierarchy.service.js';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';

@ObjectType('Viewer', { description: 'Who is asking.' })
class ViewerType {
  @Field(() => ViewerRole, { description: 'Decides what the viewer may see and do.' })
  role!: ViewerRole;

  @Field(() => String, { nullable: true, description: 'The name that the key was issued to; null for the public.' })
  name!: string | null;
}

@Resolver(() => ViewerType)
export class ViewerResolver {
  @Query(() => ViewerType, { description: 'Who is asking, and in which role.' })
  viewer(@Ctx() ctx: Context): Viewer {
    return ctx.viewer;
  }

  @FieldResolver(() => ServiceUnit, {
    nullable: true,
    description: 'The unit at and below which the viewer acts; null means everywhere, or nowhere for the public.',
  })
  unit(@Ctx() ctx: Context, @Root() viewer: Viewer) {
    return viewer.unitId === null ? null : unitById(ctx).load(viewer.unitId);
  }
}
