import { describe, expect, test } from 'vitest';
import { volunteers } from '../../seeds/shengbei/people.js';
import { posts, schools, stations, teams } from '../../seeds/shengbei/places.js';
import { maskName } from '../../server/volunteer/volunteer.rules.js';
import { ageGroupOn, birthDateOf, readIdNumber, readPhone } from '../../server/vault/person.rules.js';
import { records } from '../../seeds/shengbei/records.js';
import { shifts, skills, volunteerSkills } from '../../seeds/shengbei/shifts.js';
import { volunteerDay } from '../../seeds/shengbei/volunteer-day.js';

const codesOf = (units: { code: string }[]) => new Set(units.map((unit) => unit.code));
const countBy = <T>(items: T[], key: (item: T) => string) =>
  new Map([...Map.groupBy(items, key)].map(([name, group]) => [name, group.length]));

describe('places', () => {
  test('are as many as the newspaper says', () => {
    expect([schools().length, stations().length]).toEqual([11, 14]);
    expect([teams().length, posts().length]).toEqual([112, 1120]);
  });

  test('have codes and names of their own, and a code begins with the code above it', () => {
    const all = [...schools(), ...stations(), ...teams(), ...posts()];
    expect(codesOf(all).size).toBe(all.length);
    for (const level of [schools(), stations(), teams(), posts()]) {
      expect(new Set(level.map((unit) => unit.name)).size).toBe(level.length);
    }
    const pairs: [string, string][] = [
      ...stations().map((unit): [string, string] => [unit.code, unit.schoolCode]),
      ...teams().map((unit): [string, string] => [unit.code, unit.stationCode]),
      ...posts().map((unit): [string, string] => [unit.code, unit.teamCode]),
    ];
    expect(pairs.filter(([code, parent]) => !code.startsWith(parent) || code === parent)).toEqual([]);
    expect(posts().filter((post) => !/^S\d\d-[A-Z]\d\d-\d\d$/.test(post.code))).toEqual([]);
  });

  test('leave no unit without children and none without a parent', () => {
    expect(new Set(stations().map((station) => station.schoolCode))).toEqual(codesOf(schools()));
    const teamsOfStation = countBy(teams(), (team) => team.stationCode);
    expect(new Set(teamsOfStation.keys())).toEqual(codesOf(stations()));
    expect(new Set(teamsOfStation.values())).toEqual(new Set([8]));
    const postsOfTeam = countBy(posts(), (post) => post.teamCode);
    expect(new Set(postsOfTeam.keys())).toEqual(codesOf(teams()));
    expect(new Set(postsOfTeam.values())).toEqual(new Set([10]));
  });

  test('give each station a brand of its own, the reported ones at their stations', () => {
    const brands = new Map(stations().map((station) => [station.place, station.brand]));
    expect(new Set([...brands.values()].map((brand) => brand.name)).size).toBe(14);
    expect(brands.get('景苑中区')).toMatchObject({ name: '和谐大院', synthetic: false });
    expect(brands.get('百花')).toMatchObject({ name: '亲情蔬菜园', synthetic: false });
    expect(brands.get('胜望')).toMatchObject({ name: '亲情驿站·幸福暖吧', synthetic: false });
    expect(brands.get('胜北')).toMatchObject({ synthetic: true });
    for (const brand of brands.values()) {
      expect(brand.description).not.toBe('');
      expect(brand.since).toMatch(/^20\d\d-\d\d-\d\d$/);
    }
  });

  test('have a garden only where the garden is, and a warm bar only where the warm bar is', () => {
    const placesWith = (kind: string) =>
      new Set(posts().flatMap((post) => (post.kind === kind ? [post.code.slice(0, 5)] : [])));
    expect(placesWith('GARDEN')).toEqual(new Set(['S02-A']));
    expect(placesWith('WARM_BAR')).toEqual(new Set(['S03-A']));
    expect(placesWith('SCHOOL_ROUTE').size).toBe(14);
  });
});

