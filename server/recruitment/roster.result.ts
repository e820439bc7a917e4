import { createUnionType, Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Contingent } from '../volunteer/volunteer.entity.js';
import { Refusal } from '../kernel/refusal.js';
import { RosterImport } from './roster-import.entity.js';

export enum RosterOutcome {
  NEW = 'NEW',
  KNOWN = 'KNOWN',
  WRONG = 'WRONG',
}

registerEnumType(RosterOutcome, {
  name: 'RosterOutcome',
  description: 'What would become of a row.',
  valuesConfig: {
    NEW: { description: 'Somebody new is entered.' },
    KNOWN: { description: 'They are in the register, by number or by phone and name: nothing is changed.' },
    WRONG: { description: 'Something is wrong with it, so nothing is imported at all.' },
  },
});

@ObjectType({ description: 'One row of a roster, as it was read.' })
export class RosterLine {
  @Field(() => Int, { description: 'As the spreadsheet counts them: the heading is 1.' })
  row!: number;

  @Field(() => RosterOutcome, { description: 'What would become of it.' })
  outcome!: RosterOutcome;

  @Field(() => String, { description: 'The name, as it stands there.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'The volunteer number, if it names one.' })
  number!: string | null;

  @Field(() => Contingent, { nullable: true, description: 'Null when it names none that there is.' })
  contingent!: Contingent | null;

  @Field(() => String, { nullable: true, description: 'The code of the team, as it stands there.' })
  team!: string | null;

  @Field(() => [String], { description: "All that is wrong with it, in the reader's language." })
  problems!: string[];
}

@ObjectType({ implements: Refusal, description: 'The file is no roster that can be read; nothing was stored of it.' })
export class RosterUnreadable extends Refusal {}

@ObjectType({ description: 'The file was read. Nothing is in the register yet.' })
export class RosterPreviewed {
  @Field(() => RosterImport, { description: 'With what would become of its rows.' })
  roster!: RosterImport;
}

@ObjectType({ description: 'Its people are being entered, or are entered already: ask `rosterImport` how far it is.' })
export class RosterBegun {
  @Field(() => RosterImport, { description: 'As it is now.' })
  roster!: RosterImport;
}

@ObjectType({
  implements: Refusal,
  description: 'Rows are wrong, or became so since they were looked at; nothing was stored.',
})
export class RosterNotReady extends Refusal {
  @Field(() => RosterImport, { description: 'As it is now.' })
  roster!: RosterImport;
}

export const PreviewRosterResult = createUnionType({
  name: 'PreviewRosterResult',
  description: 'What became of reading a roster.',
  types: () => [RosterPreviewed, RosterUnreadable] as const,
});
export const ImportRosterResult = createUnionType({
  name: 'ImportRosterResult',
  description: 'What became of importing a roster.',
  types: () => [RosterBegun, RosterNotReady] as const,
});
