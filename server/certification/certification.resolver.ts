import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Attendance } from '../attendance/attendance.entity.js';
import type { Context } from '../kernel/context.js';
import { Certification } from './certification.entity.js';
import { certificationOf } from './certification.service.js';

@Resolver(() => Attendance)
export class AttendanceCertificationResolver {
  @FieldResolver(() => Certification, {
    nullable: true,
    description: 'What it came to in the time bank; null until that is known.',
  })
  certification(@Ctx() ctx: Context, @Root() { id }: Attendance) {
    return certificationOf(ctx).load(id);
  }
}
