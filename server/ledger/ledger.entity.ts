import { type Rel, PrimaryKeyProp } from '@mikro-orm/core';
import { Check, Entity, Index, ManyToOne, PrimaryKey, Property, Trigger, Unique } from '@mikro-orm/decorators/legacy';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GridPostKind } from '../hierarchy/service-unit.entity.js';
import { Node } from '../kernel/node.js';
import { ViewerRole } from '../kernel/viewer.js';
import { TimeAccount, TimeHold } from './time-account.entity.js';

export enum TransferKind {
  CERTIFICATION = 'CERTIFICATION',
  CARRIED_OVER = 'CARRIED_OVER',
  OVERFLOW = 'OVERFLOW',
  GIFT = 'GIFT',
  DONATION = 'DONATION',
  HELP = 'HELP',
  REDEMPTION = 'REDEMPTION',
  REVERSAL = 'REVERSAL',
}

registerEnumType(TransferKind, {
  name: 'TransferKind',
  description: 'Why time moved.',
  valuesConfig: {
    CERTIFICATION: { description: 'Service that was certified.' },
    CARRIED_OVER: { description: 'Certified before this time bank began, and taken over from the old books.' },
    OVERFLOW: { description: 'Above what one person may keep: it went to the pool of their station.' },
    GIFT: { description: 'Given to one’s family.' },
    DONATION: { description: 'Donated to a pool.' },
    HELP: { description: 'Paid for help.' },
    REDEMPTION: { description: 'Spent on a reward.' },
    REVERSAL: { description: 'Takes another transfer back.' },
  },
});

const appendOnly = (table: string) => ({
  name: `${table}_no_change`,
  timing: 'before' as const,
  events: ['update' as const, 'delete' as const],
  // The ORM does not see what watches over TRUNCATE: the migration adds that one by hand.
  body: `raise exception 'The ledger is append-only.' using errcode = 'integrity_constraint_violation';`,
});

/**
 * One movement of time from one account to another. Never changed, never removed: what was wrong is taken back by a
 * REVERSAL, once, and a reversal by nothing.
 */
@ObjectType({
  implements: Node,
  description: 'One movement of time. Never changed: what was wrong is taken back by another one.',
})
@Entity()
@Unique({ properties: ['key'] })
@Unique({ properties: ['id', 'kind'], name: 'ledger_transfer_id_kind_unique' })
@Unique({ properties: ['reversesId'], name: 'ledger_transfer_reversed_once' })
@Unique({ properties: ['hold'], name: 'ledger_transfer_settles_once' })
@Check({ name: 'ledger_transfer_minutes_check', expression: 'minutes > 0' })
@Check({ name: 'ledger_transfer_accounts_check', expression: 'from_id <> to_id' })
@Check({
  name: 'ledger_transfer_kind_check',
  expression: `kind in (${Object.values(TransferKind)
    .map((kind) => `'${kind}'`)
    .join(', ')})`,
})
@Check({
  name: 'ledger_transfer_reversal_check',
  expression:
    "(kind = 'REVERSAL') = (reverses_id is not null) and (reverses_id is null) = (reverses_kind is null) and reverses_kind <> 'REVERSAL'",
})
@Check({
  name: 'ledger_transfer_reason_check',
  expression: "char_length(reason) <= 500 and (kind <> 'REVERSAL' or reason is not null)",
})
@Trigger(appendOnly('ledger_transfer'))
export class LedgerTransfer extends Node {
  @PrimaryKey({ type: 'integer', autoincrement: true })
  id!: number;

  /** Of whatever it comes from, such as `gift:…`: what has happened once is booked once. */
  @Property({ type: 'text' })
  key!: string;

  /** SHA-256 over what was asked for: the same key with another body is refused. */
  @Property({ type: 'blob' })
  bodyHash!: Buffer;

  @Field(() => TransferKind, { description: 'Why.' })
  @Property({ type: 'text' })
  kind!: TransferKind;

  @Field(() => GridPostKind, { nullable: true, description: 'For what kind of service.' })
  @Property({ type: 'text', nullable: true })
  category!: GridPostKind | null;

  @Property({ type: 'integer', persist: false })
  fromId!: number;

  @ManyToOne(() => TimeAccount, { fieldName: 'from_id', deleteRule: 'restrict', lazy: true })
  from?: Rel<TimeAccount>;

  @Property({ type: 'integer', persist: false })
  toId!: number;

  @ManyToOne(() => TimeAccount, { fieldName: 'to_id', deleteRule: 'restrict', lazy: true })
  to?: Rel<TimeAccount>;

