import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/** In the place of a team: everybody, also who belongs to none. */
export const everybody = 0;

/**
 * How many people are in the register, by team and contingent: a register of a million is not counted for every page. The
 * number is the sum of a few rows: whoever writes people adds rows and waits for nobody, and whoever happens to be alone
 * with it makes one of several. The database does so by itself, in the transaction of whoever writes: `count_register()`.
 */
@Entity()
@Index({ properties: ['teamId', 'contingent'], include: ['people'] })
export class RegisterCount {
  @PrimaryKey({ type: 'bigint', autoincrement: true })
  id!: string;

  @Property({ type: 'integer' })
  teamId!: number;

  @Property({ type: 'text' })
  contingent!: string;

  @Property({ type: 'integer' })
  people!: number;
}

/** The ORM cannot say which rows a statement has changed, so this is SQL. The migration has the function, by hand. */
const counting = (event: 'insert' | 'update' | 'delete', tables: string) => {
  const name = `volunteer_counted_by_${event}`;
  const expression = `create trigger ${name} after ${event} on volunteer referencing ${tables} for each statement execute function count_register()`;
  return { name, timing: 'after' as const, events: [event], forEach: 'statement' as const, expression };
};

/** For `Volunteer`: what keeps the numbers. */
export const countedByInsert = counting('insert', 'new table as added');
export const countedByUpdate = counting('update', 'old table as removed new table as added');
export const countedByDelete = counting('delete', 'old table as removed');
