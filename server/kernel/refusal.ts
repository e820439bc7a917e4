import { Field, InterfaceType, Int, ObjectType } from 'type-graphql';
import type { Catalogue, Locale } from './locale.js';

/** A foreseen "no" that a person can act on: part of a mutation's result, never thrown. */
@InterfaceType('Refusal', { description: 'A foreseen "no" that a person can act on.' })
export abstract class Refusal {
  @Field(() => String, { description: "What happened and what to do, in the caller's language." })
  message!: string;
}

@ObjectType({
  implements: Refusal,
  description: 'Somebody has changed it since you read it; nothing was changed now. Look at it again, then decide.',
})
export class StaleEdit extends Refusal {
  @Field(() => String, { nullable: true, description: 'Who changed it last; null when it was the system itself.' })
  by!: string | null;

  @Field(() => Int, { description: 'The version that it has now.' })
  version!: number;
}

const messages: Catalogue<{ stale: (by: string | null) => string }> = {
  'zh-CN': {
    stale: (by) => `${by === null ? '系统' : `「${by}」`}刚刚改动过这一条，您的修改没有保存。请查看最新内容后再决定。`,
  },
  en: {
    stale: (by) =>
      `${by === null ? 'The system' : by} has changed this meanwhile, so your change was not saved. Look at it again, then decide.`,
  },
};

/** The refusal of a change to something that is not as its caller believes: `by` changed it last. */
export function staleEdit(locale: Locale, by: string | null, version: number): StaleEdit {
  return Object.assign(new StaleEdit(), { message: messages[locale].stale(by), by, version });
}
