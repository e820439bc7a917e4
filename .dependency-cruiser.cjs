/** Who may import whom. `test/contract/architecture.test.ts` runs it, and proves that each rule can fail. */

/** Each feature with those that it may use. They stand above it: nothing is used by what it uses itself. */
const features = {
  hierarchy: [],
  audit: ['hierarchy'],
  volunteer: ['audit', 'hierarchy'],
  vault: ['volunteer'],
  partner: ['audit', 'hierarchy'],
  access: ['partner', 'volunteer', 'audit', 'hierarchy'],
  notification: ['access', 'volunteer', 'hierarchy'],
  event: ['hierarchy'],
  feed: ['event', 'volunteer', 'hierarchy'],
  'check-in': ['feed', 'event', 'volunteer', 'access', 'hierarchy'],
  wall: ['feed', 'event', 'hierarchy'],
  attendance: ['check-in', 'feed', 'event', 'access', 'volunteer', 'audit', 'hierarchy'],
  task: ['attendance', 'check-in', 'feed', 'event', 'access', 'volunteer', 'audit', 'hierarchy'],
  ledger: ['volunteer', 'audit', 'hierarchy'],
  certification: ['ledger', 'attendance', 'notification', 'volunteer', 'audit', 'hierarchy'],
  reward: ['ledger', 'volunteer', 'audit', 'hierarchy'],
  recruitment: ['check-in', 'feed', 'event', 'notification', 'access', 'vault', 'volunteer', 'audit', 'hierarchy'],
  'personal-data': [
    'recruitment',
    'task',
    'reward',
    'certification',
    'ledger',
    'attendance',
    'check-in',
    'feed',
    'event',
    'notification',
    'access',
    'vault',
    'volunteer',
    'audit',
    'hierarchy',
  ],
};

/** What reaches out of the process. */
const io =
  '^(node:)?(fs|net|http|https|child_process|dns|tls|worker_threads)(/|$)|^(node_modules/)?(pg|@mikro-orm|undici|ws)(/|$)';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'kernel-knows-no-feature',
      severity: 'error',
      from: { path: '^server/kernel/' },
      to: { path: '^server/(?!kernel/)' },
    },
    ...Object.entries(features).map(([feature, uses]) => ({
      name: `${feature}-uses-only-what-is-above`,
      severity: 'error',
      from: { path: `^server/${feature}/` },
      to: {
        path: '^server/',
        pathNot: `^server/(kernel|${[feature, ...uses].join('|')})/`,
      },
    })),
    {
      name: 'resolvers-are-known-to-the-registry-alone',
      severity: 'error',
      from: { pathNot: '^server/features\\.ts$' },
      to: { path: '^server/.*\\.resolver\\.ts$' },
    },
    {
      name: 'resolvers-ask-services',
      severity: 'error',
      from: { path: '\\.resolver\\.ts$' },
      to: { path: `${io}|^server/kernel/(database|live)/` },
    },
    {
      name: 'entities-know-entities',
      severity: 'error',
      from: { path: '\\.entity\\.ts$' },
      to: { path: '^server/', pathNot: '\\.entity\\.ts$|^server/kernel/[^/]+$' },
    },
    {
      // Not even types of anything else: rules are told, they do not ask.
      name: 'rules-do-no-io',
      severity: 'error',
      from: { path: '\\.rules\\.ts$' },
      to: { pathNot: '\\.(rules|entity)\\.ts$|^server/kernel/locale\\.ts$' },
    },
    {
      name: 'server-stands-alone',
      severity: 'error',
      from: { path: '^server/' },
      to: { path: '^(seeds|web|test)/' },
    },
    {
      name: 'seeds-use-the-server-alone',
      severity: 'error',
      from: { path: '^seeds/' },
      to: { path: '^(web|test)/' },
    },
    {
      name: 'web-has-no-private-door',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(server|seeds|test)/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      // An import that leads nowhere here would be seen by no other rule.
      name: 'no-import-out-of-sight',
      severity: 'error',
      from: { path: '^(server|seeds)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules|build|\\.svelte-kit|migrations)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
