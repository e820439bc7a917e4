import { Check, Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Node } from '../kernel/node.js';
import { Account } from './account.entity.js';

/** The roles of `ViewerRole` that are given to somebody. */
export enum GrantRole {
  LEADER = 'LEADER',
  COORDINATOR = 'COORDINATOR',
  ADMINISTRATOR = 'ADMINISTRATOR',
}

registerEnumType(GrantRole, {
  name: 'GrantRole',
  description: 'The roles of `ViewerRole` that an account can be given.',
  valuesConfig: {
    LEADER: { description: 'Leads a team or a post: records check-ins there.' },
    COORDINATOR: { description: 'Coordinates a unit and everything below it.' },
    ADMINISTRATOR: { description: 'Runs the installation, everywhere.' },
  },
});

/** A role at a unit, for a time. Never deleted and, but for its end, never changed: it says who was what, and when. */
@ObjectType({ implements: Node, description: 'A role that an account has at a unit, for a time.' })
@Entity({ tableName: 'role_grant' })
@Index({ properties: ['account'] })
@Unique({ properties: ['id', 'account'], name: 'role_grant_id_account_unique' })
@Check({ name: 'role_grant_role_check', expression: "role in ('LEADER', 'COORDINATOR', 'ADMINISTRATOR')" })
@Check({ name: 'role_grant_administrator_check', expression: "role <> 'ADMINISTRATOR' or unit_id is null" })
@Check({ name: 'role_grant_times_check', expression: 'starts_at <= ends_at' })
// Ranges of one number stand for equality: a GiST index knows ranges by itself, numbers only with an extension.
@Check({
  name: 'role_grant_once_at_a_time',
  expression: `exclude using gist (int4range(account_id, account_id, '[]') with &&, int4range(ascii(role), ascii(role), '[]') with &&, int4range(coalesce(unit_id, 0), coalesce(unit_id, 0), '[]') with &&, tstzrange(starts_at, ends_at) with &&)`,
})
export class Grant extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  @Property({ type: 'integer', persist: false })
  accountId!: number;

  @ManyToOne(() => Account, { fieldName: 'account_id', deleteRule: 'restrict', lazy: true })
  account?: Rel<Account>;

  @Field(() => GrantRole, { description: 'What it lets the account do.' })
  @Property({ type: 'text' })
  role!: GrantRole;

  @Property({ type: 'integer', nullable: true, persist: false })
  unitId!: number | null;

  @ManyToOne(() => ServiceUnit, { fieldName: 'unit_id', nullable: true, deleteRule: 'restrict', lazy: true })
  unit?: Rel<ServiceUnit>;

  @Field(() => Date, { description: 'From when on it holds.' })
  @Property({ type: 'timestamptz' })
  startsAt!: Date;

  @Field(() => Date, { nullable: true, description: 'Until when it holds; null when nobody has said.' })
  @Property({ type: 'timestamptz', nullable: true })
  endsAt!: Date | null;

  get nodeKey() {
    return this.id;
  }
}
