import { Check, Entity, Index, PrimaryKey, Property, Trigger, Unique } from '@mikro-orm/decorators/legacy';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Node } from '../kernel/node.js';
import { ViewerRole } from '../kernel/viewer.js';

/** What can stand in the log. A new kind of act is a line here and one in the descriptions below. */
export enum AuditAction {
  SIGN_IN = 'SIGN_IN',
  SIGN_IN_FAILED = 'SIGN_IN_FAILED',
  SIGN_OUT = 'SIGN_OUT',
  SESSION_REVOKED = 'SESSION_REVOKED',
  PASSWORD_CHANGED = 'PASSWORD_CHANGED',
  PASSWORD_RESET = 'PASSWORD_RESET',
  ACCOUNT_CREATED = 'ACCOUNT_CREATED',
  ACCOUNT_DISABLED = 'ACCOUNT_DISABLED',
  ACCOUNT_ENABLED = 'ACCOUNT_ENABLED',
  ROLE_GRANTED = 'ROLE_GRANTED',
  GRANT_ENDED = 'GRANT_ENDED',
  ACTED_AS = 'ACTED_AS',
  KEY_ISSUED = 'KEY_ISSUED',
  KEY_ROTATED = 'KEY_ROTATED',
  KEY_REVOKED = 'KEY_REVOKED',
  PARTNER_REGISTERED = 'PARTNER_REGISTERED',
  PARTNER_SUSPENDED = 'PARTNER_SUSPENDED',
  PARTNER_RESUMED = 'PARTNER_RESUMED',
  DISPLAY_PAIRED = 'DISPLAY_PAIRED',
  PERSONAL_DATA_SET = 'PERSONAL_DATA_SET',
  PERSONAL_DATA_REVEALED = 'PERSONAL_DATA_REVEALED',
  PERSON_EXPORTED = 'PERSON_EXPORTED',
  PERSON_ERASED = 'PERSON_ERASED',
  CONSENT_RECORDED = 'CONSENT_RECORDED',
  CONSENT_WITHDRAWN = 'CONSENT_WITHDRAWN',
  DATA_KEY_ROTATED = 'DATA_KEY_ROTATED',
  ATTENDANCE_CONFIRMED = 'ATTENDANCE_CONFIRMED',
  ATTENDANCE_CORRECTED = 'ATTENDANCE_CORRECTED',
  ATTENDANCE_ANNULLED = 'ATTENDANCE_ANNULLED',
  SERVICE_ENTERED = 'SERVICE_ENTERED',
  SERVICE_SIGNED = 'SERVICE_SIGNED',
  FAMILY_FORMED = 'FAMILY_FORMED',
  TRANSFER_REVERSED = 'TRANSFER_REVERSED',
  REWARD_ADDED = 'REWARD_ADDED',
  REWARD_STOCK_CHANGED = 'REWARD_STOCK_CHANGED',
  REWARD_WITHDRAWN = 'REWARD_WITHDRAWN',
  REWARD_HANDED_OUT = 'REWARD_HANDED_OUT',
  APPLICATION_ADMITTED = 'APPLICATION_ADMITTED',
  APPLICATION_DECLINED = 'APPLICATION_DECLINED',
  VOLUNTEER_TRANSFERRED = 'VOLUNTEER_TRANSFERRED',
  VOLUNTEER_SUSPENDED = 'VOLUNTEER_SUSPENDED',
  VOLUNTEER_RESUMED = 'VOLUNTEER_RESUMED',
  WALK_IN_REGISTERED = 'WALK_IN_REGISTERED',
  REPORT_IN_RECORDED = 'REPORT_IN_RECORDED',
  ROSTER_IMPORTED = 'ROSTER_IMPORTED',
  SHIFTS_CHANGED = 'SHIFTS_CHANGED',
  ASSIGNMENT_CHANGED = 'ASSIGNMENT_CHANGED',
}

