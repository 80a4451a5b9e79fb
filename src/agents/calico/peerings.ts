import { formatIpv4, type Ipv4 } from '../../address/index.js';
import { type BGPPeer, matchesSelector, parseSelector } from '../../cluster/index.js';
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
  const find = selectorOn(nodes);
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
    for (const { name } of locals(peer, nodes, find)) for (const peering of there) emit(name, peering);
  }
  for (const peer of peers) {
    const back = locals(peer, nodes, find).map((node) => peeringWith(node, peer));
    const theirs = peer.peerSelector === undefined ? withAddress(peer, nodes, globalAs) : find(peer.peerSelector);
    for (const { name } of theirs) for (const peering of back) emit(name, peering);
  }
  return {
    global: inOrder(global),
    ofNode: new Map([...ofNode].map(([node, own]) => [node, inOrder(own)])),
  };
}

type Find = (selector: string) => readonly BgpNode[];

/** Finds nodes by selectors; each selector is read once. One that is no selector finds none. */
function selectorOn(nodes: readonly BgpNode[]): Find {
  const found = new Map<string, readonly BgpNode[]>();
  return (text) => {
    const known = found.get(text);
    if (known !== undefined) return known;
    const read = parseSelector(text);
    const matching = 'selector' in read ? nodes.filter(({ labels }) => matchesSelector(read.selector, labels)) : [];
    found.set(text, matching);
    return matching;
  };
}

function isGlobal({ node, nodeSelector }: BGPPeer): boolean {
  return node === undefined && (nodeSelector ?? '') === '';
}

/** The nodes that a BGPPeer gives a session to. */
function locals(peer: BGPPeer, nodes: readonly BgpNode[], find: Find): readonly BgpNode[] {
  if ((peer.nodeSelector ?? '') !== '') return find(peer.nodeSelector ?? '');
  return peer.node === undefined ? nodes : nodes.filter(({ name }) => name === peer.node);
}

/** Whom it peers with. An AS of 0, where none is given with an address, never matches. */
function remotes(peer: BGPPeer, find: Find): readonly Peering[] {
  const { peerSelector, peerIP, asNumber = 0, keepOriginalNextHop } = peer;
  if (peerSelector !== undefined) return find(peerSelector).map((node) => peeringWith(node, peer));
  if (peerIP === undefined) return [];
  return [{ address: peerIP, as: asNumber, clusterId: undefined, keepNextHop: keepOriginalNextHop, peer }];
}

function peeringWith({ address, as, clusterId }: BgpNode, peer: BGPPeer): Peering {
  return { address, as, clusterId, keepNextHop: false, peer };
}

/** The nodes that a BGPPeer's address is of (nodesWithIPPortAndAS()). */
function withAddress({ peerIP, asNumber }: BGPPeer, nodes: readonly BgpNode[], globalAs: number): readonly BgpNode[] {
  const as = asNumber ?? globalAs;
  return nodes.filter((node) => node.address === peerIP && node.as === as);
}

function inOrder(peerings: ReadonlyMap<Ipv4, Peering>): readonly Peering[] {
  const byText = [...peerings.values()].map((peering) => ({ text: formatIpv4(peering.address), peering }));
  return byText.sort((a, b) => (a.text < b.text ? -1 : 1)).map(({ peering }) => peering);
}
