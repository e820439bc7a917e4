import { Migration } from '@mikro-orm/migrations';

export class Migration20261124152448 extends Migration {

  override name = 'Migration20261124152448';

  override up(): void | Promise<void> {
    this.addSql(`create table "register_count" ("id" bigserial primary key, "team_id" int not null, "contingent" text not null, "people" int not null);`);
    this.addSql(`create index "register_count_team_id_contingent_index" on "register_count" ("team_id", "contingent") include ("people");`);

    this.addSql(`drop index "volunteer_team_id_index";`);
    this.addSql(`create index "volunteer_team_id_number_index" on "volunteer" ("team_id", "number") include ("id", "contingent", "erased_at");`);
    // By hand, as the ORM has no word for it: what keeps the numbers, and those of who is there already.
    this.addSql(`create function count_register() returns trigger as $$
    declare touched int[];
    begin
      if tg_op = 'INSERT' then
      with changes as (
        insert into register_count (team_id, contingent, people)
        select team, contingent, sum(people) from (
          select team_id, contingent, 1 as people from added where erased_at is null
        ) p cross join lateral unnest(array[0, p.team_id]) as team
        where team is not null group by team, contingent having sum(people) <> 0 order by 1, 2
        returning team_id
      ) select array_agg(distinct team_id) into touched from changes;
      elsif tg_op = 'UPDATE' then
      with changes as (
        insert into register_count (team_id, contingent, people)
        select team, contingent, sum(people) from (
          select team_id, contingent, 1 as people from added where erased_at is null
          union all select team_id, contingent, -1 as people from removed where erased_at is null
        ) p cross join lateral unnest(array[0, p.team_id]) as team
        where team is not null group by team, contingent having sum(people) <> 0 order by 1, 2
        returning team_id
      ) select array_agg(distinct team_id) into touched from changes;
      else
      with changes as (
        insert into register_count (team_id, contingent, people)
        select team, contingent, sum(people) from (
          select team_id, contingent, -1 as people from removed where erased_at is null
        ) p cross join lateral unnest(array[0, p.team_id]) as team
        where team is not null group by team, contingent having sum(people) <> 0 order by 1, 2
        returning team_id
      ) select array_agg(distinct team_id) into touched from changes;
      end if;
      if touched is not null and pg_try_advisory_xact_lock(hashtext('register_count')) then
        with several as (
          delete from register_count where team_id = any(touched) returning team_id, contingent, people
        )
        insert into register_count (team_id, contingent, people)
        select team_id, contingent, sum(people) from several group by 1, 2 having sum(people) <> 0 order by 1, 2;
      end if;
      return null;
    end; $$ language plpgsql;`);
    this.addSql(`create trigger volunteer_counted_by_insert after insert on volunteer referencing new table as added for each statement execute function count_register();`);
    this.addSql(`create trigger volunteer_counted_by_update after update on volunteer referencing old table as removed new table as added for each statement execute function count_register();`);
    this.addSql(`create trigger volunteer_counted_by_delete after delete on volunteer referencing old table as removed for each statement execute function count_register();`);
    this.addSql(`insert into register_count (team_id, contingent, people)
      select team, contingent, count(*) from volunteer cross join lateral unnest(array[0, team_id]) as team
      where team is not null and erased_at is null group by 1, 2 order by 1, 2;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "volunteer_team_id_number_index";`);
    this.addSql(`drop trigger if exists "volunteer_counted_by_delete" on "volunteer";`);
    this.addSql(`drop trigger if exists "volunteer_counted_by_update" on "volunteer";`);
    this.addSql(`drop trigger if exists "volunteer_counted_by_insert" on "volunteer";`);
    this.addSql(`drop function if exists count_register();`);
    this.addSql(`drop table if exists "register_count" cascade;`);
    this.addSql(`create index "volunteer_team_id_index" on "volunteer" ("team_id");`);
  }

}
