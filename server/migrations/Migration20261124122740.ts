import { Migration } from '@mikro-orm/migrations';

export class Migration20261124122740 extends Migration {

  override name = 'Migration20261124122740';

  override up(): void | Promise<void> {
    this.addSql(`create table "rate_limit" ("key" varchar(255) not null, "points" int not null default 0, "expire" bigint null, primary key ("key"));`);

    this.addSql(`create table "account" ("id" serial primary key, "login" text not null, "name" text not null, "password_hash" text not null, "password_expires_at" timestamptz null, "volunteer_id" int null, "created_at" timestamptz not null, "disabled_at" timestamptz null, "last_sign_in_at" timestamptz null);`);
    this.addSql(`alter table "account" add constraint "account_login_unique" unique ("login");`);
    this.addSql(`alter table "account" add constraint "account_volunteer_id_unique" unique ("volunteer_id");`);

    this.addSql(`create table "role_grant" ("id" serial primary key, "account_id" int not null, "role" text not null, "unit_id" int null, "starts_at" timestamptz not null, "ends_at" timestamptz null);`);
    this.addSql(`create index "role_grant_account_id_index" on "role_grant" ("account_id");`);
    this.addSql(`alter table "role_grant" add constraint "role_grant_id_account_unique" unique ("id", "account_id");`);

    this.addSql(`create table "session" ("id" serial primary key, "account_id" int not null, "grant_id" int null, "token_hash" bytea not null, "created_at" timestamptz not null, "last_seen_at" timestamptz not null, "expires_at" timestamptz not null, "revoked_at" timestamptz null, "user_agent" text null, "address" text not null);`);
    this.addSql(`alter table "session" add constraint "session_token_hash_unique" unique ("token_hash");`);
    this.addSql(`create index "session_account_id_id_index" on "session" ("account_id", "id");`);

    this.addSql(`alter table "account" add constraint "account_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete restrict;`);
    this.addSql(`alter table "account" add constraint "account_login_check" check (login = lower(login) and char_length(login) >= 2 and char_length(login) <= 64);`);

    this.addSql(`alter table "role_grant" add constraint "role_grant_account_id_foreign" foreign key ("account_id") references "account" ("id") on delete restrict;`);
    this.addSql(`alter table "role_grant" add constraint "role_grant_unit_id_foreign" foreign key ("unit_id") references "service_unit" ("id") on delete restrict;`);
    this.addSql(`alter table "role_grant" add constraint "role_grant_once_at_a_time" exclude using gist (int4range(account_id, account_id, '[]') with &&, int4range(ascii(role), ascii(role), '[]') with &&, int4range(coalesce(unit_id, 0), coalesce(unit_id, 0), '[]') with &&, tstzrange(starts_at, ends_at) with &&);`);
    this.addSql(`alter table "role_grant" add constraint "role_grant_times_check" check (starts_at <= ends_at);`);
    this.addSql(`alter table "role_grant" add constraint "role_grant_administrator_check" check (role <> 'ADMINISTRATOR' or unit_id is null);`);
    this.addSql(`alter table "role_grant" add constraint "role_grant_role_check" check (role in ('LEADER', 'COORDINATOR', 'ADMINISTRATOR'));`);

    this.addSql(`alter table "session" add constraint "session_account_id_foreign" foreign key ("account_id") references "account" ("id") on delete restrict;`);
    this.addSql(`alter table "session" add constraint "session_grant_id_account_id_foreign" foreign key ("grant_id", "account_id") references "role_grant" ("id", "account_id") on delete restrict;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "role_grant" drop constraint "role_grant_account_id_foreign";`);
    this.addSql(`alter table "session" drop constraint "session_account_id_foreign";`);
    this.addSql(`alter table "session" drop constraint "session_grant_id_account_id_foreign";`);

    this.addSql(`drop table if exists "rate_limit" cascade;`);
    this.addSql(`drop table if exists "account" cascade;`);
    this.addSql(`drop table if exists "role_grant" cascade;`);
    this.addSql(`drop table if exists "session" cascade;`);
  }

}
