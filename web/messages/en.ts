import type { Messages } from './zh-CN.ts';

export const en: Messages = {
  product: 'Baihua',
  tagline: 'A community’s volunteer service in full bloom',
  skipToContent: 'Skip to content',
  levels: {
    CULTURE_SCHOOL: 'Culture schools',
    SERVICE_STATION: 'Service stations',
    VOLUNTEER_TEAM: 'Volunteer teams',
    GRID_POST: 'Grid posts',
  },
  contingents: {
    IN_SERVICE_MEMBER: 'In-service',
    RETIRED_MEMBER: 'Retired',
    RESIDENT: 'Resident',
    STUDENT: 'Student',
  },
  directions: { IN: 'Check in', OUT: 'Check out' },
  kinds: {
    SERVICE_POST: 'Service post',
    SCHOOL_ROUTE: 'School-route guard',
    GREENERY: 'Greenery',
    CLINIC: 'Free clinic',
    REPAIR: 'Repairs',
    HAIRCUT: 'Haircuts',
    CHARITY_SALE: 'Charity sale',
    GARDEN: 'Garden',
    WARM_BAR: 'Warm Bar',
    PATROL: 'Patrol',
  },
  edition: (edition: number) => {
    const suffix = edition % 100 >= 11 && edition % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][edition % 10] ?? 'th');
    return `${edition}${suffix} edition`;
  },
  errors: {
    title: 'Something is not right',
    notFound: 'There is no such page. Check the address, or start from the home page.',
    noEvent: (code: string) =>
      `There is no event with the code “${code}”. Check the address, or start from the home page.`,
    noUnit: (code: string) => `There is no post with the code “${code}”. Check the code on its sign.`,
    unreachable: 'The system is starting or busy; nothing was lost. This page tries again by itself.',
    unexpected: 'The page failed and we logged it. Reload it; if it fails again, give an administrator this number.',
    id: 'Number',
    home: 'To the home page',
  },
  wall: {
    title: (event: string) => `${event} · wall`,
    people: 'People taking part',
    peopleUnit: '',
    onSite: 'On site now',
    checkIns: 'Check-ins',
    hours: 'Service time',
    hoursUnit: 'h',
    minutesUnit: 'min',
    coverage: 'Four levels',
    levels: { CULTURE_SCHOOL: 'Schools', SERVICE_STATION: 'Stations', VOLUNTEER_TEAM: 'Teams', GRID_POST: 'Posts' },
    schools: 'Schools',
    garden: 'The garden',
    legend: {
      flower: 'A flower is a station',
      petal: 'A petal is a team',
      opening: 'It opens as posts are covered',
    },
    stream: 'Live',
    noCheckIns: 'Nobody has checked in yet. The first flower waits for you.',
    peopleShort: 'people',
    onSiteShort: 'here',
    flower: (name: string, people: string, open: number, petals: number) =>
      `${name}: ${people} people, ${open} of ${petals} teams present`,
    states: { connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting', offline: 'Offline' },
    updated: (time: string) => `Updated ${time}`,
    fullscreen: 'Full screen',
  },
};
