import { createNetns, type Netns, type Runtime } from '../../linux/index.js';
import type { Network } from '../../topology/index.js';
import type { Call, Install, Refusal } from '../install.js';
import { addrAdd, addrDel, addrFlush } from './address.js';
import { bridgeLinkSet } from './bridge.js';
import { conntrackDelete, conntrackFlush } from './conntrack.js';
import { type ApplyContext, Drafts } from './context.js';
import { linkDel } from './delete-link.js';
import { NetnsDraft } from './draft.js';
import { fdbAdd, fdbAddMaster, fdbDel } from './fdb.js';
import { ipvsadmRestore } from './ipvs.js';
import { linkSet } from './link-set.js';
import { neighAdd, neighDel, neighFlush, neighProxy } from './neigh.js';
import { ipsetRestore, iptables, iptablesRestore } from './netfilter.js';
import { LO, linkAdd, linkAddVeth, tunnelChange } from './new-link.js';
import { processStart, socketListen } from './program.js';
import { type Refused, refuse } from './refuse.js';
import { routeAdd, routeDel, routeFlush, routeFlushCache } from './route.js';
import { ruleAdd, ruleDel } from './rule.js';
import { sysctlSet } from './sysctl.js';

/** How calls are carried out. */
export interface ApplyOptions {
  /** What generated hardware addresses depend on; 0 when undefined. */
  readonly seed?: number;
}

/**
 * Carries out calls as the kernel would, one at a time. Between them the state can be looked at, and it costs nothing
 * to keep one for many agents: each table is copied at most once.
 */
export class Applier {
  #network: Network;
  readonly #drafts: Drafts;

  /** The runtime is changed in place, through its journal; the network is not. */
  constructor(network: Network, runtime: Runtime, options: ApplyOptions = {}) {
    this.#network = network;
    this.#drafts = new Drafts(network, runtime, options.seed ?? 0);
  }

  /** Carries out one call. The refusal, if the kernel has one. */
  apply(install: Install): Refusal | undefined {
    const refused = this.#run(install);
    return refused === undefined ? undefined : { install, ...refused };
  }

  /** A namespace as it is now, read-only: a view, which the next call may change. Undefined when there is none. */
  netns(name: string): Netns | undefined {
    return this.#drafts.get(name)?.ns;
  }

  /** The network as it is now, for keeps. */
  network(): Network {
    const changed = [...this.#drafts.all()].map((draft) => draft.freeze());
    this.#network = this.#network.with(changed);
    return this.#network;
  }

  #run({ netns, origin, call }: Install): Refused | undefined {
    if (call.call === 'netns add') return this.#addNetns(netns, call, origin);
    const draft = this.#drafts.get(netns);
    if (draft === undefined)
      return refuse('ENOENT', `Cannot open network namespace "${netns}": No such file or directory`);
    return carryOut({ drafts: this.#drafts, draft, origin }, call);
  }

  #addNetns(
    name: string,
    { role, host }: Extract<Call, { readonly call: 'netns add' }>,
    origin: Install['origin'],
  ): Refused | undefined {
    if (this.#drafts.get(name) !== undefined)
      return refuse('EEXIST', `Cannot create namespace file "/run/netns/${name}": File exists`);
    const ns = createNetns(name, role, host);
    this.#drafts.add(new NetnsDraft({ ...ns, links: new Map([['lo', { ...LO, origin }]]) }));
    return undefined;
  }
}

function carryOut(context: ApplyContext, call: Exclude<Call, { readonly call: 'netns add' }>): Refused | undefined {
  switch (call.call) {
    case 'link add':
      return linkAdd(context, call.link);
    case 'tunnel change':
      return tunnelChange(context, call);
    case 'link add veth':
      return linkAddVeth(context, call);
    case 'link set':
      return linkSet(context, call);
    case 'link del':
      return linkDel(context, call);
    case 'bridge link set':
      return bridgeLinkSet(context, call);
    case 'addr add':
    case 'addr replace':
      return addrAdd(context, call);
    case 'addr del':
      return addrDel(context, call);
    case 'addr flush':
      return addrFlush(context, call);
    case 'route add':
    case 'route replace':
    case 'route append':
    case 'route prepend':
    case 'route change':
      return routeAdd(context, call);
    case 'route del':
      return routeDel(context, call);
    case 'route flush':
      return routeFlush(context, call);
    case 'route flush cache':
      routeFlushCache(context);
      return undefined;
    case 'rule add':
      return ruleAdd(context, call.rule);
    case 'rule del':
      return ruleDel(context, call.rule);
    case 'neigh add':
    case 'neigh replace':
    case 'neigh change':
      return neighAdd(context, call);
    case 'neigh add proxy':
    case 'neigh del proxy':
      return neighProxy(context, call);
    case 'neigh del':
      return neighDel(context, call);
    case 'neigh flush':
      return neighFlush(context, call);
    case 'fdb add':
    case 'fdb replace':
    case 'fdb append':
      return fdbAdd(context, call);
    case 'fdb add master':
    case 'fdb replace master':
      return fdbAddMaster(context, call);
    case 'fdb del':
      return fdbDel(context, call);
    case 'sysctl set':
      return sysctlSet(context, call);
    case 'iptables-restore':
      return iptablesRestore(context, call);
    case 'iptables':
      return iptables(context, call);
    case 'ipset restore':
      return ipsetRestore(context, call);
    case 'ipvsadm restore':
      return ipvsadmRestore(context, call);
    case 'conntrack flush':
      conntrackFlush(context);
      return undefined;
    case 'conntrack delete':
      conntrackDelete(context, call);
      return undefined;
    case 'process start':
      return processStart(context, call);
    case 'socket listen':
      return socketListen(context, call);
    default:
      call satisfies never;
      return undefined;
  }
}
