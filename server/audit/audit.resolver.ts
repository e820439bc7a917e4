import { Args, ArgsType, Ctx, Field, FieldResolver, ID, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { connectionOf, PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { Node } from '../kernel/node.js';
import { unitById } from '../hierarchy/hierarchy.service.js';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { AuditAction, AuditEntry } from './audit-entry.entity.js';
import { actorOf, detailsOf, listAudit, targetOf, type AuditFilter } from './audit.service.js';

@ObjectType({ description: 'One more fact about an act.' })
class AuditDetail {
  @Field(() => String, { description: 'Which fact, in a word.' })
  name!: string;

  @Field(() => String, { description: 'As text, whatever it is; lists as JSON.' })
  value!: string;
}

@ArgsType()
class AuditArgs extends PageArgs implements AuditFilter {
  @Field(() => AuditAction, { nullable: true, description: 'Only acts of this kind.' })
  action?: AuditAction | null;

  @Field(() => ID, { nullable: true, description: 'Only what this account or access key did.' })
  actor?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only what was done to this object, of whatever type.' })
  target?: string | null;

  @Field(() => Date, { nullable: true, description: 'Only from this moment on.' })
  from?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Only before this moment.' })
  to?: Date | null;
}

const AuditEntryConnection = connectionOf(AuditEntry, 'AuditEntry');

@Resolver(() => AuditEntry)
export class AuditResolver {
  @Query(() => AuditEntryConnection, { description: 'Who did what, the newest first. For administrators.' })
  auditLog(@Ctx() ctx: Context, @Args(() => AuditArgs) args: AuditArgs) {
    return listAudit(ctx, args, args);
  }

  @FieldResolver(() => Node, {
    nullable: true,
    description: 'The account or the access key that did it; null for the public and the command line.',
  })
  actor(@Ctx() ctx: Context, @Root() entry: AuditEntry) {
    return actorOf(ctx, entry);
  }

  @FieldResolver(() => Node, { nullable: true, description: 'The object that it was done to, as it is now.' })
  target(@Ctx() ctx: Context, @Root() entry: AuditEntry) {
    return targetOf(ctx, entry);
  }

  @FieldResolver(() => ServiceUnit, { nullable: true, description: 'The unit whose affair it was.' })
  unit(@Ctx() ctx: Context, @Root() entry: AuditEntry) {
    return entry.unitId === null ? null : unitById(ctx).load(entry.unitId);
  }

  @FieldResolver(() => [AuditDetail], { description: 'What else is known about it.' })
  details(@Root() entry: AuditEntry): AuditDetail[] {
    return detailsOf(entry);
  }
}