describe('volunteers', () => {
  const register = volunteers();

  test('are as many as the newspaper says, with the in-service members among them', () => {
    expect(register.length).toBeGreaterThan(2000);
    const contingents = countBy(register, (person) => person.contingent);
    expect(contingents.get('IN_SERVICE_MEMBER')).toBeGreaterThan(800);
    expect([...contingents.keys()].sort()).toEqual(['IN_SERVICE_MEMBER', 'RESIDENT', 'RETIRED_MEMBER', 'STUDENT']);
    const ofStation = countBy(register, (person) => person.teamCode.slice(0, 5));
    expect(Math.max(...ofStation.values())).toBeGreaterThan(300);
  });

  test('are numbered without a gap, and the numbers say nothing about the team', () => {
    expect(register.map((person) => person.number)).toEqual(
      register.map((_, index) => `SB-${String(index + 1).padStart(6, '0')}`),
    );
    expect(new Set(register.slice(0, 100).map((person) => person.teamCode)).size).toBeGreaterThan(50);
  });

  test('belong to teams that exist, and every team has some', () => {
    const ofTeam = countBy(register, (person) => person.teamCode);
    expect(new Set(ofTeam.keys())).toEqual(codesOf(teams()));
    expect(Math.min(...ofTeam.values())).toBeGreaterThanOrEqual(6);
  });

  test('agree to be shown in about nine cases of ten, and only some have a tier', () => {
    const share = (matches: (person: (typeof register)[number]) => boolean) =>
      register.filter(matches).length / register.length;
    expect(share((person) => person.consentsToScreens)).toBeCloseTo(0.9, 1);
    const tiers = countBy(register, (person) => person.tier ?? 'none');
    expect([...tiers.keys()].sort()).toEqual(['CROWN', 'DIAMOND', 'GOLD', 'PLATINUM', 'WHITE_GOLD', 'none']);
    expect(share((person) => person.tier === 'CROWN')).toBeLessThan(0.03);
    expect(register.filter((person) => person.contingent === 'STUDENT' && person.tier === 'CROWN')).toEqual([]);
  });

  test('have names of every sort that must survive byte for byte', () => {
    const names = register.map((person) => person.name);
    expect(names.filter((name) => !/^[\p{Script=Han}·]+$/u.test(name))).toEqual([]);
    expect(names.some((name) => name.includes('·'))).toBe(true);
    expect(names.some((name) => name.startsWith('欧阳'))).toBe(true);
    expect(names.some((name) => [...name].length === 2)).toBe(true);
    expect(names.filter((name) => [...name].length !== name.length).length).toBeGreaterThan(10);
    expect(names.every((name) => name === name.normalize('NFC'))).toBe(true);
    expect([...Map.groupBy(names, (name) => name).values()].some((same) => same.length > 1)).toBe(true);
  });
});

describe('personal data', () => {
  const today = '2026-11-24';
  const all = records(today);
  const contingents = new Map(volunteers().map((it) => [it.number, it.contingent]));

  test('is right by its form and can be nobody’s', () => {
    expect(all.map((it) => it.number)).toEqual(volunteers().map((it) => it.number));
    for (const { phone, idNumber, birthDate, synthetic } of all) {
      expect([readPhone(phone), readIdNumber(idNumber)]).toEqual([phone, idNumber]);
      expect(birthDateOf(idNumber)).toBe(birthDate);
      expect(phone).toMatch(/^142/);
      expect(idNumber).toMatch(/^0/);
      expect(synthetic).toBe(true);
    }
    expect(new Set(all.map((it) => it.idNumber)).size).toBe(all.length);
    expect(new Set(all.map((it) => it.phone)).size).toBe(all.length);
  });

  test.each(['2026-11-24', '2028-02-29', '2027-01-01'])('on %s minors are students, with a guardian', (day) => {
    const young = records(day).filter((it) => ageGroupOn(day, it.birthDate) !== 'ADULT');
    expect(young.length).toBeGreaterThan(50);
    for (const { number, birthDate, guardian } of young) {
      expect([contingents.get(number), ageGroupOn(day, birthDate)]).toEqual(['STUDENT', 'MINOR']);
      expect(guardian).toMatch(/家长$/);
    }
    expect(records(day).filter((it) => it.guardian).length).toBe(young.length);
  });
});

