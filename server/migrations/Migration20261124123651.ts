import { Migration } from '@mikro-orm/migrations';

export class Migration20261124123651 extends Migration {

  override name = 'Migration20261124123651';

  override up(): void | Promise<void> {
    this.addSql(`create table "partner_organisation" ("id" serial primary key, "code" text not null, "name" text not null, "contact" text null, "created_at" timestamptz not null, "suspended_at" timestamptz null);`);
    this.addSql(`alter table "partner_organisation" add constraint "partner_organisation_code_unique" unique ("code");`);

    this.addSql(`create table "pairing" ("id" serial primary key, "code_hash" bytea not null, "secret_hash" bytea not null, "network" text not null, "expires_at" timestamptz not null, "confirmed_at" timestamptz null, "confirmed_by_account_id" int null, "name" text null, "unit_id" int null, "key_id" int null);`);
    this.addSql(`alter table "pairing" add constraint "pairing_code_hash_unique" unique ("code_hash");`);
    this.addSql(`alter table "pairing" add constraint "pairing_secret_hash_unique" unique ("secret_hash");`);
    this.addSql(`alter table "pairing" add constraint "pairing_key_id_unique" unique ("key_id");`);
    this.addSql(`create index "pairing_network_expires_at_index" on "pairing" ("network", "expires_at");`);

    this.addSql(`alter table "access_key" drop constraint "access_key_role_check";`);
    this.addSql(`alter table "access_key" add "partner_id" int null, add "hint" text null, add "created_by_account_id" int null, add "replaces_id" int null, add "last_used_at" timestamptz null;`);
    this.addSql(`alter table "access_key" add constraint "access_key_partner_id_foreign" foreign key ("partner_id") references "partner_organisation" ("id") on delete restrict;`);
    this.addSql(`alter table "access_key" add constraint "access_key_created_by_account_id_foreign" foreign key ("created_by_account_id") references "account" ("id") on delete restrict;`);
    this.addSql(`alter table "access_key" add constraint "access_key_replaces_id_foreign" foreign key ("replaces_id") references "access_key" ("id") on delete restrict;`);
    this.addSql(`alter table "access_key" add constraint "access_key_replaces_id_unique" unique ("replaces_id");`);
    this.addSql(`create index "access_key_partner_id_id_index" on "access_key" ("partner_id", "id");`);
    this.addSql(`create index "access_key_unit_id_index" on "access_key" ("unit_id");`);
    this.addSql(`alter table "access_key" add constraint "access_key_administrator_check" check (role <> 'ADMINISTRATOR' or unit_id is null);`);
    this.addSql(`alter table "access_key" add constraint "access_key_partner_check" check (partner_id is null or role = 'PARTNER');`);
    this.addSql(`alter table "access_key" add constraint "access_key_name_check" check (char_length(name) >= 1 and char_length(name) <= 100);`);
    this.addSql(`alter table "access_key" add constraint "access_key_role_check" check (role <> 'PUBLIC' and role <> 'VOLUNTEER');`);

    this.addSql(`alter table "partner_organisation" add constraint "partner_organisation_contact_check" check (char_length(contact) >= 1 and char_length(contact) <= 200);`);
    this.addSql(`alter table "partner_organisation" add constraint "partner_organisation_name_check" check (char_length(name) >= 1 and char_length(name) <= 100);`);
    this.addSql(`alter table "partner_organisation" add constraint "partner_organisation_code_check" check (code ~ '^[a-z0-9][a-z0-9-]{1,39}$');`);

    this.addSql(`alter table "pairing" add constraint "pairing_confirmed_by_account_id_foreign" foreign key ("confirmed_by_account_id") references "account" ("id") on delete restrict;`);
    this.addSql(`alter table "pairing" add constraint "pairing_unit_id_foreign" foreign key ("unit_id") references "service_unit" ("id") on delete restrict;`);
    this.addSql(`alter table "pairing" add constraint "pairing_key_id_foreign" foreign key ("key_id") references "access_key" ("id") on delete restrict;`);
    this.addSql(`alter table "pairing" add constraint "pairing_collected_check" check (key_id is null or confirmed_at is not null);`);
    this.addSql(`alter table "pairing" add constraint "pairing_confirmed_check" check ((confirmed_at is null) = (name is null));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "access_key" drop constraint "access_key_partner_id_foreign";`);

    this.addSql(`drop table if exists "partner_organisation" cascade;`);
    this.addSql(`drop table if exists "pairing" cascade;`);

    this.addSql(`alter table "access_key" drop constraint "access_key_created_by_account_id_foreign";`);
    this.addSql(`alter table "access_key" drop constraint "access_key_replaces_id_foreign";`);

    this.addSql(`alter table "access_key" drop constraint "access_key_replaces_id_unique";`);
    this.addSql(`drop index "access_key_partner_id_id_index";`);
    this.addSql(`drop index "access_key_unit_id_index";`);
    this.addSql(`alter table "access_key" drop constraint "access_key_administrator_check";`);
    this.addSql(`alter table "access_key" drop constraint "access_key_partner_check";`);
    this.addSql(`alter table "access_key" drop constraint "access_key_name_check";`);
    this.addSql(`alter table "access_key" drop constraint "access_key_role_check";`);
    this.addSql(`alter table "access_key" drop column "partner_id", drop column "hint", drop column "created_by_account_id", drop column "replaces_id", drop column "last_used_at";`);
    this.addSql(`alter table "access_key" add constraint "access_key_role_check" check (role <> 'PUBLIC'::text);`);
  }

}