  @Field(() => Int, { description: 'How many; always more than none.' })
  @Property({ type: 'integer' })
  minutes!: number;

  @Field(() => Date, { description: 'When it was booked.' })
  @Property({ type: 'timestamptz', length: 3 })
  at!: Date;

  @Field(() => String, { nullable: true, description: 'Why it was taken back, in the words of whoever did it.' })
  @Property({ type: 'text', nullable: true })
  reason!: string | null;

  @Property({ type: 'integer', nullable: true })
  reversesId!: number | null;

  /** With the foreign key it says that no reversal is reversed. */
  @Property({ type: 'text', nullable: true })
  reversesKind!: TransferKind | null;

  @ManyToOne(() => LedgerTransfer, {
    joinColumns: ['reverses_id', 'reverses_kind'],
    referencedColumnNames: ['id', 'kind'],
    nullable: true,
    deleteRule: 'restrict',
    lazy: true,
  })
  reverses?: Rel<LedgerTransfer>;

  @Property({ type: 'integer', nullable: true, persist: false })
  holdId!: number | null;

  @ManyToOne(() => TimeHold, { fieldName: 'hold_id', nullable: true, deleteRule: 'restrict', lazy: true })
  hold?: Rel<TimeHold>;

  /** Who booked it. No foreign keys: the ledger says what was, also when what it speaks of is gone. */
  @Property({ type: 'text' })
  actorRole!: ViewerRole;

  @Property({ type: 'integer', nullable: true })
  actorAccountId!: number | null;

  @Property({ type: 'integer', nullable: true })
  actorKeyId!: number | null;

  get nodeKey() {
    return this.id;
  }
}

/**
 * What one transfer did to one account: each has two, and they sum to zero, which the database checks as they come. An
 * account's entries are numbered 1, 2, 3 …, each with the balance after it, and chained: each hash covers the one before.
 * There is no chain over all accounts: everybody would wait for everybody at its head.
 */
@ObjectType({ description: 'One line of an account.' })
@Entity()
@Index({ properties: ['transferRow'] })
@Index({ properties: ['account', 'at', 'sequence'] })
@Check({ name: 'ledger_entry_sequence_check', expression: 'sequence > 0' })
@Check({ name: 'ledger_entry_minutes_check', expression: 'minutes <> 0' })
@Check({ name: 'ledger_entry_hash_check', expression: 'octet_length(hash) = 32 and octet_length(previous_hash) = 32' })
@Trigger(appendOnly('ledger_entry'))
@Trigger({
  name: 'ledger_entry_sums_to_zero',
  timing: 'after',
  events: ['insert'],
  forEach: 'statement',
  // A transfer's entries come in one statement, as its accounts have to be told that they are whole.
  expression: `create or replace function "ledger_entry_sums_to_zero_fn"() returns trigger as $$ begin if exists (select from added group by transfer_id having sum(minutes) <> 0 or count(*) <> 2) then raise exception 'The entries of a transfer do not sum to zero.' using errcode = 'integrity_constraint_violation'; end if; return null; end; $$ language plpgsql; create trigger "ledger_entry_sums_to_zero" after insert on "ledger_entry" referencing new table as added for each statement execute function "ledger_entry_sums_to_zero_fn"();`,
})
export class LedgerEntry {
  @ManyToOne(() => TimeAccount, { primary: true, fieldName: 'account_id', deleteRule: 'restrict', lazy: true })
  account?: Rel<TimeAccount>;

  @Property({ type: 'integer', persist: false })
  accountId!: number;

  @Field(() => Int, { description: 'Place in the account: 1, 2, 3 … without a gap.' })
  @PrimaryKey({ type: 'integer' })
  sequence!: number;

  [PrimaryKeyProp]?: ['account', 'sequence'];

  @Property({ type: 'integer', persist: false })
  transferId!: number;

  @ManyToOne(() => LedgerTransfer, { fieldName: 'transfer_id', deleteRule: 'restrict', lazy: true })
  transferRow?: Rel<LedgerTransfer>;

  @Field(() => Int, { description: 'What came in; below zero what went out.' })
  @Property({ type: 'integer' })
  minutes!: number;

  @Field(() => Int, { description: 'What was there after it.' })
  @Property({ type: 'integer' })
  balance!: number;

  @Field(() => Date, { description: 'When it was booked.' })
  @Property({ type: 'timestamptz', length: 3 })
  at!: Date;

  @Property({ type: 'blob' })
  previousHash!: Buffer;

  @Property({ type: 'blob' })
  hash!: Buffer;
}
