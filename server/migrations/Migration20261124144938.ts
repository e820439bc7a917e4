import { Migration } from '@mikro-orm/migrations';

export class Migration20261124144938 extends Migration {

  override name = 'Migration20261124144938';

  override up(): void | Promise<void> {
    this.addSql(`create table "notification" ("id" serial primary key, "account_id" int null, "volunteer_id" int null, "kind" text not null, "parameters" jsonb not null, "created_at" timestamptz not null, "read_at" timestamptz null);`);
    this.addSql(`create index "notification_unread_volunteer" on "notification" ("volunteer_id") where (read_at is null and volunteer_id is not null);`);
    this.addSql(`create index "notification_unread_account" on "notification" ("account_id") where (read_at is null and account_id is not null);`);
    this.addSql(`create index "notification_created_at_index" on "notification" ("created_at");`);
    this.addSql(`create index "notification_volunteer_id_id_index" on "notification" ("volunteer_id", "id");`);
    this.addSql(`create index "notification_account_id_id_index" on "notification" ("account_id", "id");`);

    this.addSql(`create table "notification_delivery" ("notification_id" int not null, "channel" text not null, "attempts" int not null, "next_attempt_at" timestamptz null, "delivered_at" timestamptz null, primary key ("notification_id", "channel"));`);

    this.addSql(`create table "volunteer_search" ("volunteer_id" int not null, "keys" tsvector not null, primary key ("volunteer_id"));`);
    this.addSql(`create index "volunteer_search_keys_index" on "volunteer_search" using gin ("keys");`);

    this.addSql(`alter table "notification" add constraint "notification_account_id_foreign" foreign key ("account_id") references "account" ("id") on delete cascade;`);
    this.addSql(`alter table "notification" add constraint "notification_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete cascade;`);
    this.addSql(`alter table "notification" add constraint "notification_recipient_check" check (num_nonnulls(account_id, volunteer_id) = 1);`);

    this.addSql(`alter table "notification_delivery" add constraint "notification_delivery_notification_id_foreign" foreign key ("notification_id") references "notification" ("id") on delete cascade;`);

    this.addSql(`alter table "volunteer_search" add constraint "volunteer_search_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on update cascade on delete cascade;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "notification_delivery" drop constraint "notification_delivery_notification_id_foreign";`);

    this.addSql(`drop table if exists "notification" cascade;`);
    this.addSql(`drop table if exists "notification_delivery" cascade;`);
    this.addSql(`drop table if exists "volunteer_search" cascade;`);
  }

}