describe('the plan of Volunteer Day', () => {
  const plan = shifts();

  test('has a morning and an afternoon at every post, and nobody in both', () => {
    expect(plan.length).toBe(2 * posts().length);
    expect(new Set(plan.map((shift) => `${shift.postCode} ${shift.from}`)).size).toBe(plan.length);
    const people = plan.flatMap((shift) => shift.people);
    expect(new Set(people).size).toBe(people.length);
    expect(people.length).toBeGreaterThan(1_500);
  });

  test('lets teams serve at their own posts, within the size, and leaves some work for coordinators', () => {
    const teamOf = new Map(volunteers().map((it) => [it.number, it.teamCode]));
    for (const { postCode, people, capacity } of plan) {
      expect(people.length).toBeLessThanOrEqual(capacity);
      for (const number of people) expect(postCode.startsWith(teamOf.get(number)!)).toBe(true);
    }
    const open = plan.filter((shift) => shift.people.length < shift.capacity).length;
    expect(open / plan.length).toBeGreaterThan(0.05);
    expect(open / plan.length).toBeLessThan(0.6);
  });

  test('asks for skills that exist and that those who are assigned have', () => {
    const known = new Set(skills.map((skill) => skill.code));
    const has = new Set(volunteerSkills(plan).map((it) => `${it.volunteer} ${it.skill}`));
    for (const { skills: needed, people } of plan) {
      expect(needed.filter((code) => !known.has(code))).toEqual([]);
      for (const number of people) for (const code of needed) expect(has).toContain(`${number} ${code}`);
    }
  });
});

test('every name hides behind its first character', () => {
  for (const { name } of volunteers()) expect(maskName(name)).toBe(`${[...name][0]}*`);
});

test('everything that is made up says so', () => {
  for (const record of [...schools(), ...teams(), ...posts(), ...volunteers()]) expect(record.synthetic).toBe(true);
  expect(stations().flatMap((station) => (station.synthetic ? [] : [station.place]))).toEqual([
    '景苑中区',
    '百花',
    '胜望',
    '胜北',
  ]);
});

test('everything is the same each time it is asked for', () => {
  const everything = () => JSON.stringify([schools(), stations(), teams(), posts(), volunteers()]);
  expect(everything()).toBe(everything());
});

describe('Volunteer Day', () => {
  test('is the whole of today where the community is, whatever the hour', () => {
    const today = { startsAt: new Date('2026-06-15T16:00:00Z'), endsAt: new Date('2026-06-16T16:00:00Z') };
    for (const now of ['2026-06-15T16:00:00Z', '2026-06-16T03:00:00Z', '2026-06-16T15:59:59.999Z']) {
      expect(volunteerDay(new Date(now), 'Asia/Shanghai')).toMatchObject({ code: 'volunteer-day-8', ...today });
    }
    expect(volunteerDay(new Date('2026-06-16T16:00:00Z'), 'Asia/Shanghai').startsAt).toEqual(today.endsAt);
  });

  test('is as long as the day is where the clocks change', () => {
    const hours = (now: string, timeZone: string) => {
      const { startsAt, endsAt } = volunteerDay(new Date(now), timeZone);
      return (endsAt.getTime() - startsAt.getTime()) / 3_600_000;
    };
    expect(hours('2026-03-29T12:00:00Z', 'Europe/Berlin')).toBe(23);
    expect(hours('2026-10-25T12:00:00Z', 'Europe/Berlin')).toBe(25);
    expect(hours('2026-09-06T12:00:00Z', 'America/Santiago')).toBe(23);
  });
});