registerEnumType(AuditAction, {
  name: 'AuditAction',
  description: 'What was done.',
  valuesConfig: {
    SIGN_IN: { description: 'Somebody signed in with a password.' },
    SIGN_IN_FAILED: { description: 'Somebody was not let in; without a target where there is no such account.' },
    SIGN_OUT: { description: 'Somebody ended the session that they were in.' },
    SESSION_REVOKED: { description: 'A session was ended from elsewhere.' },
    PASSWORD_CHANGED: { description: 'Somebody chose a new password.' },
    PASSWORD_RESET: { description: 'An account got a one-time password from somebody else.' },
    ACCOUNT_CREATED: { description: 'An account was made.' },
    ACCOUNT_DISABLED: { description: 'An account can no longer be used.' },
    ACCOUNT_ENABLED: { description: 'A disabled account can be used again.' },
    ROLE_GRANTED: { description: 'An account was given a role at a unit.' },
    GRANT_ENDED: { description: 'A role at a unit was taken back.' },
    ACTED_AS: { description: 'A session went on in another role of its account.' },
    KEY_ISSUED: { description: 'An access key was made.' },
    KEY_ROTATED: { description: 'An access key was replaced by a new one.' },
    KEY_REVOKED: { description: 'An access key was ended.' },
    PARTNER_REGISTERED: { description: 'A partner organisation was entered.' },
    PARTNER_SUSPENDED: { description: "A partner organisation's keys no longer work." },
    PARTNER_RESUMED: { description: "A partner organisation's keys work again." },
    DISPLAY_PAIRED: { description: 'The code on a screen was confirmed.' },
    PERSONAL_DATA_SET: { description: "A person's phone, ID number or date of birth was entered or changed." },
    PERSONAL_DATA_REVEALED: { description: 'Personal data was shown in clear.' },
    PERSON_EXPORTED: { description: "All of one person's data was handed out." },
    PERSON_ERASED: { description: 'A person was made unrecognisable for good.' },
    CONSENT_RECORDED: { description: 'A consent was given.' },
    CONSENT_WITHDRAWN: { description: 'A consent was taken back.' },
    DATA_KEY_ROTATED: { description: 'Personal data was encrypted anew with a new key.' },
    ATTENDANCE_CONFIRMED: { description: 'Stays with doubtful times were confirmed.' },
    ATTENDANCE_CORRECTED: { description: 'A stay got other times.' },
    ATTENDANCE_ANNULLED: { description: 'A stay no longer counts.' },
    SERVICE_ENTERED: { description: 'Service that nobody had checked in for was entered.' },
    SHIFTS_CHANGED: { description: 'Shifts were planned, changed or cancelled.' },
    ASSIGNMENT_CHANGED: { description: 'Somebody got a place at a shift, answered, left it, or was rated.' },
    SERVICE_SIGNED: { description: 'A second person signed for service that was entered later.' },
    FAMILY_FORMED: { description: 'A family got an account in the time bank.' },
    REWARD_ADDED: { description: 'A reward was put on the shelf.' },
    REWARD_STOCK_CHANGED: { description: 'There are more of a reward, or fewer.' },
    REWARD_WITHDRAWN: { description: 'A reward was taken off the shelf for good.' },
    REWARD_HANDED_OUT: { description: 'Somebody picked up a reward.' },
    TRANSFER_REVERSED: { description: 'A movement of time was taken back.' },
    APPLICATION_ADMITTED: { description: 'Somebody who applied became a volunteer.' },
    APPLICATION_DECLINED: { description: 'Somebody who applied did not become a volunteer.' },
    VOLUNTEER_TRANSFERRED: { description: 'A volunteer went to another team.' },
    VOLUNTEER_SUSPENDED: { description: 'A volunteer does not serve for a while.' },
    VOLUNTEER_RESUMED: { description: 'A suspended volunteer serves again.' },
    WALK_IN_REGISTERED: { description: 'Somebody who just came was written down.' },
    REPORT_IN_RECORDED: { description: '党员报到: a Party member reported in.' },
    ROSTER_IMPORTED: { description: 'People were entered from a file.' },
  },
});

/** More about one act, by names of its own. Never personal data: ids and volunteer numbers at most. */
export type AuditDetails = Record<string, string | number | boolean | null | string[]>;

