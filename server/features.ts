import type { EntityClass } from '@mikro-orm/postgresql';
import type { Command } from 'commander';
import { AccessKey } from './access/access-key.entity.js';
import { accountCommands } from './access/account.commands.js';
import { Account } from './access/account.entity.js';
import { AccountResolver, GrantResolver } from './access/account.resolver.js';
import { Grant } from './access/grant.entity.js';
import { visibleGrant } from './access/grant.service.js';
import { keyCommands } from './access/key.commands.js';
import { AccessKeyResolver, PairingResolver, PartnerKeysResolver } from './access/key.resolver.js';
import { visibleKey } from './access/key.service.js';
import { visibleAccount } from './access/manager.js';
import { Pairing } from './access/pairing.entity.js';
import { RateLimit } from './access/rate-limit.entity.js';
import { Session } from './access/session.entity.js';
import { ownSession } from './access/session.service.js';
import { SigningSecret } from './access/signing.js';
import { SessionResolver, ViewerResolver } from './access/viewer.resolver.js';
import { Attendance, AttendanceBook, AttendanceChange } from './attendance/attendance.entity.js';
import { visibleAttendance } from './attendance/attendance.lists.js';
import { AttendanceChangeResolver, AttendanceResolver } from './attendance/attendance.resolver.js';
import { auditCommands } from './audit/audit.commands.js';
import { AuditEntry, AuditHead } from './audit/audit-entry.entity.js';
import { AuditResolver } from './audit/audit.resolver.js';
import { visibleAuditEntry } from './audit/audit.service.js';
import { certificationCommands } from './certification/certification.commands.js';
import { Certification, CertifiedDay } from './certification/certification.entity.js';
import { AttendanceCertificationResolver } from './certification/certification.resolver.js';
import { CheckInResolver, PassResolver, PostCodeResolver } from './check-in/check-in.resolver.js';
import { CheckInKey, Presence } from './check-in/presence.entity.js';
import { Shift } from './event/shift.entity.js';
import { Assignment, Board, BoardChange, BoardVisitor } from './task/assignment.entity.js';
import { shiftById, visibleAssignment } from './task/task.lists.js';
import {
  AssignmentResolver,
  BoardFrameResolver,
  BoardResolver,
  BoardVisitorResolver,
  CoverageGapResolver,
  ShiftResolver,
} from './task/task.resolver.js';
import { CommunityEvent } from './event/community-event.entity.js';
import { EventResolver } from './event/event.resolver.js';
import { eventById } from './event/event.service.js';
import { CheckIn } from './feed/check-in.entity.js';
import { Feed } from './feed/feed.entity.js';
import { CheckInFeedResolver, EventFeedResolver, TallyResolver, UnitFeedResolver } from './feed/feed.resolver.js';
import { checkInNode } from './feed/feed.service.js';
import { UnitTally } from './feed/tally.entity.js';
import { Brand } from './hierarchy/brand.entity.js';
import {
  CultureSchoolResolver,
  GridPostResolver,
  ServiceStationResolver,
  ServiceUnitResolver,
  VolunteerTeamResolver,
} from './hierarchy/hierarchy.resolver.js';
import { brandById, unitById } from './hierarchy/hierarchy.service.js';
import {
  CultureSchool,
  GridPost,
  ServiceStation,
  ServiceUnit,
  VolunteerTeam,
} from './hierarchy/service-unit.entity.js';
import type { CommandLine } from './kernel/command-line.js';
import type { Context } from './kernel/context.js';
import { ledgerCommands } from './ledger/ledger.commands.js';
import { LedgerEntry, LedgerTransfer } from './ledger/ledger.entity.js';
import {
  LedgerEntryResolver,
  LedgerTransferResolver,
  StatementResolver,
  TimeAccountResolver,
  VolunteerTimeResolver,
} from './ledger/ledger.resolver.js';
import { visibleTimeAccount, visibleTransfer } from './ledger/accounts.js';
import { TimePolicy } from './ledger/policy.entity.js';
import { FamilyMember, TimeAccount, TimeHold } from './ledger/time-account.entity.js';
import { NodeResolver, type NodeLoader } from './kernel/node.js';
import { Notification, NotificationDelivery } from './notification/notification.entity.js';
import { NotificationResolver } from './notification/notification.resolver.js';
import { ownNotification } from './notification/notification.service.js';
import { PartnerOrganisation } from './partner/partner-organisation.entity.js';
import { partnerCommands } from './partner/partner.commands.js';
import { PartnerResolver } from './partner/partner.resolver.js';
import { visiblePartner } from './partner/partner.service.js';
import { DataKeyVersion } from './vault/data-key-version.entity.js';
import { personalDataCommands } from './personal-data/personal-data.commands.js';
import { PersonalDataResolver } from './personal-data/personal-data.resolver.js';
import { VolunteerIndex, VolunteerRecord } from './vault/volunteer-record.entity.js';
import { Redemption, Reward } from './reward/reward.entity.js';
import { RedemptionResolver, RewardResolver, VolunteerRedemptionResolver } from './reward/reward.resolver.js';
import { rewardById, visibleRedemption } from './reward/reward.service.js';
import { Application } from './recruitment/application.entity.js';
import { visibleApplication } from './recruitment/application.service.js';
import {
  ApplicationResolver,
  MemberResolver,
  ReportInResolver,
  TeamChangeResolver,
} from './recruitment/recruitment.resolver.js';
import { ReportIn } from './recruitment/report-in.entity.js';
import { visibleReportIn } from './recruitment/report-in.service.js';
import { RosterImport, RosterPart, RosterRow } from './recruitment/roster-import.entity.js';
import { RosterResolver } from './recruitment/roster.resolver.js';
import { visibleRoster } from './recruitment/roster.service.js';
import { TeamChange } from './recruitment/team-change.entity.js';
import { WalkIn } from './recruitment/walk-in.entity.js';
import { RateLimitResolver } from './kernel/rate-limit.js';
import { RegisterCount } from './volunteer/register-count.entity.js';
import { Availability } from './volunteer/availability.entity.js';
import { Suspension } from './volunteer/suspension.entity.js';
import { VolunteerSearch } from './volunteer/volunteer-search.entity.js';
import { Skill } from './volunteer/skill.entity.js';
import { SkillResolver } from './volunteer/skill.resolver.js';
import { skillById } from './volunteer/skill.service.js';
import { VolunteerSkill } from './volunteer/volunteer-skill.entity.js';
import { Volunteer } from './volunteer/volunteer.entity.js';
import { VolunteerResolver } from './volunteer/volunteer.resolver.js';
import { visibleVolunteer } from './volunteer/volunteer.service.js';
import { EventWallResolver, StationWallResolver } from './wall/wall.resolver.js';

