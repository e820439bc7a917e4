import { createUnionType, Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Refusal } from '../kernel/refusal.js';
import { CheckIn } from '../feed/check-in.entity.js';

@ObjectType({ description: 'Committed. `replayed` when this key was recorded before.' })
export class CheckInRecorded {
  @Field(() => CheckIn, { description: 'What was recorded, now or the first time.' })
  checkIn!: CheckIn;

  @Field(() => Boolean, { description: 'Whether this key had been recorded before.' })
  replayed!: boolean;
}

@ObjectType({ description: 'Committed. `replayed` when this key was recorded before.' })
export class CheckOutRecorded {
  @Field(() => CheckIn, { description: 'What was recorded, now or the first time.' })
  checkIn!: CheckIn;

  @Field(() => Int, {
    nullable: true,
    description:
      'Whole minutes of the stay that ended; null when it is kept for review: no check-in was found, or it lasted over a day.',
  })
  minutes!: number | null;

  @Field(() => Boolean, { description: 'Whether this key had been recorded before.' })
  replayed!: boolean;
}

@ObjectType({ implements: Refusal, description: 'The person is at this post already; nothing was recorded.' })
export class AlreadyCheckedIn extends Refusal {
  @Field(() => CheckIn, { description: 'The first one: when and where.' })
  checkIn!: CheckIn;
}

@ObjectType({
  implements: Refusal,
  description: 'The event is not open for check-in, neither now nor at the time told.',
})
export class CheckInClosed extends Refusal {
  @Field(() => Date, { description: 'The first moment that counts.' })
  opensAt!: Date;

  @Field(() => Date, { description: 'The last moment that counts.' })
  closesAt!: Date;
}

export enum PassRejectionReason {
  PASS_INVALID = 'PASS_INVALID',
  PASS_EXPIRED = 'PASS_EXPIRED',
  PASS_WRONG_EVENT = 'PASS_WRONG_EVENT',
}

registerEnumType(PassRejectionReason, {
  name: 'PassRejectionReason',
  description: 'Why a code or a pass is not taken.',
  valuesConfig: {
    PASS_INVALID: { description: 'Unreadable, or not signed by us.' },
    PASS_EXPIRED: { description: 'It was right once; show the newest.' },
    PASS_WRONG_EVENT: { description: 'A pass for another event.' },
  },
});

@ObjectType({ implements: Refusal, description: 'The code or the pass is not taken; nothing was recorded.' })
export class PassRejected extends Refusal {
  @Field(() => PassRejectionReason, { description: 'For programs; `message` says it to people.' })
  reason!: PassRejectionReason;
}

@ObjectType({
  implements: Refusal,
  description: 'A check-out by somebody who never checked in, and no post was named: there is nothing to write down.',
})
export class NotCheckedIn extends Refusal {}

@ObjectType({
  implements: Refusal,
  description: 'The person does not serve at present, so cannot check in; nothing was recorded. Checking out works.',
})
export class VolunteerSuspended extends Refusal {}

export const CheckInResult = createUnionType({
  name: 'CheckInResult',
  description: 'What became of a check-in; refusals are among the answers, faults of the caller are errors.',
  types: () => [CheckInRecorded, AlreadyCheckedIn, CheckInClosed, PassRejected, VolunteerSuspended] as const,
});

export const CheckOutResult = createUnionType({
  name: 'CheckOutResult',
  description: 'What became of a check-out; refusals are among the answers, faults of the caller are errors.',
  types: () => [CheckOutRecorded, NotCheckedIn, CheckInClosed, PassRejected] as const,
});
