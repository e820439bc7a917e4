import { Check, Entity, Index, ManyToOne, PrimaryKey, Property, Trigger, Unique } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Node } from '../kernel/node.js';
import { countedByDelete, countedByInsert, countedByUpdate } from './register-count.entity.js';

export enum Contingent {
  IN_SERVICE_MEMBER = 'IN_SERVICE_MEMBER',
  RETIRED_MEMBER = 'RETIRED_MEMBER',
  RESIDENT = 'RESIDENT',
  STUDENT = 'STUDENT',
}

registerEnumType(Contingent, {
  name: 'Contingent',
  description: 'Which part of the community a volunteer belongs to.',
  valuesConfig: {
    IN_SERVICE_MEMBER: { description: '在职党员' },
    RETIRED_MEMBER: { description: '非在职党员' },
    RESIDENT: { description: '群众' },
    STUDENT: { description: '学生' },
  },
});

export enum Tier {
  WHITE_GOLD = 'WHITE_GOLD',
  GOLD = 'GOLD',
  PLATINUM = 'PLATINUM',
  DIAMOND = 'DIAMOND',
  CROWN = 'CROWN',
}

registerEnumType(Tier, {
  name: 'Tier',
  description: 'The five tiers by certified hours, from the first.',
  valuesConfig: {
    WHITE_GOLD: { description: '白金, the first tier' },
    GOLD: { description: '黄金' },
    PLATINUM: { description: '铂金, the third tier: not 白金, although English has one word for both' },
    DIAMOND: { description: '钻石' },
    CROWN: { description: '皇冠' },
  },
});

/** A person in the register. The name leaves this feature only through `displayName`, which masks by default. */
@ObjectType({ implements: Node, description: 'A person in the register, as far as the viewer may see them.' })
@Entity()
// A page of a team's register, or of a school's, is found in it: the people themselves lie all over the table.
@Index({ properties: ['teamId', 'number'], include: ['id', 'contingent', 'erasedAt'] })
@Trigger(countedByInsert)
@Trigger(countedByUpdate)
@Trigger(countedByDelete)
@Check({ name: 'volunteer_team_level_check', expression: 'team_level = 3' })
@Check({ name: 'volunteer_team_check', expression: '(team_id is null) = (team_level is null)' })
export class Volunteer extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Field(() => String, {
    description: 'The volunteer number: the only identifier that is ever printed or shared.',
  })
  @Property({ type: 'text' })
  @Unique()
  number!: string;

  @Property({ type: 'text' })
  name!: string;

  @Field(() => Contingent, { description: 'Which part of the community they belong to.' })
  @Property({ type: 'text' })
  contingent!: Contingent;

  @Property({ type: 'text', nullable: true })
  tier!: Tier | null;

  @Property({ type: 'integer', nullable: true })
  teamId!: number | null;

  /** Always 3: with the foreign key it says that people belong to teams. */
  @Property({ type: 'smallint', nullable: true })
  teamLevel!: number | null;

  @ManyToOne(() => ServiceUnit, {
    joinColumns: ['team_id', 'team_level'],
    referencedColumnNames: ['id', 'level'],
    nullable: true,
    deleteRule: 'restrict',
    lazy: true,
  })
  team?: Rel<ServiceUnit>;

  /** Whether the masked name may stand on screens and with partners. */
  @Property({ type: 'boolean', default: false })
  screenConsent!: boolean;

  /** Since when nothing tells who this was; null for everybody else. The row stays: what was counted refers to it. */
  @Property({ type: 'timestamptz', nullable: true })
  erasedAt!: Date | null;

  get nodeKey() {
    return this.id;
  }
}

@ObjectType({ description: 'How a person appears beside a check-in.' })
export class VolunteerBadge {
  @Field(() => String, { description: 'Masked (李*) and by consent only, unless the viewer may see the person.' })
  displayName!: string;

  @Field(() => Contingent, { description: 'Which part of the community they belong to.' })
  contingent!: Contingent;

  @Field(() => Tier, { nullable: true, description: 'By certified hours; null before the first tier is reached.' })
  tier!: Tier | null;
}
