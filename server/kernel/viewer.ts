import { registerEnumType } from 'type-graphql';

/** What somebody may do, from least to most. */
export enum ViewerRole {
  PUBLIC = 'PUBLIC',
  DISPLAY = 'DISPLAY',
  PARTNER = 'PARTNER',
  LEADER = 'LEADER',
  COORDINATOR = 'COORDINATOR',
  ADMINISTRATOR = 'ADMINISTRATOR',
}

registerEnumType(ViewerRole, {
  name: 'ViewerRole',
  description: 'Who is asking.',
  valuesConfig: {
    PUBLIC: { description: 'Whoever shows no key: sees what hangs on the wall.' },
    DISPLAY: { description: 'A big screen: reads what the wall shows, changes nothing.' },
    PARTNER: { description: 'A partner organisation: figures and structure, never a person.' },
    LEADER: { description: 'Leads a team or a post: records check-ins there.' },
    COORDINATOR: { description: 'Coordinates a unit and everything below it.' },
    ADMINISTRATOR: { description: 'Runs the installation.' },
  },
});

/** Who is asking. Derived anew for every HTTP request and every socket. */
export interface Viewer {
  readonly role: ViewerRole;
  /** The access key behind the viewer; null for the public. */
  readonly keyId: number | null;
  readonly name: string | null;
  /** The unit at and below which the viewer acts; null means everywhere. */
  readonly unitId: number | null;
}

export const publicViewer: Viewer = { role: ViewerRole.PUBLIC, keyId: null, name: null, unitId: null };

/** Roles that work with people: they see names in full and may vouch for a check-in. */
export function maySeePeople(viewer: Viewer): boolean {
  return (
    viewer.role === ViewerRole.LEADER ||
    viewer.role === ViewerRole.COORDINATOR ||
    viewer.role === ViewerRole.ADMINISTRATOR
  );
}

/** The schema itself is for those who build on it; the public and the screens run known documents. */
export function mayIntrospect(viewer: Viewer): boolean {
  return viewer.role !== ViewerRole.PUBLIC && viewer.role !== ViewerRole.DISPLAY;
}

/** Equal for viewers who see the same: those may be told with the same bytes. */
export function visibilityOf(viewer: Viewer): string {
  return `${viewer.role} ${viewer.unitId}`;
}
