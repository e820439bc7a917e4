import { Migration } from '@mikro-orm/migrations';

export class Migration20261124161827 extends Migration {

  override name = 'Migration20261124161827';

  override up(): void | Promise<void> {
    this.addSql(`create table "certified_day" ("volunteer_id" int not null, "day" date not null, "minutes" int not null, "bookings" int not null, "transfer_ids" int[] not null, "policy_id" int not null, "unsettled" int not null default 0, primary key ("volunteer_id", "day"));`);
    this.addSql(`create index "certified_day_unsettled" on "certified_day" ("volunteer_id", "day") where ("unsettled" > 0);`);

    this.addSql(`create table "certification" ("attendance_id" int not null, "minutes" int not null, "findings" text[] not null, "days" text[] not null, "at" timestamptz(3) not null, primary key ("attendance_id"));`);

    this.addSql(`alter table "certified_day" add constraint "certified_day_volunteer_id_foreign" foreign key ("volunteer_id") references "volunteer" ("id") on delete restrict;`);
    this.addSql(`alter table "certified_day" add constraint "certified_day_minutes_check" check (minutes >= 0 and bookings >= 0 and unsettled >= 0);`);

    this.addSql(`alter table "certification" add constraint "certification_attendance_id_foreign" foreign key ("attendance_id") references "attendance" ("id") on update cascade on delete restrict;`);
    this.addSql(`alter table "certification" add constraint "certification_minutes_check" check (minutes >= 0);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "certified_day" cascade;`);
    this.addSql(`drop table if exists "certification" cascade;`);
  }

}
