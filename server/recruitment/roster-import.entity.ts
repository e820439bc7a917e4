import { Check, Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { PrimaryKeyProp, type Rel } from '@mikro-orm/core';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Node } from '../kernel/node.js';
import { DataKeyVersion } from '../vault/data-key-version.entity.js';

export enum RosterState {
  UPLOADING = 'UPLOADING',
  PREVIEWED = 'PREVIEWED',
  IMPORTING = 'IMPORTING',
  DONE = 'DONE',
}

registerEnumType(RosterState, {
  name: 'RosterState',
  description: 'How far a roster has come.',
  valuesConfig: {
    UPLOADING: { description: 'Its parts are coming.' },
    PREVIEWED: { description: 'It was read: what would become of each row can be seen, and nothing was stored.' },
    IMPORTING: { description: 'Its people are being entered; it is all of them or none.' },
    DONE: { description: 'They are in the register.' },
  },
});

/** A file with people, from its first part until they are in the register. What it says is encrypted, and gone in a day. */
@ObjectType({ implements: Node, description: 'A file with people, on its way into the register.' })
@Entity()
@Check({ name: 'roster_import_state_check', expression: "state in ('UPLOADING', 'PREVIEWED', 'IMPORTING', 'DONE')" })
@Index({ properties: ['createdAt'] })
@Index({ properties: ['dataKey'] })
export class RosterImport extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  /** The credential that began it: it is nobody else's. */
  @Property({ type: 'text' })
  owner!: string;

  @Field(() => String, { description: 'As the file is called.' })
  @Property({ type: 'text' })
  fileName!: string;

  @Property({ type: 'integer', nullable: true, persist: false })
  teamId!: number | null;

  /** The team of rows that name none. */
  @ManyToOne(() => ServiceUnit, { fieldName: 'team_id', nullable: true, deleteRule: 'restrict', lazy: true })
  team?: Rel<ServiceUnit>;

  @Field(() => RosterState, { description: 'How far it has come.' })
  @Property({ type: 'text' })
  state!: RosterState;

  @Property({ type: 'integer', persist: false })
  keyVersion!: number;

  @ManyToOne(() => DataKeyVersion, { fieldName: 'key_version', deleteRule: 'restrict', lazy: true })
  dataKey?: Rel<DataKeyVersion>;

  @Field(() => Int, { description: 'Rows with somebody in them.' })
  @Property({ type: 'integer', default: 0 })
  total!: number;

  @Field(() => Int, { description: 'People who would be, or were, entered.' })
  @Property({ type: 'integer', default: 0 })
  fresh!: number;

  @Field(() => Int, { description: 'People who are in the register already.' })
  @Property({ type: 'integer', default: 0 })
  known!: number;

  @Field(() => Int, { description: 'Rows that something is wrong with. With one of them nothing can be imported.' })
  @Property({ type: 'integer', default: 0 })
  wrong!: number;

  @Field(() => Int, { description: 'While importing: how many rows are done.' })
  @Property({ type: 'integer', default: 0 })
  done!: number;

  /** A sign of life while importing: a node that dies leaves an import that can be begun again. */
  @Property({ type: 'timestamptz' })
  touchedAt!: Date;

  @Field(() => Date, { description: 'When it was begun; a day later it is forgotten.' })
  @Property({ type: 'timestamptz' })
  createdAt!: Date;

  get nodeKey() {
    return this.id;
  }
}

/** A piece of the file. */
@Entity()
export class RosterPart {
  @Property({ type: 'integer', persist: false })
  importId!: number;

  @ManyToOne(() => RosterImport, { primary: true, fieldName: 'import_id', deleteRule: 'cascade', lazy: true })
  roster?: Rel<RosterImport>;

  @PrimaryKey({ type: 'integer', autoincrement: false })
  part!: number;

  [PrimaryKeyProp]?: ['roster', 'part'];

  @Property({ type: 'blob' })
  sealed!: Buffer;
}

/** One row of it, as it was read, with what would become of it. */
@Entity()
@Check({ name: 'roster_row_outcome_check', expression: "outcome in ('NEW', 'KNOWN', 'WRONG')" })
export class RosterRow {
  @Property({ type: 'integer', persist: false })
  importId!: number;

  @ManyToOne(() => RosterImport, { primary: true, fieldName: 'import_id', deleteRule: 'cascade', lazy: true })
  roster?: Rel<RosterImport>;

  /** As the spreadsheet counts them: the heading is 1. */
  @PrimaryKey({ type: 'integer', autoincrement: false })
  row!: number;

  [PrimaryKeyProp]?: ['roster', 'row'];

  @Property({ type: 'text' })
  outcome!: 'NEW' | 'KNOWN' | 'WRONG';

  /** What is wrong, by code and with the row that it clashes with: never a value. */
  @Property({ type: 'json' })
  faults!: { code: string; row?: number }[];

  @Property({ type: 'blob' })
  sealed!: Buffer;
}
