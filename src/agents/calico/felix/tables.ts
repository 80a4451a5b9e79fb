import type { Cluster } from '../../../cluster/index.js';
import type { TableName } from '../../../linux/index.js';
import { perCluster } from '../../per-cluster.js';
import { endpointMarkChains, hostDispatchChains, workloadDispatchChains } from './dispatch.js';
import { profileChains, workloadChains } from './endpoints.js';
import { endpointMarks } from './marks.js';
import { type FelixChain, type FelixRule, jump } from './rule.js';
import type { RuleSettings } from './settings.js';
import { forwardAppends, staticFilterChains } from './static-filter.js';
import { staticMangleChains, staticNatChains, staticRawChains } from './static-tables.js';
import { type ChainGroup, chainGroup, type FelixTable, ownRules } from './table.js';
import type { Workload } from './workloads.js';

/** What is equal on several nodes of a cluster, made once for all of them and so parsed once. */
const sharedGroups = perCluster(() => new Map<string, ChainGroup>());
const sharedBuiltIns = perCluster(() => new Map<string, BuiltIns>());

/** The tables of a node, in the order in which Felix hands them over (felix 3.21 dataplane/linux/int_dataplane.go). */
export function felixTables(cluster: Cluster, settings: RuleSettings, workloads: readonly Workload[]): FelixTable[] {
  const groups = sharedGroups(cluster);
  const key = JSON.stringify(settings);
  const shared = (object: string, kind: string, make: () => FelixChain[]): ChainGroup => {
    const group = groups.get(`${kind} ${key}`) ?? chainGroup(object, make());
    groups.set(`${kind} ${key}`, group);
    return group;
  };
  const fixed = (table: TableName, make: (of: RuleSettings) => FelixChain[]): ChainGroup =>
    shared('base chains', table, () => make(settings));
  const hosts = (table: 'raw' | 'mangle' | 'filter'): ChainGroup =>
    shared('host endpoints', `host endpoints ${table}`, () => hostDispatchChains(table));
  const known = sharedBuiltIns(cluster);
  const builtIns = known.get(key) ?? builtInsOf(settings);
  known.set(key, builtIns);
  return [
    {
      name: 'mangle',
      groups: [fixed('mangle', staticMangleChains), hosts('mangle')],
      builtIn: builtIns.mangle,
    },
    {
      name: 'nat',
      groups: [fixed('nat', staticNatChains)],
      builtIn: builtIns.nat,
    },
    {
      name: 'filter',
      groups: [
        fixed('filter', staticFilterChains),
        hosts('filter'),
        ...profilesIn(workloads).map((profile) =>
          shared(`profile ${profile}`, `profile ${profile}`, () => profileChains(settings, profile)),
        ),
        ...workloadGroups(settings, workloads),
      ],
      builtIn: builtIns.filter,
    },
    {
      name: 'raw',
      groups: [fixed('raw', staticRawChains), hosts('raw')],
      builtIn: builtIns.raw,
    },
  ];
}

type BuiltIns = Readonly<Record<'mangle' | 'nat' | 'filter' | 'raw', FelixTable['builtIn']>>;

/** Jumps to Felix's chain of the same name, and what stands at the end of FORWARD. */
function builtInsOf(settings: RuleSettings): BuiltIns {
  const of = (
    chains: readonly string[],
    appends: ReadonlyMap<string, FelixRule[]> = new Map(),
  ): FelixTable['builtIn'] =>
    new Map(
      chains.map((chain) => [
        chain,
        ownRules(chain, jump(`cali-${chain}`), appends.get(chain) ?? [], settings.felix.chainInsertMode),
      ]),
    );
  return {
    mangle: of(['PREROUTING', 'POSTROUTING']),
    nat: of(['PREROUTING', 'POSTROUTING', 'OUTPUT']),
    filter: of(['FORWARD', 'INPUT', 'OUTPUT'], new Map([['FORWARD', forwardAppends(settings)]])),
    raw: of(['PREROUTING', 'OUTPUT']),
  };
}

/** Only those that pods here have: Felix hears of no others. */
function profilesIn(workloads: readonly Workload[]): readonly string[] {
  return [...new Set(workloads.flatMap(({ profiles }) => profiles))];
}

/** Pods' own chains, and those that lead to them. */
function workloadGroups(settings: RuleSettings, workloads: readonly Workload[]): ChainGroup[] {
  const interfaces = workloads.map(({ iface }) => iface);
  const marks = settings.ipvs ? endpointMarks(interfaces, settings.marks) : new Map<string, number>();
  return [
    ...workloads.map(({ name, iface, profiles }) =>
      chainGroup(`workload endpoint ${name}`, workloadChains(settings, iface, profiles, marks.get(iface))),
    ),
    chainGroup('workload dispatch', [
      ...workloadDispatchChains(interfaces),
      ...(settings.ipvs ? endpointMarkChains(settings, marks, interfaces) : []),
    ]),
  ];
}
