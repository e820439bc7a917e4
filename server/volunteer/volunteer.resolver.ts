import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { unitById } from '../hierarchy/hierarchy.service.js';
import { VolunteerTeam } from '../hierarchy/service-unit.entity.js';
import { stripInvisible } from './volunteer.rules.js';
import { listVolunteers } from './volunteer.service.js';
import { Contingent, Volunteer } from './volunteer.entity.js';

const VolunteerConnection = connectionOf(Volunteer, 'Volunteer');

@Resolver(() => Volunteer)
export class VolunteerResolver {
  @Query(() => VolunteerConnection, {
    description: 'The register, by number. For viewers who may see people; `within` narrows to a unit.',
  })
  volunteers(
    @Ctx() ctx: Context,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('within', () => ID, { nullable: true, description: 'Only people of this unit and everything below it.' })
    within?: string,
    @Arg('search', () => String, {
      nullable: true,
      description:
        'Only people for whom each word begins a part of the name, its pinyin, its initials or the number: 晓明, xiaoming, lxm, 000123.',
    })
    search?: string,
    @Arg('contingent', () => Contingent, { nullable: true, description: 'Only people of this part of the community.' })
    contingent?: Contingent,
  ) {
    return listVolunteers(ctx, args, { within, search, contingent });
  }

  @FieldResolver(() => String, { description: 'The name in full: whoever may not see the person does not get here.' })
  displayName(@Root() volunteer: Volunteer) {
    return stripInvisible(volunteer.name);
  }

  @FieldResolver(() => VolunteerTeam, { nullable: true, description: 'Null for somebody who has joined no team yet.' })
  team(@Ctx() ctx: Context, @Root() volunteer: Volunteer) {
    return volunteer.teamId === null ? null : unitById(ctx).load(volunteer.teamId);
  }
}
