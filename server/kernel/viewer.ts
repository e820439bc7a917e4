import { registerEnumType } from 'type-graphql';
import { forbidden, unauthenticated } from './errors.js';
import type { Locale } from './locale.js';

/** What somebody may do, from least to most. */
export enum ViewerRole {
  PUBLIC = 'PUBLIC',
  DISPLAY = 'DISPLAY',
  PARTNER = 'PARTNER',
  VOLUNTEER = 'VOLUNTEER',
  LEADER = 'LEADER',
  COORDINATOR = 'COORDINATOR',
  ADMINISTRATOR = 'ADMINISTRATOR',
}

registerEnumType(ViewerRole, {
  name: 'ViewerRole',
  description: 'Who is asking.',
  valuesConfig: {
    PUBLIC: { description: 'Whoever shows nothing: sees what hangs on the wall.' },
    DISPLAY: { description: 'A big screen: reads what the wall shows, changes nothing.' },
    PARTNER: { description: 'A partner organisation: figures and structure, never a person.' },
    VOLUNTEER: { description: 'A volunteer: sees what the public sees, and the own record.' },
    LEADER: { description: 'Leads a team or a post: records check-ins there.' },
    COORDINATOR: { description: 'Coordinates a unit and everything below it.' },
    ADMINISTRATOR: { description: 'Runs the installation.' },
  },
});

/** Who is asking: one credential, in one role, at one unit. Derived anew for every HTTP request and every socket. */
export interface Viewer {
  readonly role: ViewerRole;
  /** The access key that was shown. */
  readonly keyId: number | null;
  /** Of whoever signed in: the account, the session, and the grant by which it acts (none: as the volunteer). */
  readonly accountId: number | null;
  readonly sessionId: number | null;
  readonly grantId: number | null;
  /** The person behind the account, whatever the role. */
  readonly volunteerId: number | null;
  /** The organisation behind a partner's key. */
  readonly partnerId: number | null;
  readonly name: string | null;
  /** As it was granted; what null means depends on the role, so ask {@link reachOf}. */
  readonly unitId: number | null;
}

/** Nobody in particular. Every other viewer is this one with something more. */
export const publicViewer: Viewer = {
  role: ViewerRole.PUBLIC,
  keyId: null,
  accountId: null,
  sessionId: null,
  grantId: null,
  volunteerId: null,
  partnerId: null,
  name: null,
  unitId: null,
};

/** Where somebody acts: at the unit with this key and everything below it, everywhere, or nowhere at all. */
export type Reach = number | 'everywhere' | 'nowhere';

/** THE answer to where the viewer may see people, vouch and manage. Only roles that work with people reach anything. */
export function reachOf(viewer: Viewer): Reach {
  return maySeePeople(viewer) ? (viewer.unitId ?? 'everywhere') : 'nowhere';
}

/** Roles that work with people: they see names in full and may vouch for a check-in, within their reach. */
export function maySeePeople(viewer: Viewer): boolean {
  return (
    viewer.role === ViewerRole.LEADER ||
    viewer.role === ViewerRole.COORDINATOR ||
    viewer.role === ViewerRole.ADMINISTRATOR
  );
}

/** Where the viewer appoints: gives accounts, roles, keys and screens. Leaders see people, but appoint nobody. */
export function managedReachOf(viewer: Viewer): Reach {
  return viewer.role === ViewerRole.LEADER ? 'nowhere' : reachOf(viewer);
}

/** Whether the viewer runs the whole installation, and not only a part of it. */
export function isAdministrator(viewer: Viewer): boolean {
  return viewer.role === ViewerRole.ADMINISTRATOR && reachOf(viewer) === 'everywhere';
}

/** Throws UNAUTHENTICATED for the public, FORBIDDEN for everybody else but an administrator. */
export function requireAdministrator({ viewer, locale }: { viewer: Viewer; locale: Locale }): void {
  if (viewer.role === ViewerRole.PUBLIC) throw unauthenticated(locale);
  if (!isAdministrator(viewer)) throw forbidden(locale);
}

/** The schema itself is for those who build on it; the public, volunteers and the screens run known documents. */
export function mayIntrospect(viewer: Viewer): boolean {
  return viewer.role === ViewerRole.PARTNER || maySeePeople(viewer);
}

/**
 * Equal for viewers who see the same: those may be told with the same bytes. A volunteer sees the own record by asking for
 * it, never in what is told to many, so thousands of phones are one group.
 */
export function visibilityOf(viewer: Viewer): string {
  return `${viewer.role} ${viewer.unitId}`;
}
