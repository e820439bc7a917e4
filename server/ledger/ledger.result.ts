import { createUnionType, Field, Int, ObjectType } from 'type-graphql';
import { Refusal } from '../kernel/refusal.js';
import { LedgerTransfer } from './ledger.entity.js';
import { TimeAccount } from './time-account.entity.js';

@ObjectType({ description: 'Booked. `replayed` when this key was booked before.' })
export class TimeMoved {
  @Field(() => LedgerTransfer, { description: 'What was booked, now or the first time.' })
  transfer!: LedgerTransfer;

  @Field(() => TimeAccount, { description: 'The account that it came from, as it is now.' })
  account!: TimeAccount;

  @Field(() => Boolean, { description: 'Whether this key had been booked before.' })
  replayed!: boolean;
}

@ObjectType({ implements: Refusal, description: 'There is less than that to spend; nothing was booked.' })
export class NotEnoughTime extends Refusal {
  @Field(() => Int, { description: 'How many minutes there are to spend.' })
  available!: number;
}

@ObjectType({ implements: Refusal, description: 'There is no family account to give to.' })
export class NoFamily extends Refusal {}

@ObjectType({ description: 'The family has an account.' })
export class FamilyFormed {
  @Field(() => TimeAccount, { description: 'Its account.' })
  account!: TimeAccount;
}

@ObjectType({ implements: Refusal, description: 'One of them belongs to a family already.' })
export class AlreadyInFamily extends Refusal {}

@ObjectType({ description: 'Taken back.' })
export class TransferReversed {
  @Field(() => LedgerTransfer, { description: 'What takes it back.' })
  transfer!: LedgerTransfer;
}

@ObjectType({ implements: Refusal, description: 'It was taken back already, or cannot be.' })
export class NotReversible extends Refusal {}

export const GiveTimeResult = createUnionType({
  name: 'GiveTimeResult',
  description: 'What became of a gift.',
  types: () => [TimeMoved, NotEnoughTime, NoFamily] as const,
});

export const DonateTimeResult = createUnionType({
  name: 'DonateTimeResult',
  description: 'What became of a donation.',
  types: () => [TimeMoved, NotEnoughTime] as const,
});

export const FormFamilyResult = createUnionType({
  name: 'FormFamilyResult',
  description: 'What became of forming a family.',
  types: () => [FamilyFormed, AlreadyInFamily] as const,
});

export const ReverseTransferResult = createUnionType({
  name: 'ReverseTransferResult',
  description: 'What became of taking something back.',
  types: () => [TransferReversed, NotEnoughTime, NotReversible] as const,
});
