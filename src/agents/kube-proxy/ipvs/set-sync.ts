import type { Ipset, Origin } from '../../../linux/index.js';
import type { RestoreChunk } from '../../../plan/index.js';
import type { Family } from '../service-port.js';
import { type ClusterState, entryLine, entryLines, isRefused } from './cluster-state.js';
import type { NodeState } from './node-state.js';
import { SET_NAMES, type SetEntry, setName } from './sets.js';

/** Texts for `ipset restore`, in order: what is refused in one does not stop the others. */
export type SetTexts = readonly (readonly RestoreChunk[])[];

/**
 * What brings the sets from what they are to what they have to be (syncIPSetEntries(), k8s 1.30
 * pkg/proxy/ipvs/ipset.go). Where they are empty the first text is the same object for all nodes.
 */
export function setTexts(
  cluster: ClusterState,
  node: NodeState,
  sets: ReadonlyMap<string, Ipset>,
  family: Family,
): SetTexts {
  const empty = SET_NAMES.every((set) => (sets.get(setName(set, family))?.members.size ?? 0) === 0);
  const texts = empty ? fillTexts(cluster, node, family) : changeTexts(cluster, node, sets, family);
  return [...texts, ...refusedTexts(cluster, node, family)].filter((text) =>
    text.some(({ lines }) => lines.length > 0),
  );
}

function fillTexts(cluster: ClusterState, node: NodeState, family: Family): SetTexts {
  const own = node.ports.map(({ origin, entries }) => ({ origin, lines: entryLines(entries, family) }));
  return [cluster.entryChunks, own.filter(({ lines }) => lines.length > 0)];
}

function changeTexts(
  cluster: ClusterState,
  node: NodeState,
  sets: ReadonlyMap<string, Ipset>,
  family: Family,
): SetTexts {
  const is = ({ set, entry }: SetEntry): boolean => sets.get(setName(set, family))?.members.has(entry) ?? false;
  const wanted = new Set<string>();
  const adds = cluster.ports.flatMap(({ origin, entries }, i): RestoreChunk[] => {
    const all = [...entries, ...(node.ports[i]?.entries ?? [])];
    for (const entry of all) wanted.add(`${setName(entry.set, family)} ${entry.entry}`);
    const lines = entryLines(
      all.filter((entry) => !is(entry)),
      family,
    );
    return lines.length === 0 ? [] : [{ origin, lines }];
  });
  const dels = SET_NAMES.flatMap((set) => {
    const name = setName(set, family);
    const stale = [...(sets.get(name)?.members.keys() ?? [])].filter((entry) => !wanted.has(`${name} ${entry}`));
    return stale.map((entry) => `del ${name} ${entry}`);
  });
  return [[{ origin: STALE, lines: dels }, ...adds]];
}

const STALE: Origin = { by: 'kube-proxy', object: 'removed Services and endpoints' };

/** kube-proxy adds entries one by one, so those that ipset refuses are missed alone. */
function refusedTexts(cluster: ClusterState, node: NodeState, family: Family): SetTexts {
  return cluster.ports.flatMap(({ origin, entries }, i) =>
    [...entries, ...(node.ports[i]?.entries ?? [])]
      .filter(isRefused)
      .map((entry) => [{ origin, lines: [entryLine(entry, family)] }]),
  );
}
