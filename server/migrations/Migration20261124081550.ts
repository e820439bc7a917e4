import { Migration } from '@mikro-orm/migrations';

export class Migration20261124081550 extends Migration {

  override name = 'Migration20261124081550';

  override up(): void | Promise<void> {
    this.addSql(`create table "community_event" ("id" serial primary key, "code" text not null, "title" text not null, "theme" text null, "edition" int null, "starts_at" timestamptz not null, "ends_at" timestamptz not null);`);
    this.addSql(`alter table "community_event" add constraint "community_event_code_unique" unique ("code");`);

    this.addSql(`create table "feed" ("event_id" int not null, "epoch" text not null default substr(md5((random())::text), 1, 8), "sequence" int not null default 0, "check_ins" int not null default 0, "people" int not null default 0, "on_site" int not null default 0, "minutes" int not null default 0, primary key ("event_id"));`);

    this.addSql(`create table "presence" ("event_id" int not null, "volunteer_id" int not null, "post_id" int null, "team_id" int null, "station_id" int null, "school_id" int null, "since" timestamptz(3) null, "in_sequence" int null, "pending_out_at" timestamptz(3) null, primary key ("event_id", "volunteer_id"));`);

    this.addSql(`create table "service_unit" ("id" serial primary key, "level" smallint not null, "code" text not null, "name" text not null, "parent_id" int null, "parent_level" smallint null, "kind" text null);`);
    this.addSql(`create index "service_unit_level_index" on "service_unit" ("level");`);
    this.addSql(`alter table "service_unit" add constraint "service_unit_code_unique" unique ("code");`);
    this.addSql(`create index "service_unit_parent_id_code_index" on "service_unit" ("parent_id", "code");`);
    this.addSql(`alter table "service_unit" add constraint "service_unit_id_level_unique" unique ("id", "level");`);

    this.addSql(`create table "brand" ("id" serial primary key, "station_id" int not null, "station_level" smallint not null, "name" text not null, "description" text null, "since" timestamptz not null, "until" timestamptz null);`);
    this.addSql(`create unique index "brand_one_current_per_station" on "brand" ("station_id") where ("until" is null);`);

    this.addSql(`create table "access_key" ("id" serial primary key, "name" text not null, "role" text not null, "unit_id" int null, "hash" bytea not null, "created_at" timestamptz not null, "expires_at" timestamptz null, "revoked_at" timestamptz null);`);
    this.addSql(`alter table "access_key" add constraint "access_key_hash_unique" unique ("hash");`);

    this.addSql(`create table "signing_secret" ("id" smallint not null, "secret" bytea not null, primary key ("id"));`);

    this.addSql(`create table "unit_tally" ("event_id" int not null, "unit_id" int not null, "check_ins" int not null, "people" int not null, "on_site" int not null, "minutes" int not null, primary key ("event_id", "unit_id"));`);

    this.addSql(`create table "volunteer" ("id" serial primary key, "number" text not null, "name" text not null, "contingent" text not null, "tier" text null, "team_id" int null, "team_level" smallint null, "screen_consent" boolean not null default false);`);
    this.addSql(`alter table "volunteer" add constraint "volunteer_number_unique" unique ("number");`);
    this.addSql(`create index "volunteer_team_id_index" on "volunteer" ("team_id");`);

    this.addSql(`create table "check_in" ("event_id" int not null, "sequence" int not null, "volunteer_id" int not null, "post_id" int not null, "team_id" int not null, "station_id" int not null, "school_id" int not null, "direction" text not null, "method" text not null, "at" timestamptz(3) not null, "recorded_at" timestamptz(3) not null, "note" text null, "recorded_by" int null, "review" text null, "first_levels" smallint not null, "arrives" boolean not null, "ends_sequence" int null, "left_post_id" int null, "left_team_id" int null, "left_station_id" int null, "left_school_id" int null, "minutes" int null, primary key ("event_id", "sequence"));`);
    this.addSql(`create index "check_in_event_id_school_id_sequence_index" on "check_in" ("event_id", "school_id", "sequence");`);
    this.addSql(`create index "check_in_event_id_station_id_sequence_index" on "check_in" ("event_id", "station_id", "sequence");`);
    this.addSql(`create index "check_in_event_id_team_id_sequence_index" on "check_in" ("event_id", "team_id", "sequence");`);
    this.addSql(`create index "check_in_event_id_post_id_sequence_index" on "check_in" ("event_id", "post_id", "sequence");`);
    this.addSql(`create index "check_in_event_id_volunteer_id_index" on "check_in" ("event_id", "volunteer_id");`);

    this.addSql(`create table "check_in_key" ("key" uuid not null, "body_hash" bytea not null, "outcome" text not null, "event_id" int not null, "sequence" int not null, primary key ("key"));`);

    this.addSql(`alter table "community_event" add constraint "community_event_times_check" check (starts_at < ends_at);`);

    this.addSql(`alter table "feed" add constraint "feed_event_id_foreign" foreign key ("event_id") references "community_event" ("id") on update cascade on delete restrict;`);
    this.addSql(`alter table "feed" add constraint "feed_tally_check" check (check_ins >= 0 and people >= 0 and on_site >= 0 and minutes >= 0);`);
    this.addSql(`alter table "feed" add constraint "feed_sequence_check" check (sequence >= 0);`);

    this.addSql(`alter table "presence" add constraint "presence_path_check" check (num_nonnulls(post_id, team_id, station_id, school_id, since, in_sequence) in (0, 6));`);

    this.addSql(`alter table "service_unit" add constraint "service_unit_parent_id_parent_level_foreign" foreign key ("parent_id", "parent_level") references "service_unit" ("id", "level") on delete restrict;`);
    this.addSql(`alter table "service_unit" add constraint "service_unit_kind_check" check ((level = 4) = (kind is not null));`);
    this.addSql(`alter table "service_unit" add constraint "service_unit_parent_level_check" check (coalesce(parent_level::int, 0) = level - 1);`);
    this.addSql(`alter table "service_unit" add constraint "service_unit_root_check" check ((level = 1) = (parent_id is null));`);
    this.addSql(`alter table "service_unit" add constraint "service_unit_level_check" check (level >= 1 and level <= 4);`);

    this.addSql(`alter table "brand" add constraint "brand_station_id_station_level_foreign" foreign key ("station_id", "station_level") references "service_unit" ("id", "level") on delete restrict;`);
    this.addSql(`alter table "brand" add constraint "brand_station_level_check" check (station_level = 2);`);

    this.addSql(`alter table "access_key" add constraint "access_key_unit_id_foreign" foreign key ("unit_id") references "service_unit" ("id") on delete restrict;`);
    this.addSql(`alter table "access_key" add constraint "access_key_role_check" check (role <> 'PUBLIC');`);

    this.addSql(`alter table "signing_secret" add constraint "signing_secret_one_row" check (id = 1);`);

    this.addSql(`alter table "unit_tally" add constraint "unit_tally_event_id_foreign" foreign key ("event_id") references "community_event" ("id") on update cascade on delete restrict;`);
    this.addSql(`alter table "unit_tally" add constraint "unit_tally_unit_id_foreign" foreign key ("unit_id") references "service_unit" ("id") on update cascade on delete restrict;`);
    this.addSql(`alter table "unit_tally" add constraint "unit_tally_check" check (check_ins >= 0 and people >= 0 and on_site >= 0 and minutes >= 0);`);

    this.addSql(`alter table "volunteer" add constraint "volunteer_team_id_team_level_foreign" foreign key ("team_id", "team_level") references "service_unit" ("id", "level") on delete restrict;`);
    this.addSql(`alter table "volunteer" add constraint "volunteer_team_check" check ((team_id is null) = (team_level is null));`);
    this.addSql(`alter table "volunteer" add constraint "volunteer_team_level_check" check (team_level = 3);`);

    this.addSql(`alter table "check_in" add constraint "check_in_event_id_foreign" foreign key ("event_id") references "community_event" ("id") on delete restrict;`);
    this.addSql(`alter table "check_in" add constraint "check_in_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete restrict;`);
    this.addSql(`alter table "check_in" add constraint "check_in_post_id_foreign" foreign key ("post_id") references "service_unit" ("id") on delete restrict;`);
    this.addSql(`alter table "check_in" add constraint "check_in_note_check" check (char_length(note) <= 200);`);
    this.addSql(`alter table "check_in" add constraint "check_in_minutes_check" check (minutes >= 0);`);
    this.addSql(`alter table "check_in" add constraint "check_in_direction_check" check (direction in ('IN', 'OUT'));`);
    this.addSql(`alter table "check_in" add constraint "check_in_sequence_check" check (sequence > 0);`);

    this.addSql(`alter table "check_in_key" add constraint "check_in_key_event_id_sequence_foreign" foreign key ("event_id", "sequence") references "check_in" ("event_id", "sequence") on update cascade on delete restrict;`);
    this.addSql(`alter table "check_in_key" add constraint "check_in_key_outcome_check" check (outcome in ('RECORDED', 'ALREADY_CHECKED_IN'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "feed" drop constraint "feed_event_id_foreign";`);
    this.addSql(`alter table "unit_tally" drop constraint "unit_tally_event_id_foreign";`);
    this.addSql(`alter table "check_in" drop constraint "check_in_event_id_foreign";`);
    this.addSql(`alter table "service_unit" drop constraint "service_unit_parent_id_parent_level_foreign";`);
    this.addSql(`alter table "brand" drop constraint "brand_station_id_station_level_foreign";`);
    this.addSql(`alter table "access_key" drop constraint "access_key_unit_id_foreign";`);
    this.addSql(`alter table "unit_tally" drop constraint "unit_tally_unit_id_foreign";`);
    this.addSql(`alter table "volunteer" drop constraint "volunteer_team_id_team_level_foreign";`);
    this.addSql(`alter table "check_in" drop constraint "check_in_post_id_foreign";`);
    this.addSql(`alter table "check_in" drop constraint "check_in_volunteer_id_foreign";`);
    this.addSql(`alter table "check_in_key" drop constraint "check_in_key_event_id_sequence_foreign";`);

    this.addSql(`drop table if exists "community_event" cascade;`);
    this.addSql(`drop table if exists "feed" cascade;`);
    this.addSql(`drop table if exists "presence" cascade;`);
    this.addSql(`drop table if exists "service_unit" cascade;`);
    this.addSql(`drop table if exists "brand" cascade;`);
    this.addSql(`drop table if exists "access_key" cascade;`);
    this.addSql(`drop table if exists "signing_secret" cascade;`);
    this.addSql(`drop table if exists "unit_tally" cascade;`);
    this.addSql(`drop table if exists "volunteer" cascade;`);
    this.addSql(`drop table if exists "check_in" cascade;`);
    this.addSql(`drop table if exists "check_in_key" cascade;`);
  }

}
