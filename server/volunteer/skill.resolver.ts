import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { Skill } from './skill.entity.js';
import { listSkills } from './skill.service.js';

const SkillConnection = connectionOf(Skill, 'Skill');

@Resolver(() => Skill)
export class SkillResolver {
  @Query(() => SkillConnection, { description: 'What shifts can need and people can have, by code.' })
  skills(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    return listSkills(ctx, args);
  }
}
