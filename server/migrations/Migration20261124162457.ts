import { Migration } from '@mikro-orm/migrations';

export class Migration20261124162457 extends Migration {

  override name = 'Migration20261124162457';

  override up(): void | Promise<void> {
    this.addSql(`create table "board_change" ("event_id" int not null, "sequence" int not null, "shift_id" int null, primary key ("event_id", "sequence"));`);

    this.addSql(`create table "board_visitor" ("event_id" int not null, "visitor" text not null, "name" text not null, "unit_id" int null, "shift_id" int null, "seen_at" timestamptz(3) not null, primary key ("event_id", "visitor"));`);

    this.addSql(`create table "board" ("event_id" int not null, "sequence" int not null default 0, primary key ("event_id"));`);

    this.addSql(`create table "shift" ("id" serial primary key, "event_id" int not null, "post_id" int not null, "post_level" smallint not null, "kind" text not null default 'SERVICE', "title" text null, "starts_at" timestamptz(3) not null, "ends_at" timestamptz(3) not null, "capacity" int not null, "skill_ids" int[] not null default '{}', "min_age" int null, "max_age" int null, "cancelled_at" timestamptz(3) null, "version" int not null default 1, "changed_by_account_id" int null, "changed_by_key_id" int null);`);
    this.addSql(`create index "shift_event_id_post_id_post_level_starts_at_index" on "shift" ("event_id", "post_id", "post_level", "starts_at");`);

    this.addSql(`create table "assignment" ("id" serial primary key, "shift_id" int not null, "event_id" int not null, "volunteer_id" int not null, "starts_at" timestamptz(3) not null, "ends_at" timestamptz(3) not null, "state" text not null, "expires_at" timestamptz(3) null, "passes_on" boolean not null default false, "stars" int null, "remark" text null, "version" int not null default 1, "changed_at" timestamptz(3) not null, "changed_by_account_id" int null, "changed_by_key_id" int null);`);
    this.addSql(`create unique index "assignment_waits_once" on "assignment" ("shift_id", "volunteer_id") where (state = 'WAITLISTED');`);
    this.addSql(`create index "assignment_offers" on "assignment" ("expires_at") where (state = 'OFFERED');`);
    this.addSql(`create index "assignment_event_id_index" on "assignment" ("event_id");`);
    this.addSql(`create index "assignment_volunteer_id_starts_at_index" on "assignment" ("volunteer_id", "starts_at");`);
    this.addSql(`create index "assignment_shift_id_index" on "assignment" ("shift_id");`);

    this.addSql(`alter table "board" add constraint "board_event_id_foreign" foreign key ("event_id") references "community_event" ("id") on update cascade on delete restrict;`);
    this.addSql(`alter table "board" add constraint "board_sequence_check" check (sequence >= 0);`);

    this.addSql(`alter table "shift" add constraint "shift_event_id_foreign" foreign key ("event_id") references "community_event" ("id") on delete restrict;`);
    this.addSql(`alter table "shift" add constraint "shift_post_id_post_level_foreign" foreign key ("post_id", "post_level") references "service_unit" ("id", "level") on delete restrict;`);
    this.addSql(`alter table "shift" add constraint "shift_ages_check" check (min_age >= 0 and max_age >= coalesce(min_age, 0));`);
    this.addSql(`alter table "shift" add constraint "shift_post_level_check" check (post_level = 4);`);
    this.addSql(`alter table "shift" add constraint "shift_kind_check" check (kind in ('SERVICE', 'SETUP', 'DUTY', 'TASK'));`);
    this.addSql(`alter table "shift" add constraint "shift_capacity_check" check (capacity >= 1 and capacity <= 500);`);
    this.addSql(`alter table "shift" add constraint "shift_times_check" check (starts_at < ends_at);`);

    this.addSql(`alter table "assignment" add constraint "assignment_shift_id_foreign" foreign key ("shift_id") references "shift" ("id") on delete restrict;`);
    this.addSql(`alter table "assignment" add constraint "assignment_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete restrict;`);
    this.addSql(`alter table "assignment" add constraint "assignment_no_overlap" exclude using gist (int4range(volunteer_id, volunteer_id, '[]') with &&, tstzrange(starts_at, ends_at) with &&) where (state in ('OFFERED', 'ACCEPTED', 'DONE', 'RATED'));`);
    this.addSql(`alter table "assignment" add constraint "assignment_remark_check" check (char_length(remark) <= 500);`);
    this.addSql(`alter table "assignment" add constraint "assignment_stars_check" check ((state = 'RATED') = (stars is not null) and stars >= 1 and stars <= 5);`);
    this.addSql(`alter table "assignment" add constraint "assignment_offer_check" check (state <> 'OFFERED' or expires_at is not null);`);
    this.addSql(`alter table "assignment" add constraint "assignment_times_check" check (starts_at < ends_at);`);
    this.addSql(`alter table "assignment" add constraint "assignment_state_check" check (state in ('WAITLISTED', 'OFFERED', 'ACCEPTED', 'DECLINED', 'EXPIRED', 'RELEASED', 'DONE', 'RATED'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "assignment" drop constraint "assignment_shift_id_foreign";`);

    this.addSql(`drop table if exists "board_change" cascade;`);
    this.addSql(`drop table if exists "board_visitor" cascade;`);
    this.addSql(`drop table if exists "board" cascade;`);
    this.addSql(`drop table if exists "shift" cascade;`);
    this.addSql(`drop table if exists "assignment" cascade;`);
  }

}
