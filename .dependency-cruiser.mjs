/** The layer rule of ARCHITECTURE.md: `model <- flow <- cluster <- {the parts} <- plan <- migration <- assemble <- operate <- {serve cli}`; the parts never meet. */
const parts = ['journal', 'preflight', 'metadata', 'access', 'copy', 'archive', 'verify', 'cutover']
const inside = names => `^src/(${names.join('|')})/`

const mayImport = {
  model: [],
  settings: ['model'],
  flow: ['model'],
  cluster: ['model', 'flow'],
  ...Object.fromEntries(parts.map(part => [part, ['model', 'flow', 'cluster']])),
  plan: ['model', 'flow', 'cluster', ...parts],
  migration: ['model', 'flow', 'cluster', ...parts, 'plan'],
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    ...Object.entries(mayImport).map(([layer, below]) => ({
      name: `${layer}-imports-only-what-is-below-it`,
      severity: 'error',
      from: { path: `^src/${layer}/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: inside([layer, ...below]) },
    })),
    {
      name: 'cli-is-imported-by-nobody',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'serve-is-imported-by-cli-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|serve)/' },
      to: { path: '^src/serve/' },
    },
    {
      name: 'operate-is-imported-by-serve-and-cli-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|serve|operate)/' },
      to: { path: '^src/operate/' },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(lab|test|demo|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js'] },
  },
}
