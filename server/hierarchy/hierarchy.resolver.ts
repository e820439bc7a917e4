import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { requireText } from '../kernel/text.js';
import { Brand } from './brand.entity.js';
import { ancestorsOf, children, currentBrand, requiredUnit, unitByCode } from './hierarchy.service.js';
import {
  CultureSchool,
  GridPost,
  GridPostKind,
  ServiceStation,
  ServiceUnit,
  VolunteerTeam,
} from './service-unit.entity.js';

const CultureSchoolConnection = connectionOf(CultureSchool, 'CultureSchool');
const ServiceStationConnection = connectionOf(ServiceStation, 'ServiceStation');
const VolunteerTeamConnection = connectionOf(VolunteerTeam, 'VolunteerTeam');
const GridPostConnection = connectionOf(GridPost, 'GridPost');

@Resolver(() => ServiceUnit)
export class ServiceUnitResolver {
  @Query(() => ServiceUnit, { nullable: true, description: 'One unit by the code on its sign.' })
  serviceUnit(
    @Ctx() ctx: Context,
    @Arg('code', () => String, { description: 'As printed, capitals and all.' }) code: string,
  ) {
    return unitByCode(ctx).load(requireText(code, ctx.locale));
  }

  @FieldResolver(() => [ServiceUnit], { description: 'From the school down to the parent.' })
  ancestors(@Ctx() ctx: Context, @Root() unit: ServiceUnit) {
    return ancestorsOf(ctx, unit);
  }
}

@Resolver(() => CultureSchool)
export class CultureSchoolResolver {
  @Query(() => CultureSchoolConnection, { description: 'The top level of the hierarchy, by code.' })
  cultureSchools(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    return children<CultureSchool>(ctx, null, args);
  }

  @FieldResolver(() => ServiceStationConnection, { description: 'By code.' })
  stations(@Ctx() ctx: Context, @Root() school: CultureSchool, @Args(() => PageArgs) args: PageArgs) {
    return children<ServiceStation>(ctx, school.id, args);
  }
}

@Resolver(() => ServiceStation)
export class ServiceStationResolver {
  @FieldResolver(() => CultureSchool, { description: 'The school that leads it.' })
  school(@Ctx() ctx: Context, @Root() station: ServiceStation) {
    return requiredUnit(ctx, station.parentId!);
  }

  @FieldResolver(() => Brand, { nullable: true, description: 'What the station is known for now.' })
  brand(@Ctx() ctx: Context, @Root() station: ServiceStation) {
    return currentBrand(ctx).load(station.id);
  }

  @FieldResolver(() => VolunteerTeamConnection, { description: 'By code.' })
  teams(@Ctx() ctx: Context, @Root() station: ServiceStation, @Args(() => PageArgs) args: PageArgs) {
    return children<VolunteerTeam>(ctx, station.id, args);
  }
}

@Resolver(() => VolunteerTeam)
export class VolunteerTeamResolver {
  @FieldResolver(() => ServiceStation, { description: 'The station that it belongs to.' })
  station(@Ctx() ctx: Context, @Root() team: VolunteerTeam) {
    return requiredUnit(ctx, team.parentId!);
  }

  @FieldResolver(() => GridPostConnection, { description: 'By code.' })
  posts(@Ctx() ctx: Context, @Root() team: VolunteerTeam, @Args(() => PageArgs) args: PageArgs) {
    return children<GridPost>(ctx, team.id, args);
  }
}

@Resolver(() => GridPost)
export class GridPostResolver {
  @FieldResolver(() => VolunteerTeam, { description: 'The team that staffs it.' })
  team(@Ctx() ctx: Context, @Root() post: GridPost) {
    return requiredUnit(ctx, post.parentId!);
  }

  @FieldResolver(() => GridPostKind, { description: 'What is done here.' })
  kind(@Root() post: GridPost) {
    return post.kind;
  }
}
