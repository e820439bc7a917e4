import { Migration } from '@mikro-orm/migrations';

export class Migration20261124160500 extends Migration {

  override name = 'Migration20261124160500';

  override up(): void | Promise<void> {
    this.addSql(`create table "reward" ("id" serial primary key, "name" text not null, "description" text null, "minutes" int not null, "stock" int not null, "unit_id" int null, "created_at" timestamptz(3) not null, "withdrawn_at" timestamptz(3) null);`);

    this.addSql(`create table "time_policy" ("id" serial primary key, "valid_from" date not null, "rules" jsonb not null, "created_at" timestamptz(3) not null);`);
    this.addSql(`alter table "time_policy" add constraint "time_policy_valid_from_id_unique" unique ("valid_from", "id");`);

    this.addSql(`create table "time_account" ("id" serial primary key, "kind" text not null, "volunteer_id" int null, "unit_id" int null, "title" text null, "balance" int not null default 0, "held" int not null default 0, "certified" int not null default 0, "entries" int not null default 0, "head" bytea not null default '\\x0000000000000000000000000000000000000000000000000000000000000000', "last_at" timestamptz(3) null, "opened_at" timestamptz(3) not null);`);
    this.addSql(`create unique index "time_account_one_a_unit" on "time_account" ("kind", coalesce("unit_id", 0)) where ("kind" in ('DONATION_POOL', 'ISSUANCE', 'REWARDS'));`);
    this.addSql(`alter table "time_account" add constraint "time_account_volunteer_id_unique" unique ("volunteer_id");`);

    this.addSql(`create table "time_hold" ("id" serial primary key, "account_id" int not null, "minutes" int not null, "state" text not null, "created_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, "ended_at" timestamptz(3) null);`);
    this.addSql(`create index "time_hold_open" on "time_hold" ("account_id", "expires_at") where ("state" = 'HELD');`);

    this.addSql(`create table "ledger_transfer" ("id" serial primary key, "key" text not null, "body_hash" bytea not null, "kind" text not null, "category" text null, "from_id" int not null, "to_id" int not null, "minutes" int not null, "at" timestamptz(3) not null, "reason" text null, "reverses_id" int null, "reverses_kind" text null, "hold_id" int null, "actor_role" text not null, "actor_account_id" int null, "actor_key_id" int null);`);
    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_settles_once" unique ("hold_id");`);
    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_reversed_once" unique ("reverses_id");`);
    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_id_kind_unique" unique ("id", "kind");`);
    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_key_unique" unique ("key");`);

    this.addSql(`create table "ledger_entry" ("account_id" int not null, "sequence" int not null, "transfer_id" int not null, "minutes" int not null, "balance" int not null, "at" timestamptz(3) not null, "previous_hash" bytea not null, "hash" bytea not null, primary key ("account_id", "sequence"));`);
    this.addSql(`create index "ledger_entry_account_id_at_sequence_index" on "ledger_entry" ("account_id", "at", "sequence");`);
    this.addSql(`create index "ledger_entry_transfer_id_index" on "ledger_entry" ("transfer_id");`);

    this.addSql(`create table "redemption" ("id" serial primary key, "key" uuid not null, "reward_id" int not null, "volunteer_id" int not null, "transfer_id" int not null, "state" text not null, "code" text not null, "created_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, "ended_at" timestamptz(3) null);`);
    this.addSql(`create index "redemption_waiting" on "redemption" ("expires_at") where ("state" = 'RESERVED');`);
    this.addSql(`create unique index "redemption_code_once" on "redemption" ("code") where ("state" = 'RESERVED');`);
    this.addSql(`create index "redemption_reward_id_id_index" on "redemption" ("reward_id", "id");`);
    this.addSql(`create index "redemption_volunteer_id_id_index" on "redemption" ("volunteer_id", "id");`);
    this.addSql(`alter table "redemption" add constraint "redemption_key_unique" unique ("key");`);

    this.addSql(`create table "family_member" ("volunteer_id" int not null, "account_id" int not null, primary key ("volunteer_id"));`);
    this.addSql(`create index "family_member_account_id_index" on "family_member" ("account_id");`);

    this.addSql(`alter table "reward" add constraint "reward_unit_id_foreign" foreign key ("unit_id") references "service_unit" ("id") on delete restrict;`);
    this.addSql(`alter table "reward" add constraint "reward_name_check" check (char_length(name) >= 1 and char_length(name) <= 50 and char_length(description) <= 500);`);
    this.addSql(`alter table "reward" add constraint "reward_minutes_check" check (minutes >= 1 and minutes <= 90000);`);
    this.addSql(`alter table "reward" add constraint "reward_stock_check" check (stock >= 0);`);

    this.addSql(`alter table "time_policy" add constraint "time_policy_rules_check" check (jsonb_typeof(rules) = 'object');`);
    this.addSql(`create or replace function "time_policy_time_policy_no_change_fn"() returns trigger as $$ begin raise exception 'Rules are never changed: enter new ones.' using errcode = 'integrity_constraint_violation'; end; $$ language plpgsql;`);
    this.addSql(`create trigger "time_policy_no_change" BEFORE UPDATE OR DELETE on "time_policy" for each ROW execute function "time_policy_time_policy_no_change_fn"();`);

    this.addSql(`alter table "time_account" add constraint "time_account_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete restrict;`);
    this.addSql(`alter table "time_account" add constraint "time_account_unit_id_foreign" foreign key ("unit_id") references "service_unit" ("id") on delete restrict;`);
    this.addSql(`alter table "time_account" add constraint "time_account_head_check" check (entries >= 0 and octet_length(head) = 32);`);
    this.addSql(`alter table "time_account" add constraint "time_account_certified_check" check (certified >= 0 and (kind = 'VOLUNTEER' or certified = 0));`);
    this.addSql(`alter table "time_account" add constraint "time_account_never_overdrawn" check (held >= 0 and (kind = 'ISSUANCE' or balance >= held));`);
    this.addSql(`alter table "time_account" add constraint "time_account_owner_check" check ((kind = 'VOLUNTEER') = (volunteer_id is not null) and (kind = 'FAMILY') = (title is not null) and (unit_id is null or kind in ('DONATION_POOL', 'ISSUANCE', 'REWARDS')));`);

    this.addSql(`alter table "time_hold" add constraint "time_hold_account_id_foreign" foreign key ("account_id") references "time_account" ("id") on delete restrict;`);
    this.addSql(`alter table "time_hold" add constraint "time_hold_state_check" check (state in ('HELD', 'SETTLED', 'RELEASED', 'LAPSED') and (state = 'HELD') = (ended_at is null));`);
    this.addSql(`alter table "time_hold" add constraint "time_hold_minutes_check" check (minutes > 0);`);

    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_from_id_foreign" foreign key ("from_id") references "time_account" ("id") on delete restrict;`);
    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_to_id_foreign" foreign key ("to_id") references "time_account" ("id") on delete restrict;`);
    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_reverses_id_reverses_kind_foreign" foreign key ("reverses_id", "reverses_kind") references "ledger_transfer" ("id", "kind") on delete restrict;`);
    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_hold_id_foreign" foreign key ("hold_id") references "time_hold" ("id") on delete restrict;`);
    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_reason_check" check (char_length(reason) <= 500 and (kind <> 'REVERSAL' or reason is not null));`);
    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_reversal_check" check ((kind = 'REVERSAL') = (reverses_id is not null) and (reverses_id is null) = (reverses_kind is null) and reverses_kind <> 'REVERSAL');`);
    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_kind_check" check (kind in ('CERTIFICATION', 'CARRIED_OVER', 'OVERFLOW', 'GIFT', 'DONATION', 'HELP', 'REDEMPTION', 'REVERSAL'));`);
    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_accounts_check" check (from_id <> to_id);`);
    this.addSql(`alter table "ledger_transfer" add constraint "ledger_transfer_minutes_check" check (minutes > 0);`);
    this.addSql(`create or replace function "ledger_transfer_ledger_transfer_no_change_fn"() returns trigger as $$ begin raise exception 'The ledger is append-only.' using errcode = 'integrity_constraint_violation'; end; $$ language plpgsql;`);
    this.addSql(`create trigger "ledger_transfer_no_change" BEFORE UPDATE OR DELETE on "ledger_transfer" for each ROW execute function "ledger_transfer_ledger_transfer_no_change_fn"();`);
    this.addSql(`create trigger "ledger_transfer_no_truncate" BEFORE TRUNCATE on "ledger_transfer" for each STATEMENT execute function "ledger_transfer_ledger_transfer_no_change_fn"();`);

    this.addSql(`alter table "ledger_entry" add constraint "ledger_entry_account_id_foreign" foreign key ("account_id") references "time_account" ("id") on delete restrict;`);
    this.addSql(`alter table "ledger_entry" add constraint "ledger_entry_transfer_id_foreign" foreign key ("transfer_id") references "ledger_transfer" ("id") on delete restrict;`);
    this.addSql(`alter table "ledger_entry" add constraint "ledger_entry_hash_check" check (octet_length(hash) = 32 and octet_length(previous_hash) = 32);`);
    this.addSql(`alter table "ledger_entry" add constraint "ledger_entry_minutes_check" check (minutes <> 0);`);
    this.addSql(`alter table "ledger_entry" add constraint "ledger_entry_sequence_check" check (sequence > 0);`);
    this.addSql(`create or replace function "ledger_entry_sums_to_zero_fn"() returns trigger as $$ begin if exists (select from added group by transfer_id having sum(minutes) <> 0 or count(*) <> 2) then raise exception 'The entries of a transfer do not sum to zero.' using errcode = 'integrity_constraint_violation'; end if; return null; end; $$ language plpgsql; create trigger "ledger_entry_sums_to_zero" after insert on "ledger_entry" referencing new table as added for each statement execute function "ledger_entry_sums_to_zero_fn"();`);
    this.addSql(`create or replace function "ledger_entry_ledger_entry_no_change_fn"() returns trigger as $$ begin raise exception 'The ledger is append-only.' using errcode = 'integrity_constraint_violation'; end; $$ language plpgsql;`);
    this.addSql(`create trigger "ledger_entry_no_change" BEFORE UPDATE OR DELETE on "ledger_entry" for each ROW execute function "ledger_entry_ledger_entry_no_change_fn"();`);
    this.addSql(`create trigger "ledger_entry_no_truncate" BEFORE TRUNCATE on "ledger_entry" for each STATEMENT execute function "ledger_entry_ledger_entry_no_change_fn"();`);

    this.addSql(`alter table "redemption" add constraint "redemption_reward_id_foreign" foreign key ("reward_id") references "reward" ("id") on delete restrict;`);
    this.addSql(`alter table "redemption" add constraint "redemption_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete restrict;`);
    this.addSql(`alter table "redemption" add constraint "redemption_transfer_id_foreign" foreign key ("transfer_id") references "ledger_transfer" ("id") on delete restrict;`);
    this.addSql(`alter table "redemption" add constraint "redemption_state_check" check (state in ('RESERVED', 'PICKED_UP', 'CANCELLED', 'EXPIRED') and (state = 'RESERVED') = (ended_at is null));`);

    this.addSql(`alter table "family_member" add constraint "family_member_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on update cascade on delete restrict;`);
    this.addSql(`alter table "family_member" add constraint "family_member_account_id_foreign" foreign key ("account_id") references "time_account" ("id") on delete restrict;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "redemption" drop constraint "redemption_reward_id_foreign";`);
    this.addSql(`alter table "time_hold" drop constraint "time_hold_account_id_foreign";`);
    this.addSql(`alter table "ledger_transfer" drop constraint "ledger_transfer_from_id_foreign";`);
    this.addSql(`alter table "ledger_transfer" drop constraint "ledger_transfer_to_id_foreign";`);
    this.addSql(`alter table "ledger_entry" drop constraint "ledger_entry_account_id_foreign";`);
    this.addSql(`alter table "family_member" drop constraint "family_member_account_id_foreign";`);
    this.addSql(`alter table "ledger_transfer" drop constraint "ledger_transfer_hold_id_foreign";`);
    this.addSql(`alter table "ledger_transfer" drop constraint "ledger_transfer_reverses_id_reverses_kind_foreign";`);
    this.addSql(`alter table "ledger_entry" drop constraint "ledger_entry_transfer_id_foreign";`);
    this.addSql(`alter table "redemption" drop constraint "redemption_transfer_id_foreign";`);

    this.addSql(`drop table if exists "reward" cascade;`);
    this.addSql(`drop trigger if exists "time_policy_no_change" on "time_policy";`);
    this.addSql(`drop function if exists "time_policy_time_policy_no_change_fn"();`);
    this.addSql(`drop table if exists "time_policy" cascade;`);
    this.addSql(`drop table if exists "time_account" cascade;`);
    this.addSql(`drop table if exists "time_hold" cascade;`);
    this.addSql(`drop trigger if exists "ledger_transfer_no_change" on "ledger_transfer";`);
    this.addSql(`drop function if exists "ledger_transfer_ledger_transfer_no_change_fn"();`);
    this.addSql(`drop table if exists "ledger_transfer" cascade;`);
    this.addSql(`drop trigger if exists "ledger_entry_sums_to_zero" on "ledger_entry";`);
    this.addSql(`drop function if exists "ledger_entry_ledger_entry_sums_to_zero_fn"();`);
    this.addSql(`drop trigger if exists "ledger_entry_no_change" on "ledger_entry";`);
    this.addSql(`drop function if exists "ledger_entry_ledger_entry_no_change_fn"();`);
    this.addSql(`drop table if exists "ledger_entry" cascade;`);
    this.addSql(`drop table if exists "redemption" cascade;`);
    this.addSql(`drop table if exists "family_member" cascade;`);
  }

}