/** What a feature adds to the system. */
interface Feature {
  entities: EntityClass<object>[];
  resolvers: Function[];
  /** How `node(id)` finds an object of a type, by its key: null where there is none that the viewer may see. */
  nodes?: Record<string, NodeLoader>;
  /** What `npm run admin` can do with it. */
  commands?: AddCommands[];
}

type AddCommands = (program: Command, line: CommandLine) => void;

const byNumber =
  (load: (ctx: Context, id: number) => Promise<object | null>): NodeLoader =>
  (ctx, key) =>
    /^[1-9]\d{0,8}$/.test(key) ? load(ctx, Number(key)) : Promise.resolve(null);

const unit = byNumber((ctx, id) => unitById(ctx).load(id));

/** THE registry. A feature is used by those below it, never by those above. */
const features: Record<string, Feature> = {
  hierarchy: {
    entities: [ServiceUnit, CultureSchool, ServiceStation, VolunteerTeam, GridPost, Brand],
    resolvers: [
      ServiceUnitResolver,
      CultureSchoolResolver,
      ServiceStationResolver,
      VolunteerTeamResolver,
      GridPostResolver,
    ],
    nodes: {
      CultureSchool: unit,
      ServiceStation: unit,
      VolunteerTeam: unit,
      GridPost: unit,
      Brand: byNumber((ctx, id) => brandById(ctx).load(id)),
    },
  },
  audit: {
    entities: [AuditEntry, AuditHead],
    resolvers: [AuditResolver],
    nodes: { AuditEntry: byNumber(visibleAuditEntry) },
    commands: [auditCommands],
  },
  volunteer: {
    entities: [Volunteer, VolunteerSearch, RegisterCount, Skill, VolunteerSkill, Suspension, Availability],
    resolvers: [VolunteerResolver, SkillResolver],
    nodes: { Volunteer: byNumber(visibleVolunteer), Skill: byNumber((ctx, id) => skillById(ctx).load(id)) },
  },
  vault: {
    entities: [DataKeyVersion, VolunteerRecord, VolunteerIndex],
    resolvers: [],
  },
  partner: {
    entities: [PartnerOrganisation],
    resolvers: [PartnerResolver],
    nodes: { PartnerOrganisation: byNumber(visiblePartner) },
    commands: [partnerCommands],
  },
  access: {
    entities: [Account, Grant, Session, AccessKey, Pairing, SigningSecret, RateLimit],
    resolvers: [
      ViewerResolver,
      SessionResolver,
      AccountResolver,
      GrantResolver,
      AccessKeyResolver,
      PartnerKeysResolver,
      PairingResolver,
    ],
    commands: [accountCommands, keyCommands],
    nodes: {
      AccessKey: byNumber(visibleKey),
      Account: byNumber(visibleAccount),
      Grant: byNumber(visibleGrant),
      Session: byNumber(ownSession),
    },
  },
  notification: {
    entities: [Notification, NotificationDelivery],
    resolvers: [NotificationResolver],
    nodes: { Notification: byNumber(ownNotification) },
  },
  event: {
    entities: [CommunityEvent, Shift],
    resolvers: [EventResolver],
    nodes: { CommunityEvent: byNumber((ctx, id) => eventById(ctx).load(id)) },
  },
  feed: {
    entities: [Feed, CheckIn, UnitTally],
    resolvers: [CheckInFeedResolver, EventFeedResolver, TallyResolver, UnitFeedResolver],
    nodes: { CheckIn: checkInNode },
  },
  'check-in': {
    entities: [Presence, CheckInKey],
    resolvers: [CheckInResolver, PostCodeResolver, PassResolver],
  },
  attendance: {
    entities: [Attendance, AttendanceChange, AttendanceBook],
    resolvers: [AttendanceResolver, AttendanceChangeResolver],
    nodes: { Attendance: byNumber(visibleAttendance) },
  },
  wall: {
    entities: [],
    resolvers: [EventWallResolver, StationWallResolver],
  },
  ledger: {
    entities: [TimeAccount, FamilyMember, TimeHold, LedgerTransfer, LedgerEntry, TimePolicy],
    resolvers: [
      TimeAccountResolver,
      StatementResolver,
      LedgerEntryResolver,
      LedgerTransferResolver,
      VolunteerTimeResolver,
    ],
    nodes: { TimeAccount: byNumber(visibleTimeAccount), LedgerTransfer: byNumber(visibleTransfer) },
    commands: [ledgerCommands],
  },
  certification: {
    entities: [Certification, CertifiedDay],
    resolvers: [AttendanceCertificationResolver],
    commands: [certificationCommands],
  },
  reward: {
    entities: [Reward, Redemption],
    resolvers: [RewardResolver, RedemptionResolver, VolunteerRedemptionResolver],
    nodes: {
      Reward: byNumber((ctx, id) => rewardById(ctx).load(id)),
      Redemption: byNumber(visibleRedemption),
    },
  },
  recruitment: {
    entities: [Application, WalkIn, TeamChange, ReportIn, RosterImport, RosterPart, RosterRow],
    resolvers: [ApplicationResolver, MemberResolver, TeamChangeResolver, ReportInResolver, RosterResolver],
    nodes: {
      Application: byNumber(visibleApplication),
      ReportIn: byNumber(visibleReportIn),
      RosterImport: byNumber(visibleRoster),
    },
  },
  task: {
    entities: [Assignment, Board, BoardChange, BoardVisitor],
    resolvers: [
      BoardResolver,
      BoardFrameResolver,
      BoardVisitorResolver,
      CoverageGapResolver,
      ShiftResolver,
      AssignmentResolver,
    ],
    nodes: { Shift: byNumber((ctx, id) => shiftById(ctx).load(id)), Assignment: byNumber(visibleAssignment) },
  },
  'personal-data': {
    entities: [],
    resolvers: [PersonalDataResolver],
    commands: [personalDataCommands],
  },
};

const all = Object.values(features);

export const entities = all.flatMap((feature) => feature.entities);
export const resolvers = [NodeResolver, RateLimitResolver, ...all.flatMap((feature) => feature.resolvers)] as const;
export const nodeLoaders: ReadonlyMap<string, NodeLoader> = new Map(
  all.flatMap((feature) => Object.entries(feature.nodes ?? {})),
);
export const commands = all.flatMap((feature) => feature.commands ?? []);
