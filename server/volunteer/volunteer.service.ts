import { decodeCursor, toPage, type Page, type PageArgs } from '../kernel/connection.js';
import type { Context } from '../kernel/context.js';
import { defineLoader } from '../kernel/loaders.js';
import type { Catalogue } from '../kernel/locale.js';
import { requireText } from '../kernel/text.js';
import { reachOf } from '../kernel/viewer.js';
import { isWithin, unitOfFilter, unitPath } from '../hierarchy/hierarchy.service.js';
import { maskName, stripInvisible } from './volunteer.rules.js';
import { everybody } from './register-count.entity.js';
import { searchQuery } from './search.js';
import { Volunteer, type Contingent, type VolunteerBadge } from './volunteer.entity.js';

const messages: Catalogue<{ someone: string; erased: string }> = {
  'zh-CN': { someone: '志愿者', erased: '已注销' },
  en: { someone: 'A volunteer', erased: 'Erased' },
};

/** The row, whoever asks: for use inside the server. What leaves goes through the functions below. */
export const volunteerRow = defineLoader(async (db, ids: readonly number[]) => {
  const rows = await db.query<Volunteer>(
    `select ${db.columns(Volunteer, 'v')} from volunteer v where v.id = any($1)`,
    [ids],
    'volunteers-by-id',
  );
  const byId = new Map(rows.map((row) => [row.id, Object.assign(new Volunteer(), row)]));
  return ids.map((id) => byId.get(id) ?? null);
});

/**
 * Whether the viewer's office shows them this person: they run the person's team or a unit above it, or one of the team's
 * posts, since it is the team that serves there. Somebody without a team is seen by those who act everywhere.
 */
export async function maySeePerson(ctx: Context, { teamId }: Volunteer): Promise<boolean> {
  const reach = reachOf(ctx.viewer);
  if (typeof reach === 'string') return reach === 'everywhere';
  if (teamId === null) return false;
  return (await isWithin(ctx, teamId, reach)) || (await unitPath(ctx).load(reach)).includes(teamId);
}

/** A person by key, or null when there is none that the viewer may see. Everybody may see their own record. */
export async function visibleVolunteer(ctx: Context, id: number): Promise<Volunteer | null> {
  if (id !== ctx.viewer.volunteerId) return volunteerInReach(ctx, id);
  const own = await volunteerRow(ctx).load(id);
  return own && !own.erasedAt ? own : null;
}

/** A person by key whom the viewer's office shows them, or null. What one may do to others, one may not do to oneself. */
export async function volunteerInReach(ctx: Context, id: number): Promise<Volunteer | null> {
  const volunteer = await volunteerRow(ctx).load(id);
  return volunteer && !volunteer.erasedAt && (await maySeePerson(ctx, volunteer)) ? volunteer : null;
}

/** How a person appears beside a check-in: in full for whoever may see them, masked by consent, else nobody in particular. */
export async function badgeOf(ctx: Context, id: number): Promise<VolunteerBadge> {
  const volunteer = await volunteerRow(ctx).load(id);
  if (!volunteer) throw new Error(`volunteer ${id} is referred to but missing`);
  const { name, contingent, tier, screenConsent, erasedAt } = volunteer;
  if (erasedAt) return { displayName: messages[ctx.locale].erased, contingent, tier };
  if (await maySeePerson(ctx, volunteer)) return { displayName: stripInvisible(name), contingent, tier };
  return { displayName: screenConsent ? maskName(name) : messages[ctx.locale].someone, contingent, tier };
}

/** The keys of the teams at and below a unit: by its children, which an index has, and not by a look at every team. */
const teamsBelow = (unit: string) => `select t.id from service_unit t where t.id = ${unit} and t.level = 3
  union all select t.id from service_unit t where t.parent_id = ${unit} and t.level = 3
  union all select t.id from service_unit s join service_unit t on t.parent_id = s.id where s.parent_id = ${unit} and t.level = 3`;

export interface VolunteerFilter {
  within?: string | null;
  search?: string | null;
  contingent?: Contingent | null;
}

/** The register, as far as the viewer may see it, by number. */
export async function listVolunteers(
  ctx: Context,
  args: PageArgs,
  { within, search, contingent }: VolunteerFilter = {},
): Promise<Page<Volunteer>> {
  const reach = reachOf(ctx.viewer);
  const unit = await unitOfFilter(ctx, within);
  const sought = search?.trim() ? searchQuery(requireText(search, ctx.locale)) : undefined;
  if (sought === null)
    return toPage<Volunteer>(
      [],
      args,
      ({ number }) => number,
      () => Promise.resolve(0),
    );
  // The narrower of the two: a unit outside the viewer's own has nobody in it that they may see. As `maySeePerson`.
  const scopes = [unit?.id ?? null, reach === 'everywhere' ? null : reach];
  // An alternative to a list of teams would make PostgreSQL look at everybody.
  const withinUnit = scopes[0] === null ? '$1::int is null' : `team_id in (${teamsBelow('$1')})`;
  const withinReach =
    scopes[1] === null
      ? '$2::int is null'
      : `team_id in (${teamsBelow('$2')} union all select p.parent_id from service_unit p where p.id = $2 and p.level = 4)`;
  const scope = `${withinUnit} and ${withinReach} and ($3::text is null or contingent = $3)`;
  const found = sought
    ? 'id in (select s.volunteer_id from volunteer_search s where s.keys @@ $4::tsquery)'
    : '$4::text is null';
  const where = `erased_at is null and ${scope} and ${found}`;
  const values = [...scopes, contingent ?? null, sought ?? null];
  // Who is on the page is told by an index alone.
  const rows = await ctx.db.query<Volunteer>(
    `select ${ctx.db.columns(Volunteer, 'v')} from volunteer v
     where id in (select id from volunteer where ${where} and ($5::text is null or number > $5) order by number limit $6)
     order by number`,
    [...values, decodeCursor(args.after), args.first + 1],
  );
  const anywhere = scopes.every((id) => id === null) ? `team_id = ${everybody}` : `team_id <> ${everybody}`;
  const count = async () => {
    const [row] = sought
      ? await ctx.db.query<{ count: number }>(`select count(*)::int as count from volunteer where ${where}`, values)
      : await ctx.db.query<{ count: number }>(
          `select coalesce(sum(people), 0)::int as count from register_count where ${anywhere} and ${scope}`,
          values.slice(0, 3),
        );
    return row!.count;
  };
  return toPage(
    rows.map((row) => Object.assign(new Volunteer(), row)),
    args,
    (volunteer) => volunteer.number,
    count,
  );
}
