import { Migration } from '@mikro-orm/migrations';

export class Migration20261124153612 extends Migration {

  override name = 'Migration20261124153612';

  override up(): void | Promise<void> {
    this.addSql(`create table "attendance_book" ("event_id" int not null, "sequence" int not null default 0, primary key ("event_id"));`);

    this.addSql(`create table "skill" ("id" serial primary key, "code" text not null, "name" text not null);`);
    this.addSql(`alter table "skill" add constraint "skill_code_unique" unique ("code");`);

    this.addSql(`create table "attendance" ("id" serial primary key, "event_id" int null, "volunteer_id" int not null, "post_id" int not null, "team_id" int not null, "station_id" int not null, "school_id" int not null, "in_at" timestamptz(3) not null, "out_at" timestamptz(3) null, "minutes" int null, "grade" text not null, "state" text not null, "flags" text[] not null default '{}', "in_sequence" int null, "out_sequence" int null, "decided_at" timestamptz(3) null, "content" text null, "entry_key" uuid null, "entered_by_account_id" int null, "signed_by_account_id" int null, "published_until" timestamptz(3) null, "version" int not null default 1, "settled" boolean not null default false);`);
    this.addSql(`alter table "attendance" add constraint "attendance_entry_key_unique" unique ("entry_key");`);
    this.addSql(`create index "attendance_unsettled" on "attendance" ("id") where (not settled);`);
    this.addSql(`create index "attendance_waiting" on "attendance" ("state", "id") where (state in ('OPEN', 'PROVISIONAL', 'UNSIGNED', 'PUBLISHED'));`);
    this.addSql(`create unique index "attendance_once_per_check_in" on "attendance" ("event_id", "in_sequence") where (in_sequence is not null);`);
    this.addSql(`create index "attendance_school_id_id_index" on "attendance" ("school_id", "id");`);
    this.addSql(`create index "attendance_station_id_id_index" on "attendance" ("station_id", "id");`);
    this.addSql(`create index "attendance_team_id_id_index" on "attendance" ("team_id", "id");`);
    this.addSql(`create index "attendance_post_id_id_index" on "attendance" ("post_id", "id");`);
    this.addSql(`create index "attendance_volunteer_id_id_index" on "attendance" ("volunteer_id", "id");`);
    this.addSql(`create index "attendance_event_id_out_sequence_index" on "attendance" ("event_id", "out_sequence");`);

    this.addSql(`create table "attendance_change" ("id" serial primary key, "attendance_id" int not null, "at" timestamptz(3) not null, "account_id" int null, "key_id" int null, "reason" text null, "version" int not null, "old_state" text not null, "new_state" text not null, "old_in_at" timestamptz(3) not null, "old_out_at" timestamptz(3) null, "new_in_at" timestamptz(3) not null, "new_out_at" timestamptz(3) null);`);
    this.addSql(`create index "attendance_change_attendance_id_index" on "attendance_change" ("attendance_id");`);

    this.addSql(`create table "volunteer_skill" ("volunteer_id" int not null, "skill_id" int not null, "until" timestamptz null, primary key ("volunteer_id", "skill_id"));`);
    this.addSql(`create index "volunteer_skill_skill_id_index" on "volunteer_skill" ("skill_id");`);

    this.addSql(`alter table "attendance_book" add constraint "attendance_book_event_id_foreign" foreign key ("event_id") references "community_event" ("id") on update cascade on delete restrict;`);
    this.addSql(`alter table "attendance_book" add constraint "attendance_book_sequence_check" check (sequence >= 0);`);

    this.addSql(`alter table "skill" add constraint "skill_code_check" check (code ~ '^[a-z0-9][a-z0-9-]{1,39}$');`);

    this.addSql(`alter table "attendance" add constraint "attendance_event_id_foreign" foreign key ("event_id") references "community_event" ("id") on delete restrict;`);
    this.addSql(`alter table "attendance" add constraint "attendance_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete restrict;`);
    this.addSql(`alter table "attendance" add constraint "attendance_post_id_foreign" foreign key ("post_id") references "service_unit" ("id") on delete restrict;`);
    this.addSql(`alter table "attendance" add constraint "attendance_content_check" check (char_length(content) <= 200);`);
    this.addSql(`alter table "attendance" add constraint "attendance_second_signature_check" check (grade <> 'C' or state in ('UNSIGNED', 'ANNULLED') or (signed_by_account_id is not null and signed_by_account_id <> entered_by_account_id and published_until is not null));`);
    this.addSql(`alter table "attendance" add constraint "attendance_event_check" check (event_id is not null or grade = 'C');`);
    this.addSql(`alter table "attendance" add constraint "attendance_open_check" check ((state = 'OPEN') = (out_at is null) and (out_at is null) = (minutes is null));`);
    this.addSql(`alter table "attendance" add constraint "attendance_times_check" check (out_at >= in_at);`);
    this.addSql(`alter table "attendance" add constraint "attendance_minutes_check" check (minutes >= 0);`);
    this.addSql(`alter table "attendance" add constraint "attendance_state_check" check (state in ('OPEN', 'PROVISIONAL', 'UNSIGNED', 'PUBLISHED', 'CONFIRMED', 'ANNULLED'));`);
    this.addSql(`alter table "attendance" add constraint "attendance_grade_check" check (grade in ('A', 'B', 'C'));`);

    this.addSql(`alter table "attendance_change" add constraint "attendance_change_attendance_id_foreign" foreign key ("attendance_id") references "attendance" ("id") on delete restrict;`);
    this.addSql(`alter table "attendance_change" add constraint "attendance_change_reason_check" check (char_length(reason) <= 500);`);

    this.addSql(`alter table "volunteer_skill" add constraint "volunteer_skill_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on update cascade on delete restrict;`);
    this.addSql(`alter table "volunteer_skill" add constraint "volunteer_skill_skill_id_foreign" foreign key ("skill_id") references "skill" ("id") on update cascade on delete restrict;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "volunteer_skill" drop constraint "volunteer_skill_skill_id_foreign";`);
    this.addSql(`alter table "attendance_change" drop constraint "attendance_change_attendance_id_foreign";`);

    this.addSql(`drop table if exists "attendance_book" cascade;`);
    this.addSql(`drop table if exists "skill" cascade;`);
    this.addSql(`drop table if exists "attendance" cascade;`);
    this.addSql(`drop table if exists "attendance_change" cascade;`);
    this.addSql(`drop table if exists "volunteer_skill" cascade;`);
  }

}
