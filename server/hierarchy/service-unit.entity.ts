import type { Rel } from '@mikro-orm/core';
import { Check, Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { Field, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import { Node } from '../kernel/node.js';

/** The four levels of the mechanism, from the top. */
export enum ServiceLevel {
  CULTURE_SCHOOL = 'CULTURE_SCHOOL',
  SERVICE_STATION = 'SERVICE_STATION',
  VOLUNTEER_TEAM = 'VOLUNTEER_TEAM',
  GRID_POST = 'GRID_POST',
}

registerEnumType(ServiceLevel, {
  name: 'ServiceLevel',
  description: 'The four levels, from the top.',
  valuesConfig: {
    CULTURE_SCHOOL: { description: '文化学校, level 1' },
    SERVICE_STATION: { description: '党员服务社, level 2' },
    VOLUNTEER_TEAM: { description: '志愿服务队, level 3' },
    GRID_POST: { description: '网格志愿服务岗, level 4' },
  },
});

/** In the order of the hierarchy: the database keeps a level as its place here, from 1. */
const levels = Object.values(ServiceLevel);

export enum GridPostKind {
  SERVICE_POST = 'SERVICE_POST',
  SCHOOL_ROUTE = 'SCHOOL_ROUTE',
  GREENERY = 'GREENERY',
  CLINIC = 'CLINIC',
  REPAIR = 'REPAIR',
  HAIRCUT = 'HAIRCUT',
  CHARITY_SALE = 'CHARITY_SALE',
  GARDEN = 'GARDEN',
  WARM_BAR = 'WARM_BAR',
  PATROL = 'PATROL',
}

registerEnumType(GridPostKind, {
  name: 'GridPostKind',
  description: 'What is done at a post.',
  valuesConfig: {
    SERVICE_POST: { description: '亲情驿站 and other general service posts' },
    SCHOOL_ROUTE: { description: '护学岗: guards the way to school' },
    GREENERY: { description: '绿化: care of trees and lawns' },
    CLINIC: { description: '义诊: free clinic, health checks' },
    REPAIR: { description: '维修、磨刀: repairs, knife grinding' },
    HAIRCUT: { description: '理发: haircuts' },
    CHARITY_SALE: { description: '义卖: charity sale' },
    GARDEN: { description: '亲情蔬菜园: kinship garden' },
    WARM_BAR: { description: '幸福暖吧: Warm Bar' },
    PATROL: { description: '巡逻: neighbourhood patrol' },
  },
});

/**
 * One table for the four levels. No level can be skipped and no cycle can be closed, by construction: the parent is
 * referred to together with its level, and that is this unit's level minus one.
 */
@InterfaceType('ServiceUnit', {
  implements: Node,
  description: 'One unit of the four-level service hierarchy.',
  resolveType: (unit: ServiceUnit) => unit.constructor.name,
})
@Entity({ tableName: 'service_unit', discriminatorColumn: 'levelNumber', abstract: true })
@Unique({ properties: ['id', 'levelNumber'], name: 'service_unit_id_level_unique' })
@Index({ properties: ['parentId', 'code'] })
@Check({ name: 'service_unit_level_check', expression: 'level >= 1 and level <= 4' })
@Check({ name: 'service_unit_root_check', expression: '(level = 1) = (parent_id is null)' })
@Check({ name: 'service_unit_parent_level_check', expression: 'coalesce(parent_level::int, 0) = level - 1' })
@Check({ name: 'service_unit_kind_check', expression: '(level = 4) = (kind is not null)' })
export abstract class ServiceUnit extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'smallint', fieldName: 'level' })
  levelNumber!: number;

  @Field(() => String, { description: 'Short, stable, printed on signs.' })
  @Property({ type: 'text' })
  @Unique()
  code!: string;

  @Field(() => String)
  @Property({ type: 'text' })
  name!: string;

  @Property({ type: 'integer', nullable: true })
  parentId!: number | null;

  @Property({ type: 'smallint', nullable: true })
  parentLevel!: number | null;

  /** Only for the foreign key; code goes by `parentId`. */
  @ManyToOne(() => ServiceUnit, {
    joinColumns: ['parent_id', 'parent_level'],
    referencedColumnNames: ['id', 'level'],
    nullable: true,
    deleteRule: 'restrict',
    lazy: true,
  })
  parent?: Rel<ServiceUnit>;

  /** What a post does; null on the other levels. */
  @Property({ type: 'text', nullable: true })
  kind!: GridPostKind | null;

  get nodeKey() {
    return this.id;
  }

  @Field(() => ServiceLevel, { description: 'Which of the four it is; the type says the same.' })
  get level(): ServiceLevel {
    return levels[this.levelNumber - 1]!;
  }
}

@ObjectType({ implements: ServiceUnit, description: 'Level 1, 文化学校: teaches volunteers and leads stations.' })
@Entity({ discriminatorValue: 1 })
export class CultureSchool extends ServiceUnit {}

@ObjectType({ implements: ServiceUnit, description: 'Level 2, 党员服务社: one neighbourhood, one brand.' })
@Entity({ discriminatorValue: 2 })
export class ServiceStation extends ServiceUnit {}

@ObjectType({ implements: ServiceUnit, description: 'Level 3, 志愿服务队: the people of one area.' })
@Entity({ discriminatorValue: 3 })
export class VolunteerTeam extends ServiceUnit {}

@ObjectType({
  implements: ServiceUnit,
  description: 'Level 4, 网格志愿服务岗: where service happens and people check in.',
})
@Entity({ discriminatorValue: 4 })
export class GridPost extends ServiceUnit {}

const classes = [CultureSchool, ServiceStation, VolunteerTeam, GridPost] as const;

/** Makes the object of a row's own level. */
export function toServiceUnit(row: { levelNumber: number }): ServiceUnit {
  return Object.assign(new classes[row.levelNumber - 1]!(), row);
}
