import { Entity, Index, OneToOne, Property } from '@mikro-orm/decorators/legacy';
import type { Rel } from '@mikro-orm/core';
import { Volunteer } from './volunteer.entity.js';

/**
 * By what a person is found: parts of the name, its pinyin, its initials, the number. Apart from `Volunteer`, so that
 * nobody reads it who does not search; made by `search.ts`.
 */
@Entity()
@Index({
  name: 'volunteer_search_keys_index',
  expression: 'create index "volunteer_search_keys_index" on "volunteer_search" using gin ("keys")',
})
export class VolunteerSearch {
  @Property({ type: 'integer', persist: false })
  volunteerId!: number;

  @OneToOne(() => Volunteer, { primary: true, fieldName: 'volunteer_id', deleteRule: 'cascade', lazy: true })
  volunteer?: Rel<Volunteer>;

  @Property({ type: 'text', columnType: 'tsvector' })
  keys!: string;
}
