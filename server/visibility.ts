import { ViewerRole } from './kernel/viewer.js';
import type { Decisions } from './kernel/visibility.js';

const { ADMINISTRATOR, COORDINATOR, DISPLAY, LEADER, PARTNER, PUBLIC } = ViewerRole;
const everyone = Object.values(ViewerRole);
const everyoneBut = (...roles: ViewerRole[]) => everyone.filter((role) => !roles.includes(role));

/** Who a field can be for. */
export const audiences = {
  everyone,
  /** People and their own screens: what a wall shows, who somebody is. A partner organisation has no such field at all. */
  notPartners: everyoneBut(PARTNER),
  /** By signed codes everybody checks in; by their word, those who work with people. Screens and partners change nothing. */
  recorders: everyoneBut(DISPLAY, PARTNER),
  /** Whoever has signed in or may do so: until then, and before they choose a password, they are the public. */
  users: everyoneBut(DISPLAY, PARTNER),
  /** Those who may see a person at all: volunteers themselves only. */
  persons: everyoneBut(PUBLIC, DISPLAY, PARTNER),
  /** Those who work with people. Whom of them they see is decided row by row, by their unit. */
  leaders: [LEADER, COORDINATOR, ADMINISTRATOR],
  /** Those who appoint others and keep people's data. Whom, and where, is decided row by row, by their unit. */
  managers: [COORDINATOR, ADMINISTRATOR],
  administrators: [ADMINISTRATOR],
} satisfies Record<string, readonly ViewerRole[]>;

const edge = 'cursor node';
const page = 'edges nodes pageInfo totalCount';
const unit = 'ancestors code id level name tally(event)';
const scan = 'at event key method note pass post postCode volunteer';

/**
 * Who sees what, of every type: THE place. What is written here holds for queries, mutations, subscriptions and
 * `node(id)`, and a partner's own schema is made of it. A field or argument that stands nowhere keeps the server from
 * starting; see `kernel/visibility.ts` for what happens to whoever a field is not for.
 */
