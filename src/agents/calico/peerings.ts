import { formatIpv4, type Ipv4 } from '../../address/index.js';
import { type BGPPeer, groupBy, matchesSelector, parseSelector } from '../../cluster/index.js';
import type { BgpNode } from './bgp-node.js';

/** One side of a session that BGPPeers ask for: what confd keeps under `/global/peer_v4` and `/host/NODE/peer_v4`. */
export interface Peering {
  readonly address: Ipv4;
  readonly as: number;
  /** Of a peer that is a node; undefined as well for one that is no reflector. */
  readonly clusterId: Ipv4 | undefined;
  readonly keepNextHop: boolean;
  /** The BGPPeer that asks for it. */
  readonly peer: BGPPeer;
}

/** All of them, of each node in order of the peers' addresses as text. */
export interface Peerings {
  /** Of every node: `Global_…`. */
  readonly global: readonly Peering[];
  /** By node: `Node_…`. */
  readonly ofNode: ReadonlyMap<string, readonly Peering[]>;
}

/**
 * What BGPPeers come to, as updatePeersV1() has it (confd 3.21 pkg/backends/calico/client.go). Global ones come first:
 * a node has no second session with the same address. Peerings between nodes are made symmetric at the end, where an
 * explicit one wins. Of several BGPPeers for one pair the first counts; in confd their order is a Go map's.
 */
export function peeringsOf(peers: readonly BGPPeer[], nodes: readonly BgpNode[], globalAs: number): Peerings {
  const global = new Map<Ipv4, Peering>();
  const ofNode = new Map<string, Map<Ipv4, Peering>>();
  const find = finderOf(nodes);
  const emit = (node: string, peering: Peering): void => {
    const { address } = peering;
    if (global.has(address)) return;
    const own = ofNode.get(node) ?? new Map<Ipv4, Peering>();
    ofNode.set(node, own);
    if (!own.has(address)) own.set(address, peering);
  };
  for (const peer of peers.filter(isGlobal))
    for (const peering of remotes(peer, find)) if (!global.has(peering.address)) global.set(peering.address, peering);
  for (const peer of peers.filter((each) => !isGlobal(each))) {
    const there = remotes(peer, find);
    for (const { name } of locals(peer, find)) for (const peering of there) emit(name, peering);
  }
  for (const peer of peers) {
    const theirs =
      peer.peerSelector === undefined ? withAddress(peer, find, globalAs) : find.selected(peer.peerSelector);
    if (theirs.length === 0) continue;
    const back = locals(peer, find).map((node) => peeringWith(node, peer));
    for (const { name } of theirs) for (const peering of back) emit(name, peering);
  }
  return {
    global: inOrder(global),
    ofNode: new Map([...ofNode].map(([node, own]) => [node, inOrder(own)])),
  };
}

/** Finds nodes without looking at all of them for each BGPPeer. */
interface Finder {
  readonly all: readonly BgpNode[];
  /** Each selector is read once. One that is no selector finds none. */
  selected(selector: string): readonly BgpNode[];
  called(name: string): readonly BgpNode[];
  at(address: Ipv4): readonly BgpNode[];
}

function finderOf(nodes: readonly BgpNode[]): Finder {
  const bySelector = new Map<string, readonly BgpNode[]>();
  const byName = groupBy(nodes, ({ name }) => name);
  const byAddress = groupBy(nodes, ({ address }) => address);
  return {
    all: nodes,
    selected(text) {
      const known = bySelector.get(text) ?? selectedBy(text, nodes);
      bySelector.set(text, known);
      return known;
    },
    called: (name) => byName.get(name) ?? [],
    at: (address) => byAddress.get(address) ?? [],
  };
}

function selectedBy(text: string, nodes: readonly BgpNode[]): readonly BgpNode[] {
  const read = parseSelector(text);
  return 'selector' in read ? nodes.filter(({ labels }) => matchesSelector(read.selector, labels)) : [];
}

function isGlobal({ node, nodeSelector }: BGPPeer): boolean {
  return node === undefined && nodeSelector === undefined;
}

/** The nodes that a BGPPeer gives a session to. */
function locals({ node, nodeSelector }: BGPPeer, find: Finder): readonly BgpNode[] {
  if (nodeSelector !== undefined) return find.selected(nodeSelector);
  return node === undefined ? find.all : find.called(node);
}

/** Whom it peers with. An AS of 0, where none is given with an address, never matches. */
function remotes(peer: BGPPeer, find: Finder): readonly Peering[] {
  const { peerSelector, peerIP, asNumber = 0, keepOriginalNextHop } = peer;
  if (peerSelector !== undefined) return find.selected(peerSelector).map((node) => peeringWith(node, peer));
  if (peerIP === undefined) return [];
  return [{ address: peerIP, as: asNumber, clusterId: undefined, keepNextHop: keepOriginalNextHop, peer }];
}

function peeringWith({ address, as, clusterId }: BgpNode, peer: BGPPeer): Peering {
  return { address, as, clusterId, keepNextHop: false, peer };
}

/** The nodes that a BGPPeer's address is of (nodesWithIPPortAndAS()). */
function withAddress({ peerIP, asNumber }: BGPPeer, find: Finder, globalAs: number): readonly BgpNode[] {
  const as = asNumber ?? globalAs;
  return peerIP === undefined ? [] : find.at(peerIP).filter((node) => node.as === as);
}

function inOrder(peerings: ReadonlyMap<Ipv4, Peering>): readonly Peering[] {
  const byText = [...peerings.values()].map((peering) => ({ text: formatIpv4(peering.address), peering }));
  return byText.sort((a, b) => (a.text < b.text ? -1 : 1)).map(({ peering }) => peering);
}
