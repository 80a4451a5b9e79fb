import { BUILT_IN, type Netns, type TableName, tracksConnections } from '../linux/index.js';
import { BR_NF_BRIDGE, BR_NF_SABOTAGE } from './br-netfilter.js';
import { CONFIRM, CONNTRACK_IN, DEFRAG } from './conntrack-hooks.js';
import { foreignHook } from './foreign-rules.js';
import { IP_VS_OPS } from './ip-vs-core.js';
import { natHook } from './nat-hooks.js';
import type { Family, HookEntry, HookName, Net } from './net.js';
import { tableHook } from './table-hooks.js';

/** Priorities of the IPv4 hooks (enum nf_ip_hook_priorities). */
const PRIORITY: Readonly<Record<TableName, number>> = { raw: -300, mangle: -150, nat: -100, filter: 0, security: 50 };
/** NF_IP_PRI_NAT_SRC: at INPUT and POSTROUTING the nat table comes after the filter. */
const NF_IP_PRI_NAT_SRC = 100;

const HOOKS: readonly HookName[] = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

type HookLists = Readonly<Record<Family, Readonly<Record<HookName, readonly HookEntry[]>>>>;

const compiled = new WeakMap<Netns, HookLists>();

/** The entries of a hook in a namespace, by priority. Compiled once for each state of the namespace. */
export function hooksOf(net: Net, family: Family, hook: HookName): readonly HookEntry[] {
  let lists = compiled.get(net.ns);
  if (lists === undefined) {
    lists = compile(net.ns);
    compiled.set(net.ns, lists);
  }
  return lists[family][hook];
}

function compile(ns: Netns): HookLists {
  const ip: Record<HookName, HookEntry[]> = { PREROUTING: [], INPUT: [], FORWARD: [], OUTPUT: [], POSTROUTING: [] };
  const bridge: Record<HookName, HookEntry[]> = { PREROUTING: [], INPUT: [], FORWARD: [], OUTPUT: [], POSTROUTING: [] };
  for (const table of ns.iptables.keys()) for (const hook of HOOKS) addTable(ip[hook], table, hook);
  for (const rules of ns.foreignRules) for (const hook of rules.hooks) ip[hook].push(foreignHook(rules));
  if (tracksConnections(ns.iptables) || ns.foreignRules.some(({ tracks }) => tracks)) {
    ip.PREROUTING.push(DEFRAG, CONNTRACK_IN);
    ip.OUTPUT.push(DEFRAG, CONNTRACK_IN);
    ip.INPUT.push(CONFIRM);
    ip.POSTROUTING.push(CONFIRM);
  }
  // The last service takes the hooks with it (ip_vs_unregister_hooks()).
  if (ns.ipvs.length > 0) for (const [hook, entry] of IP_VS_OPS) ip[hook].push(entry);
  if ([...ns.links.values()].some((link) => link.kind === 'bridge')) {
    ip.PREROUTING.push(BR_NF_SABOTAGE);
    bridge.PREROUTING.push(BR_NF_BRIDGE.PREROUTING);
    bridge.FORWARD.push(BR_NF_BRIDGE.FORWARD);
    bridge.POSTROUTING.push(BR_NF_BRIDGE.POSTROUTING);
  }
  for (const lists of [ip, bridge]) for (const hook of HOOKS) lists[hook].sort((a, b) => a.priority - b.priority);
  return { ip, bridge };
}

function addTable(list: HookEntry[], table: TableName, hook: HookName): void {
  if (!BUILT_IN[table].includes(hook)) return;
  if (table === 'nat') {
    const priority = hook === 'INPUT' || hook === 'POSTROUTING' ? NF_IP_PRI_NAT_SRC : PRIORITY.nat;
    list.push({ name: 'nf_nat_inet_fn', priority, run: natHook });
    return;
  }
  list.push({ name: `iptable_${table}`, priority: PRIORITY[table], run: tableHook(table) });
}
