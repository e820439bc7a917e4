import { Migration } from '@mikro-orm/migrations';

export class Migration20261124124805 extends Migration {

  override name = 'Migration20261124124805';

  override up(): void | Promise<void> {
    this.addSql(`create table "data_key_version" ("version" int not null, "fingerprint" text not null, "created_at" timestamptz not null, "retired_at" timestamptz null, primary key ("version"));`);
    this.addSql(`alter table "data_key_version" add constraint "data_key_version_fingerprint_unique" unique ("fingerprint");`);

    this.addSql(`create table "volunteer_record" ("volunteer_id" int not null, "key_version" int not null, "phone" bytea null, "id_number" bytea null, "birth_date" bytea null, "guardian_name" bytea null, "guardian_means" text null, "guardian_consent_at" timestamptz null, "screen_consent_at" timestamptz null, primary key ("volunteer_id"));`);
    this.addSql(`create index "volunteer_record_key_version_index" on "volunteer_record" ("key_version");`);

    this.addSql(`create table "volunteer_index" ("volunteer_id" int not null, "kind" text not null, "key_version" int not null, "hash" bytea not null, primary key ("volunteer_id", "kind", "key_version"));`);
    this.addSql(`create unique index "volunteer_index_one_id_number" on "volunteer_index" ("hash") where (kind = 'ID_NUMBER'::text);`);
    this.addSql(`create index "volunteer_index_hash_index" on "volunteer_index" ("hash");`);

    this.addSql(`alter table "volunteer" add "erased_at" timestamptz null;`);

    this.addSql(`alter table "volunteer_record" add constraint "volunteer_record_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on update cascade on delete restrict;`);
    this.addSql(`alter table "volunteer_record" add constraint "volunteer_record_key_version_foreign" foreign key ("key_version") references "data_key_version" ("version") on delete restrict;`);
    this.addSql(`alter table "volunteer_record" add constraint "volunteer_record_guardian_means_check" check (guardian_means in ('IN_PERSON', 'PAPER', 'PHONE', 'ONLINE'));`);
    this.addSql(`alter table "volunteer_record" add constraint "volunteer_record_guardian_check" check (num_nonnulls(guardian_name, guardian_means, guardian_consent_at) in (0, 3));`);

    this.addSql(`alter table "volunteer_index" add constraint "volunteer_index_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer_record" ("volunteer_id") on delete cascade;`);
    this.addSql(`alter table "volunteer_index" add constraint "volunteer_index_key_version_foreign" foreign key ("key_version") references "data_key_version" ("version") on delete restrict;`);
    this.addSql(`alter table "volunteer_index" add constraint "volunteer_index_kind_check" check (kind in ('PHONE', 'ID_NUMBER'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "volunteer_record" drop constraint "volunteer_record_key_version_foreign";`);
    this.addSql(`alter table "volunteer_index" drop constraint "volunteer_index_key_version_foreign";`);
    this.addSql(`alter table "volunteer_index" drop constraint "volunteer_index_volunteer_id_foreign";`);

    this.addSql(`drop table if exists "data_key_version" cascade;`);
    this.addSql(`drop table if exists "volunteer_record" cascade;`);
    this.addSql(`drop table if exists "volunteer_index" cascade;`);

    this.addSql(`alter table "volunteer" drop column "erased_at";`);
  }

}
