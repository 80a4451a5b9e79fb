import type { Cluster, Node } from '../../../cluster/index.js';
import type { RestoreChunk } from '../../../plan/index.js';
import type { KubeProxyConfig } from '../config.js';
import {
  type ServiceChanges,
  type ServiceEntry,
  type ServiceMap,
  serviceChanges,
  serviceMap,
  serviceOf,
} from '../service-map.js';
import type { Family } from '../service-port.js';
import { COMMIT } from '../shared-rules.js';
import { type BaseRules, baseRules, type NodeState, staleChains } from './base-rules.js';
import { SERVICE_CHAIN_PREFIXES } from './names.js';
import { nodeKey, type ServiceRules, serviceRules } from './service-rules.js';
import { configKey, type SyncConfig, syncConfig } from './sync-config.js';

/** How often a large cluster's stale chains are removed at most, ms: iptables.syncPeriod unless configured. */
const SYNC_PERIOD = 30_000;

/** What a sync leaves for the next one. */
export interface SyncState {
  /** The Services that were synced; undefined before the first sync. */
  readonly services: ServiceMap | undefined;
  /** The node as it was, as far as a change of it needs a full sync. */
  readonly node: string;
  /** After a refused text, nobody knows what is there. */
  readonly needFullSync: boolean;
  /** When stale chains were last looked for, ms of the clock. */
  readonly lastCleanup: number;
}

/** What kube-proxy starts with. */
export const NEVER_SYNCED: SyncState = {
  services: undefined,
  node: '',
  needFullSync: true,
  lastCleanup: Number.NEGATIVE_INFINITY,
};

/** All that a sync is made from. */
export interface SyncInput {
  readonly cluster: Cluster;
  readonly node: Pick<Node, 'name' | 'labels' | 'addresses' | 'podCIDR'>;
  readonly config: KubeProxyConfig;
  readonly family: Family;
  /** What the node's own state says. */
  readonly state: NodeState;
  /** The chains that table nat has. */
  readonly natChains: Iterable<string>;
  /** ms. */
  readonly now: number;
}

/** A text for `iptables-restore --noflush`, and what to remember once it was accepted. */
export interface Sync {
  readonly chunks: readonly RestoreChunk[];
  /** Whether it writes the chains of all service ports, and not of the changed ones alone. */
  readonly full: boolean;
  readonly changes: ServiceChanges;
  readonly next: SyncState;
}

/**
 * One sync of kube-proxy's rules (syncProxyRules(), k8s 1.30 pkg/proxy/iptables/proxier.go): table filter and the shared
 * chains of table nat are always written whole; the chains of a service port when its Service or one of its endpoints
 * changed, in a full sync all of them. Chains that no service port has any more are emptied and deleted. Time alone
 * brings no full sync: the hour of later versions (proxyutil.FullSyncPeriod) is not in 1.30.
 */
export function sync(input: SyncInput, previous: SyncState): Sync {
  const { cluster, node, family, state, now } = input;
  const changes = serviceChanges(previous.services, serviceMap(cluster, family));
  const { services } = changes;
  const nodeText = JSON.stringify([node.labels, node.podCIDR, node.addresses]);
  const full = previous.needFullSync || previous.node !== nodeText;
  const config = syncConfig(input.config, family, node, services.totalEndpoints);
  const rules = rulesOf(services, node, config);
  const cleanup = !config.large || now - previous.lastCleanup > SYNC_PERIOD;
  const stale = cleanup ? staleOf(input.natChains, rules.list) : [];
  const base = baseRules(config, state);
  const written = full ? rules.list : rules.list.filter((_, i) => isUpdated(services.entries[i], changes));
  const chunks =
    full && stale.length === 0
      ? sharedText(services, `${rules.key}\n${keyOf(base)}`, () => textOf(base, rules.list, written, stale))
      : textOf(base, rules.list, written, stale);
  const next = {
    services,
    node: nodeText,
    needFullSync: false,
    lastCleanup: cleanup ? now : previous.lastCleanup,
  };
  return { chunks, full, changes, next };
}

function isUpdated(entry: ServiceEntry | undefined, { updated }: ServiceChanges): boolean {
  return entry !== undefined && updated.has(serviceOf(entry));
}

/** The rules of all service ports, and all that they depend on as a text. */
function rulesOf(
  { entries }: ServiceMap,
  node: SyncInput['node'],
  config: SyncConfig,
): { readonly list: readonly ServiceRules[]; readonly key: string } {
  const ofConfig = configKey(config);
  const keys = [ofConfig];
  const list = entries.map((entry) => {
    const ofNode = nodeKey(entry, node);
    keys.push(ofNode);
    return serviceRules(entry, node, config, { config: ofConfig, node: ofNode });
  });
  return { list, key: keys.join('\n') };
}

/** Chains of service ports and endpoints that are there for nothing. Others' chains are not touched. */
function staleOf(there: Iterable<string>, rules: readonly ServiceRules[]): string[] {
  const ours = [...there].filter((chain) => SERVICE_CHAIN_PREFIXES.some((prefix) => chain.startsWith(prefix)));
  if (ours.length === 0) return [];
  const active = new Set(rules.flatMap(({ chains }) => chains));
  return ours.filter((chain) => !active.has(chain));
}

function textOf(
  base: BaseRules,
  all: readonly ServiceRules[],
  written: readonly ServiceRules[],
  stale: readonly string[],
): readonly RestoreChunk[] {
  const whole = new Set(written);
  const { chains, deletions } = staleChains(stale);
  return [
    base.filterChains,
    ...base.filterHead,
    ...all.flatMap(({ filter }) => filter),
    ...base.filterTail,
    COMMIT,
    base.natChains,
    ...written.flatMap(({ natChains }) => natChains),
    ...chains,
    base.natHead,
    ...all.flatMap((rules) => (whole.has(rules) ? [...rules.natCapture, ...rules.natRules] : rules.natCapture)),
    ...deletions,
    base.natTail,
    COMMIT,
  ];
}

const TEXTS = new WeakMap<ServiceMap, Map<string, readonly RestoreChunk[]>>();

/** The text of a full sync, made once for all nodes on which it is the same. */
function sharedText(services: ServiceMap, key: string, make: () => readonly RestoreChunk[]): readonly RestoreChunk[] {
  const texts = TEXTS.get(services) ?? new Map<string, readonly RestoreChunk[]>();
  TEXTS.set(services, texts);
  const text = texts.get(key) ?? make();
  texts.set(key, text);
  return text;
}

function keyOf(base: BaseRules): string {
  return JSON.stringify(base);
}
