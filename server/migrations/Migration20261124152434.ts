import { Migration } from '@mikro-orm/migrations';

export class Migration20261124152434 extends Migration {

  override name = 'Migration20261124152434';

  override up(): void | Promise<void> {
    this.addSql(`create table "team_change" ("id" serial primary key, "volunteer_id" int not null, "from_team_id" int null, "to_team_id" int not null, "at" timestamptz not null, "reason" text not null);`);
    this.addSql(`create index "team_change_volunteer_id_id_index" on "team_change" ("volunteer_id", "id");`);

    this.addSql(`create table "suspension" ("id" serial primary key, "volunteer_id" int not null, "since" timestamptz not null, "until" timestamptz null, "reason" text not null);`);
    this.addSql(`create index "suspension_volunteer_id_id_index" on "suspension" ("volunteer_id", "id");`);
    this.addSql(`create unique index "suspension_one_open" on "suspension" ("volunteer_id") where (until is null);`);

    this.addSql(`create table "report_in" ("id" serial primary key, "volunteer_id" int not null, "unit_id" int not null, "organisation" text not null, "offers" text not null, "reported_at" timestamptz not null, "ended_at" timestamptz null);`);
    this.addSql(`create unique index "report_in_once" on "report_in" ("volunteer_id", "organisation") where (ended_at is null);`);
    this.addSql(`create index "report_in_organisation_id_index" on "report_in" ("organisation", "id");`);

    this.addSql(`create table "availability" ("volunteer_id" int not null, "weekday" smallint not null, "from_minute" smallint not null, "until_minute" smallint not null, primary key ("volunteer_id", "weekday", "from_minute"));`);

    this.addSql(`create table "application" ("id" serial primary key, "key" uuid not null, "reference" text not null, "secret_hash" bytea not null, "state" text not null, "contingent" text not null, "unit_id" int null, "sealed" bytea not null, "key_version" int not null, "created_at" timestamptz not null, "decided_at" timestamptz null, "reason" text null, "volunteer_id" int null);`);
    this.addSql(`alter table "application" add constraint "application_key_unique" unique ("key");`);
    this.addSql(`alter table "application" add constraint "application_reference_unique" unique ("reference");`);
    this.addSql(`alter table "application" add constraint "application_secret_hash_unique" unique ("secret_hash");`);
    this.addSql(`create index "application_key_version_index" on "application" ("key_version");`);
    this.addSql(`create index "application_volunteer_id_index" on "application" ("volunteer_id");`);
    this.addSql(`create index "application_state_id_index" on "application" ("state", "id");`);

    this.addSql(`create table "walk_in" ("key" uuid not null, "volunteer_id" int not null, "claim_hash" bytea null, "claim_expires_at" timestamptz not null, "at" timestamptz not null, primary key ("key"));`);
    this.addSql(`alter table "walk_in" add constraint "walk_in_volunteer_id_unique" unique ("volunteer_id");`);
    this.addSql(`alter table "walk_in" add constraint "walk_in_claim_hash_unique" unique ("claim_hash");`);

    this.addSql(`alter table "team_change" add constraint "team_change_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete cascade;`);
    this.addSql(`alter table "team_change" add constraint "team_change_from_team_id_foreign" foreign key ("from_team_id") references "service_unit" ("id") on delete restrict;`);
    this.addSql(`alter table "team_change" add constraint "team_change_to_team_id_foreign" foreign key ("to_team_id") references "service_unit" ("id") on delete restrict;`);

    this.addSql(`alter table "suspension" add constraint "suspension_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete cascade;`);
    this.addSql(`alter table "suspension" add constraint "suspension_times_check" check (since <= until);`);

    this.addSql(`alter table "report_in" add constraint "report_in_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete cascade;`);
    this.addSql(`alter table "report_in" add constraint "report_in_unit_id_foreign" foreign key ("unit_id") references "service_unit" ("id") on delete restrict;`);
    this.addSql(`alter table "report_in" add constraint "report_in_organisation_check" check (organisation <> '');`);

    this.addSql(`alter table "availability" add constraint "availability_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete cascade;`);
    this.addSql(`alter table "availability" add constraint "availability_minutes_check" check (from_minute >= 0 and from_minute < until_minute and until_minute <= 1440);`);
    this.addSql(`alter table "availability" add constraint "availability_weekday_check" check (weekday >= 1 and weekday <= 7);`);

    this.addSql(`alter table "application" add constraint "application_unit_id_foreign" foreign key ("unit_id") references "service_unit" ("id") on delete restrict;`);
    this.addSql(`alter table "application" add constraint "application_key_version_foreign" foreign key ("key_version") references "data_key_version" ("version") on delete restrict;`);
    this.addSql(`alter table "application" add constraint "application_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete cascade;`);
    this.addSql(`alter table "application" add constraint "application_decided_check" check ((state = 'SUBMITTED') = (decided_at is null));`);
    this.addSql(`alter table "application" add constraint "application_state_check" check (state in ('SUBMITTED', 'ADMITTED', 'DECLINED'));`);

    this.addSql(`alter table "walk_in" add constraint "walk_in_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete cascade;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "team_change" cascade;`);
    this.addSql(`drop table if exists "suspension" cascade;`);
    this.addSql(`drop table if exists "report_in" cascade;`);
    this.addSql(`drop table if exists "availability" cascade;`);
    this.addSql(`drop table if exists "application" cascade;`);
    this.addSql(`drop table if exists "walk_in" cascade;`);
  }

}
