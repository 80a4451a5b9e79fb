import { formatIpv4, formatMac, type Mac } from '../../address/index.js';
import type { Link, Netns } from '../../linux/index.js';
import type { Pair } from './pairs.js';

/** Names that a CNI plug-in or container runtime draws: `veth14eb04c0`, `cali93c5e9a1b2c`. */
const GENERATED = /^(veth|cali|lxc|tap|eni|azv)[0-9a-f]{6,}$/;
/** Chains that the CNI plug-ins portmap, bridge and ptp name for a hash of the container's id. */
const HASHED_CHAIN = /^CNI-(?:DN-|SN-)?[0-9a-f]{16,}$/;
const CONTAINER_ID = /\bid: (\\?["'])[^"'\\]*\1/g;

/**
 * How one network's generated names are told, so that those of two can be compared: a veth by the pod at its other
 * end, a hardware address by the link that has it, a hashed chain by the pod whose address is in it.
 */
export class Names {
  /** Own name of a namespace → the name that both networks share. */
  readonly #shared = new Map<string, string>();
  readonly #owners = new Map<Mac, string>();
  readonly #hosts = new Map<string, string>();

  /** With `macs` hardware addresses are compared as they are. */
  constructor(pairs: readonly Pair[], side: 'a' | 'b', macs: 'macs' | 'no-macs') {
    const all = pairs.flatMap((pair) => pair[side] ?? []);
    for (const pair of pairs) this.#shared.set(pair[side]?.name ?? pair.name, pair.name);
    const links = all.flatMap((ns) => [...ns.links.values()].map((link) => ({ ns, link })));
    // Bridges last: one that follows its ports has the address of a port.
    const rank = (link: Link): number => Number(link.kind === 'bridge');
    const inTurn = macs === 'macs' ? [] : links.sort((x, y) => rank(x.link) - rank(y.link));
    for (const { ns, link } of inTurn)
      if (link.address !== 0 && !this.#owners.has(link.address))
        this.#owners.set(link.address, `${this.netns(ns.name)} ${this.device(ns, link.name)}`);
    for (const ns of all)
      for (const { local } of ns.ipv4.addresses) this.#hosts.set(formatIpv4(local), this.netns(ns.name));
  }

  netns(name: string): string {
    return this.#shared.get(name) ?? name;
  }

  device(ns: Netns, dev: string): string {
    const link = ns.links.get(dev);
    if (link?.kind !== 'veth' || link.peer === undefined || !GENERATED.test(dev)) return dev;
    const { netns, dev: far } = link.peer;
    return `veth of ${this.netns(netns)}${far === 'eth0' || GENERATED.test(far) ? '' : ` ${far}`}`;
  }

  mac(mac: Mac): string {
    const owner = this.#owners.get(mac);
    return owner === undefined ? formatMac(mac) : `(address of ${owner})`;
  }

  /** A text in which devices of a namespace stand as words. */
  words(ns: Netns, text: string): string {
    return text
      .replace(/[\w.-]+/g, (word) => this.device(ns, word))
      .replace(CONTAINER_ID, 'id: (container)')
      .replace(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/gi, (text) => this.#macText(text));
  }

  #macText(text: string): string {
    return this.mac(Number.parseInt(text.replaceAll(':', ''), 16) as Mac);
  }

  /** Chain → how it is told, of the chains whose names are hashes. */
  chains(chains: Iterable<{ readonly name: string; readonly rules: readonly string[] }>): ReadonlyMap<string, string> {
    const named = new Map<string, string>();
    for (const { name, rules } of chains) {
      if (!HASHED_CHAIN.test(name)) continue;
      const addresses = rules.join(' ').match(/\d+\.\d+\.\d+\.\d+/g) ?? [];
      const owner = addresses.map((address) => this.#hosts.get(address)).find((each) => each !== undefined);
      if (owner !== undefined) named.set(name, `${name.replace(/[0-9a-f]{16,}$/, '')}(of ${owner})`);
    }
    return named;
  }
}
