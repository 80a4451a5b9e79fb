import type { CategorizedEndpoints, EndpointInfo } from '../../agents/index.js';
import { type Node, TOPOLOGY_ZONE } from '../../cluster/index.js';
import type { UnusedBecause } from '../../output/index.js';

/** The endpoints that no traffic of a node goes to, each with the first reason that leaves it out. */
export function unusedRows(
  endpoints: readonly EndpointInfo[],
  { reachable, cluster }: CategorizedEndpoints,
  node: Node,
): readonly { readonly endpoint: EndpointInfo; readonly because: UnusedBecause }[] {
  const used = new Set(reachable);
  return endpoints
    .filter((endpoint) => !used.has(endpoint))
    .map((endpoint) => ({ endpoint, because: because(endpoint, cluster, node) }));
}

function because(
  { ready, serving, terminating, nodeName, hints }: EndpointInfo,
  cluster: readonly EndpointInfo[],
  node: Node,
): UnusedBecause {
  if (!ready && terminating && !serving) return { code: 'stopped' };
  if (!ready && !(terminating && serving)) return { code: 'not-ready' };
  // Without a list for policy Cluster, other nodes' endpoints are not looked at at all.
  if (cluster.length === 0 && nodeName !== node.name) return { code: 'other-node' };
  if (!ready) return { code: 'terminating' };
  const byNode = cluster.every((each) => each.hints?.forNodes.includes(node.name) === true);
  if (byNode) return { code: 'hinted-nodes', hinted: hints?.forNodes ?? [], mine: node.name };
  return { code: 'hinted-zones', hinted: hints?.forZones ?? [], mine: node.labels[TOPOLOGY_ZONE] ?? '' };
}
