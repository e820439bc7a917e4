import type { CheckInRow, VolunteerNode } from './documents.js';
import type { Counts, DayModel } from './model.js';
import type { Scan } from './player.js';

/** The API's counts at one moment: of the event and of every unit, by id. */
export type Tallies = ReadonlyMap<string, Counts>;

/** What people are called in the log: it names nobody by number, so only those with a name of their own are known. */
const nameInLog = (person: { displayName: string; contingent: string }) => `${person.displayName} ${person.contingent}`;

/**
 * Replays the log as it was before the play, newest first as it was read, and finds who can take part: everybody whose
 * history is certain. Without a log that is everybody.
 */
export function replayLog(
  log: readonly CheckInRow[],
  register: readonly VolunteerNode[],
  model: DayModel,
): { people: VolunteerNode[]; stays: Map<string, string> } {
  const stays = new Map<string, string>();
  if (log.length === 0) return { people: [...register], stays };
  const byName = Map.groupBy(register, nameInLog);
  const uncertain = new Set<string>();
  for (const row of log.toReversed()) {
    const namesakes = byName.get(nameInLog(row.volunteer)) ?? [];
    if (namesakes.length !== 1) continue;
    const { id } = namesakes[0]!;
    const outcome = row.direction === 'IN' ? model.checkIn(id, row.post.id) : model.checkOut(id);
    // A row that waits for review, or was paired with one, moved people in a way that only the server knows.
    if (outcome !== 'RECORDED') uncertain.add(id);
    if (row.direction === 'IN') stays.set(id, row.id);
    else stays.delete(id);
  }
  const people = [...byName.values()].flatMap((namesakes) =>
    namesakes.length === 1 && !uncertain.has(namesakes[0]!.id) ? namesakes : [],
  );
  return { people, stays };
}

/** The counts that the API must show after the play, against those that it shows. */
export function compareTallies(
  labels: ReadonlyMap<string, string>,
  before: Tallies,
  after: Tallies,
  modelBefore: Tallies,
  model: DayModel,
): string[] {
  const differences: string[] = [];
  for (const [id, was] of before) {
    const is = after.get(id);
    const label = labels.get(id) ?? id;
    if (!is) {
      differences.push(`${label}: 不见了 is gone`);
      continue;
    }
    const modelWas = modelBefore.get(id)!;
    const modelIs = model.counts(id);
    for (const count of ['checkIns', 'people', 'onSite'] as const) {
      const expected = was[count] + modelIs[count] - modelWas[count];
      if (is[count] !== expected)
        differences.push(`${label}: ${count} 应为 expected ${expected}, 实为 got ${is[count]}`);
    }
  }
  return differences;
}

/**
 * Every acknowledged scan against the log: each has its row, each row since `baseline` has its scan, and the numbers run
 * without a gap.
 */
export function compareLog(
  log: readonly CheckInRow[],
  baseline: number,
  scans: readonly Scan[],
  register: readonly VolunteerNode[],
): string[] {
  const differences: string[] = [];
  const numbers = log.map((row) => row.sequence);
  const gap = numbers.findIndex((sequence, index) => sequence !== numbers.length - index);
  if (gap !== -1) differences.push(`编号不连续 the log has a gap or a repeat at sequence ${numbers[gap]}`);

  const rows = new Map(log.map((row) => [row.sequence, row]));
  const people = new Map(register.map((person) => [person.number, person]));
  const owners = new Map<number, string>();
  for (const scan of scans) {
    const row = rows.get(scan.sequence);
    const what = `#${scan.sequence} ${scan.volunteer} ${scan.direction} ${scan.post} (${scan.key})`;
    if (!row) {
      differences.push(`${what}: 已确认却不在记录里 acknowledged, but not in the log`);
      continue;
    }
    const person = people.get(scan.volunteer)!;
    const fits =
      row.id === scan.checkIn &&
      row.post.id === scan.postId &&
      row.direction === scan.direction &&
      nameInLog(row.volunteer) === nameInLog(person);
    if (!fits) differences.push(`${what}: 记录里是另一条 the log has another row there`);
    if (scan.outcome === 'ALREADY_CHECKED_IN') continue;
    const other = owners.get(scan.sequence);
    if (other) differences.push(`${what}: 与另一编号同一条 the same row was acknowledged for ${other}`);
    owners.set(scan.sequence, scan.key);
  }
  for (const row of log) {
    if (row.sequence > baseline && !owners.has(row.sequence)) {
      differences.push(`#${row.sequence} ${row.direction}: 不是这次演练发出的 in the log, but not sent by this play`);
    }
  }
  return differences;
}