/**
 * One act, as it stands in the log for ever. Each row's hash covers its content and the hash of the row before it, so a
 * row that was changed, taken out or put in shows; see `chain.ts`.
 */
@ObjectType({ implements: Node, description: 'One act in the audit log. Never changed, never removed.' })
@Entity()
@Check({ name: 'audit_entry_sequence_check', expression: 'sequence > 0' })
@Check({ name: 'audit_entry_hash_check', expression: 'octet_length(hash) = 32 and octet_length(previous_hash) = 32' })
@Check({ name: 'audit_entry_target_check', expression: '(target_type is null) = (target_id is null)' })
@Check({ name: 'audit_entry_reason_check', expression: 'char_length(reason) <= 500' })
@Index({ properties: ['at'] })
@Index({ properties: ['action', 'sequence'] })
@Index({ properties: ['accountId', 'sequence'] })
@Index({ properties: ['keyId', 'sequence'] })
@Index({ properties: ['targetType', 'targetId', 'sequence'] })
@Trigger({
  name: 'audit_entry_no_change',
  timing: 'before',
  events: ['update', 'delete'],
  // The ORM does not see what watches over TRUNCATE: the migration adds that one by hand.
  body: `raise exception 'The audit log is append-only.' using errcode = 'integrity_constraint_violation';`,
})
export class AuditEntry extends Node {
  @Field(() => Int, { description: '1, 2, 3 … without a gap, in the order in which the acts were committed.' })
  @PrimaryKey({ type: 'integer', autoincrement: false })
  sequence!: number;

  @Field(() => Date, { description: 'When it was done.' })
  @Property({ type: 'timestamptz', length: 3 })
  at!: Date;

  @Field(() => ViewerRole, { description: 'In which role.' })
  @Property({ type: 'text' })
  actorRole!: ViewerRole;

  /** No foreign keys here: the log says what was, also when what it speaks of is gone. */
  @Property({ type: 'integer', nullable: true })
  accountId!: number | null;

  @Property({ type: 'integer', nullable: true })
  keyId!: number | null;

  @Field(() => String, {
    nullable: true,
    description: "The key's name, or whose command line it was; null for accounts, whose names are looked up.",
  })
  @Property({ type: 'text', nullable: true })
  actorName!: string | null;

  @Field(() => AuditAction, { description: 'What was done.' })
  @Property({ type: 'text' })
  action!: AuditAction;

  @Field(() => String, { nullable: true, description: 'What kind of object it was done to, such as `AccessKey`.' })
  @Property({ type: 'text', nullable: true })
  targetType!: string | null;

  @Property({ type: 'text', nullable: true })
  targetId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The object's name at the time; a person's volunteer number, never a name.",
  })
  @Property({ type: 'text', nullable: true })
  targetName!: string | null;

  @Property({ type: 'integer', nullable: true })
  unitId!: number | null;

  @Field(() => String, { nullable: true, description: 'Why, in the words of whoever did it.' })
  @Property({ type: 'text', nullable: true })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'From which network address; null at the command line.' })
  @Property({ type: 'text', nullable: true })
  address!: string | null;

  @Field(() => String, { description: "The request's number, as it stands in the server's log." })
  @Property({ type: 'text' })
  requestId!: string;

  @Property({ type: 'json', nullable: true })
  details!: AuditDetails | null;

  @Property({ type: 'blob' })
  @Unique({ name: 'audit_entry_no_fork' })
  previousHash!: Buffer;

  @Property({ type: 'blob' })
  hash!: Buffer;

  get nodeKey() {
    return this.sequence;
  }
}

/**
 * How far the log goes: one row, which the migration makes. Whoever appends locks it, so numbers come without a gap and
 * in the order of commits, and rows that are missing at the end are missed.
 */
@Entity()
@Check({ name: 'audit_head_one_row', expression: 'id = 1' })
export class AuditHead {
  @PrimaryKey({ type: 'smallint', autoincrement: false })
  id!: number;

  @Property({ type: 'integer' })
  sequence!: number;

  @Property({ type: 'blob' })
  hash!: Buffer;
}
