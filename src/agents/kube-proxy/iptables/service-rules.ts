import type { Node } from '../../../cluster/index.js';
import type { Origin } from '../../../linux/index.js';
import type { RestoreChunk } from '../../../plan/index.js';
import { dependsOnNode } from '../endpoint.js';
import type { ServiceEntry } from '../service-map.js';
import { allowsNode } from '../service-port.js';
import { chainLines } from '../shared-rules.js';
import { filterRules, natCapture } from './capture-rules.js';
import { chainRules, chainsOf } from './chain-rules.js';
import { type ServicePlan, servicePlan } from './service-plan.js';
import type { SyncConfig } from './sync-config.js';

/** What one service port adds to the text for iptables-restore: a part for each of its four places. */
export interface ServiceRules {
  /** Rules of table filter. */
  readonly filter: readonly RestoreChunk[];
  /** Rules in shared chains of table nat. */
  readonly natCapture: readonly RestoreChunk[];
  /** Chain lines of table nat, for the chains of its own. */
  readonly natChains: readonly RestoreChunk[];
  /** The rules of those chains. */
  readonly natRules: readonly RestoreChunk[];
  /** The names of those chains. */
  readonly chains: readonly string[];
}

/** What the rules of a service port can depend on of the node. */
export type ProxyNode = Pick<Node, 'name' | 'labels' | 'addresses'>;

const MADE = new WeakMap<ServiceEntry, Map<string, ServiceRules>>();

/**
 * All on which the rules of a service port depend of a node, as a text: which endpoints are used, and whether the node
 * itself may use the load balancer. Empty for most ports, as most rules are the same everywhere.
 */
export function nodeKey(entry: ServiceEntry, node: ProxyNode): string {
  const { port, endpoints } = entry;
  const chosen = dependsOnNode(port, endpoints) ? endpointsKeyOf(servicePlan(entry, node)) : '';
  return allowsNode(port, node.addresses[0]) ? `${chosen} node` : chosen;
}

function endpointsKeyOf({ cluster, local }: ServicePlan): string {
  return [cluster, local].map((list) => list.map(({ text }) => text).join()).join(';');
}

/**
 * The rules of a service port on a node (syncProxyRules(), k8s 1.30 pkg/proxy/iptables/proxier.go). Nodes on which they
 * are the same get the same objects. The keys are those of its configuration and node.
 */
export function serviceRules(
  entry: ServiceEntry,
  node: ProxyNode,
  config: SyncConfig,
  keys: { readonly config: string; readonly node: string },
): ServiceRules {
  const variants = MADE.get(entry) ?? new Map<string, ServiceRules>();
  MADE.set(entry, variants);
  const key = `${keys.config} ${keys.node}`;
  let rules = variants.get(key);
  if (rules === undefined) {
    rules = makeRules(servicePlan(entry, node), config, allowsNode(entry.port, node.addresses[0]));
    variants.set(key, rules);
  }
  return rules;
}

function makeRules(plan: ServicePlan, config: SyncConfig, allowed: boolean): ServiceRules {
  const origin: Origin = { by: 'kube-proxy', object: `service/${plan.port.name}` };
  const chunk = (lines: readonly string[]): RestoreChunk[] => (lines.length === 0 ? [] : [{ origin, lines }]);
  const chains = chainsOf(plan);
  return {
    filter: filterChunks(plan, origin),
    natCapture: chunk(natCapture(plan, config)),
    natChains: chunk(chainLines(chains)),
    natRules: chunk(chainRules(plan, config, allowed)),
    chains,
  };
}

/** Neighbours that stop packets for the same reason are one chunk. */
function filterChunks(plan: ServicePlan, origin: Origin): RestoreChunk[] {
  const chunks: { readonly origin: Origin; readonly lines: string[] }[] = [];
  for (const { line, reason } of filterRules(plan)) {
    const last = chunks.at(-1);
    if (last !== undefined && last.origin.reason === reason) last.lines.push(line);
    else chunks.push({ origin: reason === undefined ? origin : { ...origin, reason }, lines: [line] });
  }
  return chunks;
}
