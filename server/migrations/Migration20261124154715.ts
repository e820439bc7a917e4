import { Migration } from '@mikro-orm/migrations';

export class Migration20261124154715 extends Migration {

  override name = 'Migration20261124154715';

  override up(): void | Promise<void> {
    this.addSql(`create table "roster_import" ("id" serial primary key, "owner" text not null, "file_name" text not null, "team_id" int null, "state" text not null, "key_version" int not null, "total" int not null default 0, "fresh" int not null default 0, "known" int not null default 0, "wrong" int not null default 0, "done" int not null default 0, "touched_at" timestamptz not null, "created_at" timestamptz not null);`);
    this.addSql(`create index "roster_import_key_version_index" on "roster_import" ("key_version");`);
    this.addSql(`create index "roster_import_created_at_index" on "roster_import" ("created_at");`);

    this.addSql(`create table "roster_row" ("import_id" int not null, "row" int not null, "outcome" text not null, "faults" jsonb not null, "sealed" bytea not null, primary key ("import_id", "row"));`);

    this.addSql(`create table "roster_part" ("import_id" int not null, "part" int not null, "sealed" bytea not null, primary key ("import_id", "part"));`);

    this.addSql(`alter table "roster_import" add constraint "roster_import_team_id_foreign" foreign key ("team_id") references "service_unit" ("id") on delete restrict;`);
    this.addSql(`alter table "roster_import" add constraint "roster_import_key_version_foreign" foreign key ("key_version") references "data_key_version" ("version") on delete restrict;`);
    this.addSql(`alter table "roster_import" add constraint "roster_import_state_check" check (state in ('UPLOADING', 'PREVIEWED', 'IMPORTING', 'DONE'));`);

    this.addSql(`alter table "roster_row" add constraint "roster_row_import_id_foreign" foreign key ("import_id") references "roster_import" ("id") on delete cascade;`);
    this.addSql(`alter table "roster_row" add constraint "roster_row_outcome_check" check (outcome in ('NEW', 'KNOWN', 'WRONG'));`);

    this.addSql(`alter table "roster_part" add constraint "roster_part_import_id_foreign" foreign key ("import_id") references "roster_import" ("id") on delete cascade;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "roster_row" drop constraint "roster_row_import_id_foreign";`);
    this.addSql(`alter table "roster_part" drop constraint "roster_part_import_id_foreign";`);

    this.addSql(`drop table if exists "roster_import" cascade;`);
    this.addSql(`drop table if exists "roster_row" cascade;`);
    this.addSql(`drop table if exists "roster_part" cascade;`);
  }

}
