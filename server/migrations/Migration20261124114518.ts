import { Migration } from '@mikro-orm/migrations';

export class Migration20261124114518 extends Migration {

  override name = 'Migration20261124114518';

  override up(): void | Promise<void> {
    this.addSql(`create table "audit_entry" ("sequence" int not null, "at" timestamptz(3) not null, "actor_role" text not null, "account_id" int null, "key_id" int null, "actor_name" text null, "action" text not null, "target_type" text null, "target_id" text null, "target_name" text null, "unit_id" int null, "reason" text null, "address" text null, "request_id" text not null, "details" jsonb null, "previous_hash" bytea not null, "hash" bytea not null, primary key ("sequence"));`);
    this.addSql(`alter table "audit_entry" add constraint "audit_entry_no_fork" unique ("previous_hash");`);
    this.addSql(`create index "audit_entry_target_type_target_id_sequence_index" on "audit_entry" ("target_type", "target_id", "sequence");`);
    this.addSql(`create index "audit_entry_key_id_sequence_index" on "audit_entry" ("key_id", "sequence");`);
    this.addSql(`create index "audit_entry_account_id_sequence_index" on "audit_entry" ("account_id", "sequence");`);
    this.addSql(`create index "audit_entry_action_sequence_index" on "audit_entry" ("action", "sequence");`);
    this.addSql(`create index "audit_entry_at_index" on "audit_entry" ("at");`);

    this.addSql(`create table "audit_head" ("id" smallint not null, "sequence" int not null, "hash" bytea not null, primary key ("id"));`);

    this.addSql(`alter table "audit_entry" add constraint "audit_entry_reason_check" check (char_length(reason) <= 500);`);
    this.addSql(`alter table "audit_entry" add constraint "audit_entry_target_check" check ((target_type is null) = (target_id is null));`);
    this.addSql(`alter table "audit_entry" add constraint "audit_entry_hash_check" check (octet_length(hash) = 32 and octet_length(previous_hash) = 32);`);
    this.addSql(`alter table "audit_entry" add constraint "audit_entry_sequence_check" check (sequence > 0);`);
    this.addSql(`create or replace function "audit_entry_audit_entry_no_change_fn"() returns trigger as $$ begin raise exception 'The audit log is append-only.' using errcode = 'integrity_constraint_violation'; end; $$ language plpgsql;`);
    this.addSql(`create trigger "audit_entry_no_change" BEFORE UPDATE OR DELETE on "audit_entry" for each ROW execute function "audit_entry_audit_entry_no_change_fn"();`);
    this.addSql(`create trigger "audit_entry_no_truncate" BEFORE TRUNCATE on "audit_entry" for each STATEMENT execute function "audit_entry_audit_entry_no_change_fn"();`);

    this.addSql(`alter table "audit_head" add constraint "audit_head_one_row" check (id = 1);`);
    this.addSql(`insert into "audit_head" ("id", "sequence", "hash") values (1, 0, decode(repeat('00', 32), 'hex'));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop trigger if exists "audit_entry_no_truncate" on "audit_entry";`);
    this.addSql(`drop trigger if exists "audit_entry_no_change" on "audit_entry";`);
    this.addSql(`drop function if exists "audit_entry_audit_entry_no_change_fn"();`);
    this.addSql(`drop table if exists "audit_entry" cascade;`);
    this.addSql(`drop table if exists "audit_head" cascade;`);
  }

}
