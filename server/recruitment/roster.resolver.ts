import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { numericKey } from '../kernel/global-id.js';
import { RosterImport } from './roster-import.entity.js';
import { ImportRosterResult, PreviewRosterResult, RosterLine, RosterOutcome } from './roster.result.js';
import {
  addRosterPart,
  beginRoster,
  importRoster,
  previewRoster,
  rosterLines,
  visibleRoster,
} from './roster.service.js';

@Resolver(() => RosterImport)
export class RosterResolver {
  @Query(() => RosterImport, {
    nullable: true,
    description: 'An import that the viewer began; null for anything else.',
  })
  rosterImport(@Ctx() ctx: Context, @Arg('id', () => ID, { description: 'Which.' }) id: string) {
    const key = numericKey(id, 'RosterImport');
    return key === undefined ? null : visibleRoster(ctx, key);
  }

  @Mutation(() => RosterImport, {
    description:
      'Begins to import people from an Excel (.xlsx) or CSV file. Send it in parts, preview it, then import it: all or nobody.',
  })
  beginRosterImport(
    @Ctx() ctx: Context,
    @Arg('fileName', () => String, { description: 'As the file is called.' }) fileName: string,
    @Arg('team', () => ID, { nullable: true, description: 'The team of rows that name none.' }) team?: string,
  ) {
    return beginRoster(ctx, fileName, team ?? null);
  }

  @Mutation(() => RosterImport, { description: 'Takes one part of the file; the same part again replaces it.' })
  addRosterPart(
    @Ctx() ctx: Context,
    @Arg('roster', () => ID, { description: 'Which import.' }) roster: string,
    @Arg('part', () => Int, { description: '0, 1, 2 … in the order of the file.' }) part: number,
    @Arg('data', () => String, { description: 'At most 180 KB of the file, in base64.' }) data: string,
  ) {
    return addRosterPart(ctx, roster, part, data);
  }

  @Mutation(() => PreviewRosterResult, { description: 'Reads the file and tells what would become of each row.' })
  previewRoster(
    @Ctx() ctx: Context,
    @Arg('roster', () => ID, { description: 'Which import.' }) roster: string,
    @Arg('parts', () => Int, { description: 'How many parts the file has.' }) parts: number,
  ) {
    return previewRoster(ctx, roster, parts);
  }

  @Mutation(() => ImportRosterResult, { description: 'Enters all people of the file, or nobody. Goes on by itself.' })
  importRoster(@Ctx() ctx: Context, @Arg('roster', () => ID, { description: 'Which import.' }) roster: string) {
    return importRoster(ctx, roster);
  }

  @FieldResolver(() => [RosterLine], { description: 'Its rows in their order; gone when it is done.' })
  lines(
    @Ctx() ctx: Context,
    @Root() roster: RosterImport,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('outcome', () => RosterOutcome, { nullable: true, description: 'Only rows of which this would become.' })
    outcome?: RosterOutcome,
  ) {
    return rosterLines(ctx, roster, args, outcome ?? null);
  }
}
