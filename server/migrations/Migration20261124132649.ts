import { Migration } from '@mikro-orm/migrations';

export class Migration20261124132649 extends Migration {

  override name = 'Migration20261124132649';

  override up(): void | Promise<void> {
    this.addSql(`drop index "check_in_event_id_post_id_sequence_index";`);
    this.addSql(`drop index "check_in_event_id_school_id_sequence_index";`);
    this.addSql(`drop index "check_in_event_id_station_id_sequence_index";`);
    this.addSql(`drop index "check_in_event_id_team_id_sequence_index";`);
    this.addSql(`create index "check_in_event_id_post_id_sequence_index" on "check_in" ("event_id", "post_id", "sequence") include ("volunteer_id", "first_levels");`);
    this.addSql(`create index "check_in_event_id_school_id_sequence_index" on "check_in" ("event_id", "school_id", "sequence") include ("volunteer_id", "first_levels");`);
    this.addSql(`create index "check_in_event_id_station_id_sequence_index" on "check_in" ("event_id", "station_id", "sequence") include ("volunteer_id", "first_levels");`);
    this.addSql(`create index "check_in_event_id_team_id_sequence_index" on "check_in" ("event_id", "team_id", "sequence") include ("volunteer_id", "first_levels");`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "check_in_event_id_school_id_sequence_index";`);
    this.addSql(`drop index "check_in_event_id_station_id_sequence_index";`);
    this.addSql(`drop index "check_in_event_id_team_id_sequence_index";`);
    this.addSql(`drop index "check_in_event_id_post_id_sequence_index";`);
    this.addSql(`create index "check_in_event_id_school_id_sequence_index" on "check_in" ("event_id", "school_id", "sequence");`);
    this.addSql(`create index "check_in_event_id_station_id_sequence_index" on "check_in" ("event_id", "station_id", "sequence");`);
    this.addSql(`create index "check_in_event_id_team_id_sequence_index" on "check_in" ("event_id", "team_id", "sequence");`);
    this.addSql(`create index "check_in_event_id_post_id_sequence_index" on "check_in" ("event_id", "post_id", "sequence");`);
  }

}
