/** Who may import whom. `test/contract/architecture.test.ts` runs it, and proves that each rule can fail. */
const features = ['hierarchy', 'access', 'volunteer', 'event', 'feed', 'check-in'];
/** A feature may use these; of its own kind nothing is said. */
const uses = {
  hierarchy: [],
  access: ['hierarchy'],
  volunteer: ['hierarchy'],
  event: [],
  feed: ['event', 'volunteer', 'hierarchy'],
  'check-in': ['feed', 'event', 'volunteer', 'access', 'hierarchy'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'kernel-knows-no-feature',
      severity: 'error',
      from: { path: '^server/kernel/' },
      to: { path: '^server/(?!kernel/)' },
    },
    ...features.map((feature) => ({
      name: `${feature}-uses-only-what-is-below`,
      severity: 'error',
      from: { path: `^server/${feature}/` },
      to: {
        path: '^server/',
        pathNot: `^server/(kernel|${[feature, ...uses[feature]].join('|')})/`,
      },
    })),
    {
      name: 'a-resolver-belongs-to-its-feature',
      severity: 'error',
      from: { path: '^server/([^/]+)/' },
      to: { path: '\\.resolver\\.ts$', pathNot: '^server/$1/' },
    },
    {
      name: 'services-do-not-know-resolvers',
      severity: 'error',
      from: { path: '\\.(service|rules|entity|log)\\.ts$' },
      to: { path: '\\.resolver\\.ts$' },
    },
    {
      name: 'rules-do-no-io',
      severity: 'error',
      from: { path: '\\.rules\\.ts$' },
      to: {
        path: '^node:|^(fs|net|http|crypto)$|node_modules/(pg|@mikro-orm|graphql|undici)/|server/kernel/(database|http|live)/|\\.(service|resolver)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'server-stands-alone',
      severity: 'error',
      from: { path: '^server/' },
      to: { path: '^(seeds|web|test)/' },
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
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules|build|\\.svelte-kit|migrations)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
