/**
 * The layers of src: a folder may import from folders of lower layers only, through their index.ts.
 * A folder that is not named here fails `unlisted-folder`, so a new one has to be placed.
 */
const layers = [
  ['address', 'problem'],
  ['lookup', 'packet', 'cluster'],
  ['linux', 'bgp'],
  ['topology'],
  ['plan'],
  ['trace'],
  ['agents', 'output'],
  ['lab'],
  ['input', 'analyze'],
];

const folders = layers.flat();
const below = (layer) => layers.slice(0, layer).flat();
/** What a layer allows and the architecture forbids all the same. */
const never = { agents: ['trace'], output: ['plan', 'linux', 'topology', 'cluster'] };

const imports = layers.flatMap((names, layer) =>
  names.map((folder) => ({
    name: `${folder}-imports`,
    severity: 'error',
    from: { path: `^src/${folder}/` },
    to: {
      path: '^src/',
      pathNot: [folder, ...below(layer).filter((f) => !(never[folder] ?? []).includes(f))].map((f) => `^src/${f}/`),
    },
  })),
);

/** A package, and the only place that may import it. */
const packages = [
  ['graphology', '^src/topology/'],
  ['yaml', '^src/input/'],
  ['zod', '^src/input/'],
  ['ip-address', '^src/address/'],
  ['commander', '^src/cli/'],
  ['picocolors', '^src/(output|cli)/'],
];

export default {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/(index|cli/main)\\.ts$' },
      to: {},
    },
    { name: 'src-needs-no-test', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|bench)/' } },
    { name: 'no-dev-dependency', severity: 'error', from: { path: '^src/' }, to: { dependencyTypes: ['npm-dev'] } },
    {
      name: 'no-node-in-core',
      severity: 'error',
      from: { path: '^src/(?!cli/|input/files\\.ts$)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'unlisted-folder',
      severity: 'error',
      from: { path: `^src/(?!(${folders.join('|')}|cli)/)[^/]+/` },
      to: {},
    },
    ...imports,
    ...packages.map(([name, path]) => ({
      name: `${name}-in-one-place`,
      severity: 'error',
      from: { path: '^src/', pathNot: path },
      to: { path: `node_modules/${name}/` },
    })),
    {
      name: 'through-the-index',
      comment: 'Another folder is imported through its index.ts only.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/([^/]+)/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