export const decisions: Decisions<keyof typeof audiences> = {
  Query: {
    notPartners: 'publishedService(after first) skills(after first)',
    everyone: `communityEvent(code) communityEvents(after first) cultureSchools(after first) node(id) rateLimit
      serviceUnit(code) timeRules viewer`,
    users: 'applicationStatus(proof) sessions(after first)',
    persons: `assignments(after first volunteer) attendances(after event first state volunteer within) notifications(after first)
      rewards(after first within) unreadNotifications`,
    leaders: `attendanceQueue(after event first within) coverageGaps(event within) shifts(after event first within)
      findVolunteers(phone idNumber)
      reportIns(after first organisation within) reportInFeedback(organisation quarter year)
      volunteers(after contingent first search within)`,
    managers: `accessKeys(after first role within) accounts(after first search within)
      applications(after first state within) rosterImport(id)`,
    administrators: 'auditLog(action actor after first from target to) partnerOrganisations(after first)',
  },
  Mutation: {
    recorders: 'checkIn(input) checkOut(input)',
    users: `actAs(grant) apply(input) changePassword(input) claimAccount(input) revokeOtherSessions
      revokeSession(session) signIn(input) signOut withdrawApplication(proof)`,
    // A screen that wants to be let in is the public as yet.
    notPartners: 'beginPairing collectPairing(secret)',
    // For oneself; for others only by those who keep their data.
    persons: `answerOffer(accepts assignment) cancelRedemption(redemption) donateTime(input) giveTime(input) markNotificationsRead(notifications)
      redeemReward(input) setAvailability(volunteer windows) setScreenConsent(input)`,
    leaders: `assign(input) cancelShift(reason shift version) completeAssignment(assignment version) createShifts(input)
      editShift(input) handOver(assignment version volunteer) moveAssignment(input)
      rateAssignment(assignment remark stars version) releaseAssignment(assignment version)
      stayOn(assignment until version) swapAssignments(input) visitBoard(event shift within)
      annulAttendance(attendance reason version) confirmAttendance(attendances) correctAttendance(input)
      enterService(input) handOutReward(code) reportIn(input) rollCall(input) signService(attendance) walkIn(input)`,
    managers: `addReward(input) addRosterPart(data part roster) admitApplication(input)
      beginRosterImport(fileName team) changeRewardStock(by reward) confirmPairing(input) createAccount(input)
      declineApplication(application reason) disableAccount(account reason) enableAccount(account)
      endGrant(grant reason) eraseVolunteer(reason volunteer) exportVolunteer(reason volunteer) formFamily(input)
      grantRole(input) importRoster(roster) issueKey(input) previewRoster(parts roster) recordGuardianConsent(input)
      resetPassword(account) resumeVolunteer(reason volunteer) revealPersonalData(input)
      reverseTransfer(reason transfer) revokeKey(key reason) rotateKey(key oldEndsAt) setPersonalData(input)
      suspendVolunteer(reason volunteer) transferVolunteer(reason team volunteer)
      withdrawGuardianConsent(reason volunteer) withdrawReward(reward)`,
    administrators: 'registerPartner(input) resumePartner(partner) suspendPartner(partner reason)',
  },
  // Frames are of single check-ins; figures are everybody's.
  Subscription: {
    leaders: 'board(after event within) coverageGapsChanged(event within)',
    everyone: 'scoreboard(event unit)',
    notPartners: 'checkIns(after event within)',
    persons: 'notificationNews',
  },

  // Kernel
  Node: { everyone: 'id' },
  PageInfo: { everyone: 'endCursor hasNextPage hasPreviousPage startCursor' },
  RateLimit: { everyone: 'cost limit remaining resetAt' },
  Refusal: { notPartners: 'message' },
  StaleEdit: { persons: 'by message version' },

  // Hierarchy
  ServiceUnit: { everyone: unit },
  CultureSchool: { everyone: `${unit} stations(after first)` },
  CultureSchoolConnection: { everyone: page },
  CultureSchoolEdge: { everyone: edge },
  // Of a small station the register is a small group, too.
  ServiceStation: { everyone: `${unit} brand school teams(after first)`, notPartners: 'registered' },
  ServiceStationConnection: { everyone: page },
  ServiceStationEdge: { everyone: edge },
  VolunteerTeam: { everyone: `${unit} posts(after first) station` },
  VolunteerTeamConnection: { everyone: page },
  VolunteerTeamEdge: { everyone: edge },
  GridPost: { everyone: `${unit} kind team`, leaders: 'rotatingCode' },
  GridPostConnection: { everyone: page },
  GridPostEdge: { everyone: edge },
  Brand: { everyone: 'description id name since' },

  // Audit
  AuditEntry: {
    administrators: `action actor actorName actorRole address at details id reason requestId sequence target targetName
      targetType unit`,
  },
  AuditDetail: { administrators: 'name value' },
  AuditEntryConnection: { administrators: page },
  AuditEntryEdge: { administrators: edge },

  // Partner
  PartnerOrganisation: { administrators: 'code contact createdAt id keys(after first) name suspendedAt' },
  PartnerOrganisationConnection: { administrators: page },
  PartnerOrganisationEdge: { administrators: edge },
  RegisterPartnerInput: { administrators: 'code contact name' },
  PartnerRegistered: { administrators: 'partner' },
  PartnerCodeTaken: { administrators: 'message' },

  // Access
  Viewer: { everyone: 'name role unit', users: 'account grant grants session volunteer' },
  Session: { users: 'address createdAt device expiresAt id isCurrent lastSeenAt' },
  SessionConnection: { users: page },
  SessionEdge: { users: edge },
  SignInInput: { users: 'login password' },
  SignedIn: { users: 'viewer' },
  SignInRefused: { users: 'message reason' },
  NowActing: { users: 'viewer' },
  ActAsRefused: { users: 'message' },
  ChangePasswordInput: { users: 'current new' },
  PasswordChanged: { users: 'viewer' },
  WrongPassword: { users: 'message' },
  PasswordRefused: { users: 'message' },
  // One's own, and those that one manages.
  Account: { users: 'createdAt disabledAt grants id lastSignInAt login mustChangePassword name volunteer' },
  AccountConnection: { managers: page },
  AccountEdge: { managers: edge },
  Grant: { users: 'endsAt id role startsAt unit' },
  CreateAccountInput: { managers: 'login name role unit volunteer' },
  AccountCreated: { managers: 'account oneTimePassword' },
  OneTimePassword: { managers: 'account expiresAt password' },
  LoginTaken: { managers: 'message' },
  VolunteerHasAccount: { managers: 'message' },
  AccountDisabled: { managers: 'account endedSessions' },
  LastAdministrator: { managers: 'message' },
  GrantRoleInput: { managers: 'account endsAt role startsAt unit' },
  RoleGranted: { managers: 'grant' },
  AlreadyGranted: { managers: 'message' },
  GrantEnded: { managers: 'grant' },

  AccessKey: {
    managers: 'createdAt expiresAt hint id lastUsedAt name revokedAt role unit',
    administrators: 'partner',
  },
  AccessKeyConnection: { managers: page },
  AccessKeyEdge: { managers: edge },
  IssueKeyInput: { managers: 'expiresAt name partner role unit' },
  KeyIssued: { managers: 'accessKey key' },
  PartnerIsSuspended: { managers: 'message' },
  KeyRotated: { managers: 'accessKey key replaced' },
  KeyNotReplaced: { managers: 'message' },
  PairingBegun: { notPartners: 'code expiresAt secret' },
  PairingWaiting: { notPartners: 'expiresAt' },
  DisplayToken: { notPartners: 'name token' },
  PairingExpired: { notPartners: 'message' },
  ConfirmPairingInput: { managers: 'code name unit' },
  PairingConfirmed: { managers: 'name unit' },
  PairingCodeRejected: { managers: 'message' },

  // Volunteer
  Availability: { users: 'fromMinute untilMinute weekday' },
  Suspension: { persons: 'reason since until' },
  Skill: { notPartners: 'code id name' },
  SkillConnection: { notPartners: page },
  SkillEdge: { notPartners: edge },
  Volunteer: {
    persons: `availability contingent displayName familyAccount id number pass(event) personalData
      redemptions(after first) suspensions team teamChanges timeAccount`,
  },
  VolunteerBadge: { notPartners: 'contingent displayName tier' },
  VolunteerConnection: { leaders: page },
  VolunteerEdge: { leaders: edge },

  // Notification
  Notification: { persons: 'createdAt id kind path readAt text' },
  NotificationConnection: { persons: page },
  NotificationEdge: { persons: edge },
  NotificationNews: { persons: 'latest unread' },

  // Event. A cursor counts the check-ins before it, so it is no partner's.
  CommunityEvent: {
    everyone: 'code edition endsAt id previousEdition startsAt tally theme title',
    notPartners: 'arrivals checkIns(after first within) cursor',
  },
  CommunityEventConnection: { everyone: page },
  CommunityEventEdge: { everyone: edge },

  // Feed. One check-in is one person at one place and time, whoever they are: partners get figures, from five people up.
  CheckIn: { notPartners: 'at direction event id method note post recordedAt sequence volunteer' },
  CheckInConnection: { notPartners: page },
  CheckInEdge: { notPartners: edge },
  CheckInFrame: { notPartners: 'checkIns cursor' },
  // How many are on site comes down to a few at the end of every event, so partners do not have it.
  Tally: { everyone: 'checkIns minutes people suppressed', notPartners: 'onSite' },
  Scoreboard: { everyone: 'asOf tally units', notPartners: 'cursor' },
  UnitTally: { everyone: 'tally unit' },

  // Check-in
  RotatingCode: { leaders: 'code expiresAt refreshAt' },
  CheckInInput: { recorders: scan },
  CheckOutInput: { recorders: scan },
  CheckInRecorded: { recorders: 'checkIn replayed' },
  CheckOutRecorded: { recorders: 'checkIn minutes replayed' },
  AlreadyCheckedIn: { recorders: 'checkIn message' },
  CheckInClosed: { recorders: 'closesAt message opensAt' },
  NotCheckedIn: { recorders: 'message' },
  PassRejected: { recorders: 'message reason' },
  VolunteerSuspended: { recorders: 'message' },

  // Recruitment
  AvailabilityInput: { users: 'fromMinute untilMinute weekday' },
  ApplyInput: { users: 'availability birthDate contingent guardian key name offers phone unit' },
  ApplicationReceived: { users: 'reference secret' },
  PersonRefused: { users: 'message reason' },
  ApplicationProofInput: { users: 'reference secret' },
  ApplicationStatus: { users: 'canClaim createdAt decidedAt reason state unit volunteerNumber' },
  ClaimAccountInput: { users: 'code login password' },
  AccountClaimed: { users: 'login' },
  ClaimRefused: { users: 'message reason' },
  Application: {
    managers: 'applicant contingent createdAt decidedAt id reason reference state unit volunteer',
  },
  ApplicationConnection: { managers: page },
  ApplicationEdge: { managers: edge },
  ApplicantView: { managers: 'age availability guardian name offers phone' },
  AdmitApplicationInput: { managers: 'application team' },
  ApplicationAdmitted: { managers: 'application isNew volunteer' },
  ApplicationDeclined: { managers: 'application' },
  ApplicationDecided: { managers: 'application message' },
  TeamChange: { persons: 'at from reason to' },
  WalkInInput: { leaders: 'contingent event key name phone post' },
  WalkInRecorded: { leaders: 'checkIn claimCode volunteer' },
  ReportIn: { leaders: 'endedAt id offers organisation reportedAt slip unit volunteer' },
  ReportInConnection: { leaders: page },
  ReportInEdge: { leaders: edge },
  ReportInInput: { leaders: 'name offers organisation phone team' },
  ReportInRecorded: { leaders: 'isNew reportIn' },
  ReportInFeedback: { leaders: 'checkIns from letter members minutes organisation served until' },

  RosterImport: { managers: 'createdAt done fileName fresh id known lines(after first outcome) state total wrong' },
  RosterLine: { managers: 'contingent name number outcome problems row team' },
  RosterPreviewed: { managers: 'roster' },
  RosterUnreadable: { managers: 'message' },
  RosterBegun: { managers: 'roster' },
  RosterNotReady: { managers: 'message roster' },

  // Attendance: one's own, and that where one leads. What counts by a week's publication is everybody's to read.
  Attendance: {
    persons: `certification changes checkIn checkOut content event flags grade id inAt minutes outAt person post publishedUntil state version
      volunteer`,
    leaders: 'enteredBy signedBy',
  },
  AttendanceConnection: { persons: page },
  AttendanceEdge: { persons: edge },
  AttendanceChange: { persons: 'at newInAt newOutAt newState oldInAt oldOutAt oldState reason', leaders: 'by' },
  AttendanceSaved: { leaders: 'attendance' },
  AttendanceConfirmed: { leaders: 'attendances' },
  AttendanceRefused: { leaders: 'message reason' },
  CorrectAttendanceInput: { leaders: 'attendance inAt outAt reason version' },
  EnterServiceInput: { leaders: 'content event inAt key outAt post volunteer' },
  RollCallInput: { leaders: 'entries event post' },
  RollCallEntry: { leaders: 'at direction key volunteer' },
  RollCall: { leaders: 'lines' },
  RollCallLine: { leaders: 'checkIn key message outcome' },
  PublishedService: { notPartners: 'content inAt minutes post until volunteer' },
  PublishedServiceConnection: { notPartners: page },
  PublishedServiceEdge: { notPartners: edge },
  // Ledger. An account is its owner's, and those who work with them see it; what a community saves in all is no single account.
  TimeRules: {
    everyone: `appealDays balanceCapMinutes confirmDays dayCapMinutes minimumSharePercent pickUpDays publicationDays
      tierMinutes`,
  },
  TimeAccount: {
    persons: `available balance balanceAt(at) certified held id kind openedAt progress statement(from to) title`,
  },
  TierProgress: { persons: 'missing next nextFrom tier' },
  Statement: { persons: 'closingBalance entries(after first) from openingBalance received spent to' },
  LedgerEntry: { persons: 'at balance counterparty minutes sequence transfer' },
  LedgerEntryConnection: { persons: page },
  LedgerEntryEdge: { persons: edge },
  LedgerTransfer: { persons: 'at category id kind minutes reason reversedBy reverses' },
  GiveTimeInput: { persons: 'key minutes' },
  DonateTimeInput: { persons: 'from key minutes station' },
  FormFamilyInput: { managers: 'members title' },
  TimeMoved: { persons: 'account replayed transfer' },
  NotEnoughTime: { persons: 'available message' },
  NoFamily: { persons: 'message' },
  FamilyFormed: { managers: 'account' },
  AlreadyInFamily: { managers: 'message' },
  TransferReversed: { managers: 'transfer' },
  NotReversible: { managers: 'message' },

  // Certification
  Certification: { persons: 'at findings minutes' },

  // Rewards
  Reward: { persons: 'description id minutes name station stock withdrawnAt' },
  RewardConnection: { persons: page },
  RewardEdge: { persons: edge },
  AddRewardInput: { managers: 'description minutes name station stock' },
  RedeemInput: { persons: 'from key reward' },
  Redemption: { persons: 'code createdAt endedAt expiresAt id minutes reward state' },
  RedemptionConnection: { persons: page },
  RedemptionEdge: { persons: edge },
  RewardRedeemed: { persons: 'redemption replayed' },
  OutOfStock: { persons: 'message' },
  TierNeeded: { persons: 'message' },
  RedemptionCancelled: { persons: 'redemption' },
  RedemptionOver: { persons: 'message' },
  RewardHandedOut: { leaders: 'redemption' },

  // Wall: how few came in a quarter of an hour is no partner's.
  Arrivals: { notPartners: 'from people' },

  // Shifts are for volunteers to choose from; who comes is for those who run the post, and one's own for oneself.
  Shift: {
    persons: 'cancelledAt capacity endsAt event id kind maxAge minAge post skills startsAt title version',
    leaders: 'assignments candidates(first) expected here late missing offered unplanned waiting',
  },
  ShiftConnection: { leaders: page },
  ShiftEdge: { leaders: edge },
  Assignment: {
    persons: 'endsAt expiresAt id person presence shift startsAt state version volunteer',
    leaders: 'changedAt changedBy stars',
  },
  AssignmentConnection: { persons: page },
  AssignmentEdge: { persons: edge },
  Candidate: { leaders: 'herePost isAtPost minutesToday sameStation sameTeam skills volunteer' },
  CoverageGap: { leaders: 'kind missing missingSkills shift' },
  CoverageGaps: { leaders: 'gaps' },
  BoardFrame: { leaders: 'place shifts visitors' },
  BoardVisitor: { leaders: 'name seenAt shift unit' },
  AssignInput: { leaders: 'despiteSkills expiresAt offer passOn shift volunteer wait' },
  MoveAssignmentInput: { leaders: 'assignment shift version' },
  SwapAssignmentsInput: { leaders: 'one oneVersion other otherVersion' },
  ShiftInput: { leaders: 'capacity endsAt kind maxAge minAge post skills startsAt title' },
  CreateShiftsInput: { leaders: 'event shifts' },
  EditShiftInput: { leaders: 'capacity endsAt shift skills startsAt version' },
  AssignmentsSaved: { persons: 'assignments' },
  AssignmentRefused: { persons: 'message reason' },
  TimeTaken: { persons: 'assignment message' },
  ShiftFull: { persons: 'message shift' },
  SkillMissing: { persons: 'message skills' },
  ShiftsSaved: { leaders: 'shifts' },

  // Personal data: masked beside the person, in clear by a mutation that the audit log tells of.
  PersonalData: { persons: 'guardianConsent idNumber isMinor phone screenConsentAt' },
  GuardianConsent: { persons: 'givenAt guardian means' },
  GuardianConsentInput: { managers: 'givenAt guardian means' },
  SetPersonalDataInput: { managers: 'birthDate guardianConsent idNumber phone volunteer' },
  RevealPersonalDataInput: { managers: 'fields reason volunteer' },
  RecordGuardianConsentInput: { managers: 'givenAt guardian means volunteer' },
  SetScreenConsentInput: { persons: 'consents volunteer' },
  PersonalDataSet: { managers: 'volunteer' },
  PersonalDataRevealed: { managers: 'birthDate guardian idNumber phone' },
  PersonalDataRefused: { persons: 'message reason' },
  ReasonRefused: { managers: 'message' },
  ConsentRecorded: { persons: 'volunteer' },
  ConsentWithdrawn: { persons: 'volunteer' },
  VolunteerExported: { managers: 'document' },
  VolunteerErased: { managers: 'erasedAt tombstone' },
};
