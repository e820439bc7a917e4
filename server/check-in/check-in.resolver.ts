import { Arg, Ctx, Field, FieldResolver, ID, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import type { Context } from '../kernel/context.js';
import { reachOf } from '../kernel/viewer.js';
import { requireEvent } from '../event/event.service.js';
import { checkInWindow } from '../event/event.rules.js';
import { isWithin } from '../hierarchy/hierarchy.service.js';
import { GridPost } from '../hierarchy/service-unit.entity.js';
import { Volunteer } from '../volunteer/volunteer.entity.js';
import { CheckInInput, CheckOutInput } from './check-in.input.js';
import { CheckInResult, CheckOutResult } from './check-in.result.js';
import { checkIn, checkOut } from './check-in.service.js';
import { makePass, postCodeAt } from './codes.js';

@ObjectType({ description: "What a post's screen shows: proof of having been there, changed every 30 seconds." })
class RotatingCode {
  @Field(() => String, { description: '12 characters, to be scanned, or typed in groups of four.' })
  code!: string;

  @Field(() => Date, { description: 'When the next code takes its place.' })
  refreshAt!: Date;

  @Field(() => Date, { description: 'Until when this one is still taken.' })
  expiresAt!: Date;
}

@Resolver()
export class CheckInResolver {
  @Mutation(() => CheckInResult, { description: 'Checks somebody in at a post.' })
  checkIn(@Ctx() ctx: Context, @Arg('input', () => CheckInInput, { description: 'One scan.' }) input: CheckInInput) {
    return checkIn(ctx, input);
  }

  @Mutation(() => CheckOutResult, { description: 'Checks somebody out, wherever they are.' })
  checkOut(@Ctx() ctx: Context, @Arg('input', () => CheckOutInput, { description: 'One scan.' }) input: CheckOutInput) {
    return checkOut(ctx, input);
  }
}

@Resolver(() => GridPost)
export class PostCodeResolver {
  @FieldResolver(() => RotatingCode, {
    nullable: true,
    description: "The code that the post's screen shows now. Null for viewers who do not run this post.",
  })
  async rotatingCode(@Ctx() ctx: Context, @Root() post: GridPost): Promise<RotatingCode | null> {
    if (!(await isWithin(ctx, post.id, reachOf(ctx.viewer)))) return null;
    return postCodeAt(ctx.signer, post.id, ctx.clock());
  }
}

@Resolver(() => Volunteer)
export class PassResolver {
  @FieldResolver(() => String, { description: "The person's signed pass for an event, to be shown as a QR code." })
  async pass(
    @Ctx() ctx: Context,
    @Root() volunteer: Volunteer,
    @Arg('event', () => ID, { description: 'Which event the pass is for.' }) event: string,
  ): Promise<string> {
    const found = await requireEvent(ctx, event);
    return makePass(ctx.signer, volunteer.id, found.id, checkInWindow(found).closesAt);
  }
}
