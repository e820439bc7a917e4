import { Check, Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Node } from '../kernel/node.js';
import { DataKeyVersion } from '../vault/data-key-version.entity.js';
import { Contingent, Volunteer } from '../volunteer/volunteer.entity.js';

export enum ApplicationState {
  SUBMITTED = 'SUBMITTED',
  ADMITTED = 'ADMITTED',
  DECLINED = 'DECLINED',
}

registerEnumType(ApplicationState, {
  name: 'ApplicationState',
  description: 'How far an application has come.',
  valuesConfig: {
    SUBMITTED: { description: '待审核: nobody has decided yet' },
    ADMITTED: { description: '已通过: the applicant is a volunteer' },
    DECLINED: { description: '未通过: with a reason, which the applicant reads' },
  },
});

/** Somebody wants to become a volunteer. Who they are is encrypted: of a stranger nothing stands here in clear. */
@ObjectType({ implements: Node, description: 'Somebody wants to become a volunteer.' })
@Entity()
@Check({ name: 'application_state_check', expression: "state in ('SUBMITTED', 'ADMITTED', 'DECLINED')" })
@Check({ name: 'application_decided_check', expression: "(state = 'SUBMITTED') = (decided_at is null)" })
@Index({ properties: ['state', 'id'] })
@Index({ properties: ['volunteer'] })
@Index({ properties: ['dataKey'] })
export class Application extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  /** Made by the phone, once: sent again, the same application answers. */
  @Property({ type: 'uuid' })
  @Unique()
  key!: string;

  @Field(() => String, { description: 'What the applicant names it by.' })
  @Property({ type: 'text' })
  @Unique()
  reference!: string;

  /** SHA-256 of what only the applicant knows. */
  @Property({ type: 'blob' })
  @Unique()
  secretHash!: Buffer;

  @Field(() => ApplicationState, { description: 'How far it has come.' })
  @Property({ type: 'text' })
  state!: ApplicationState;

  @Field(() => Contingent, { description: 'Which part of the community they say they belong to.' })
  @Property({ type: 'text' })
  contingent!: Contingent;

  @Property({ type: 'integer', nullable: true, persist: false })
  unitId!: number | null;

  @ManyToOne(() => ServiceUnit, { fieldName: 'unit_id', nullable: true, deleteRule: 'restrict', lazy: true })
  unit?: Rel<ServiceUnit>;

  /** An `Applicant`, sealed for this row. */
  @Property({ type: 'blob' })
  sealed!: Buffer;

  @Property({ type: 'integer', persist: false })
  keyVersion!: number;

  @ManyToOne(() => DataKeyVersion, { fieldName: 'key_version', deleteRule: 'restrict', lazy: true })
  dataKey?: Rel<DataKeyVersion>;

  @Field(() => Date, { description: 'When it was sent.' })
  @Property({ type: 'timestamptz' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it was decided; null until then.' })
  @Property({ type: 'timestamptz', nullable: true })
  decidedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why it was declined.' })
  @Property({ type: 'text', nullable: true })
  reason!: string | null;

  @Property({ type: 'integer', nullable: true, persist: false })
  volunteerId!: number | null;

  @ManyToOne(() => Volunteer, { fieldName: 'volunteer_id', nullable: true, deleteRule: 'cascade', lazy: true })
  volunteer?: Rel<Volunteer>;

  get nodeKey() {
    return this.id;
  }
}
