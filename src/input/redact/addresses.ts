import { sha256 } from '@noble/hashes/sha2.js';
import {
  formatIpv4,
  formatIpv6Prefix,
  type Ipv4,
  type Ipv6Prefix,
  parseIpv4,
  parseIpv6Prefix,
} from '../../address/index.js';

/** What stays as it is, and what keeps at least this prefix: from their text, or the bits that they begin with. */
interface Family {
  readonly bits: number;
  /** Addresses below these stay: they are everybody's. */
  readonly fixed: readonly string[];
  /** Addresses below these stay below them: what is private remains private. */
  readonly kept: readonly string[];
  /** Bits from here on stay, so that .1 is .1 and a broadcast address one. */
  readonly tail: number;
}

const IPV4: Family = {
  bits: 32,
  fixed: ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'].map(bitsOfPrefix4),
  kept: ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'].map(bitsOfPrefix4),
  tail: 24,
};

const IPV6: Family = {
  bits: 128,
  // ::/64 holds ::, ::1 and IPv4 addresses written as IPv6.
  fixed: ['::/64', 'ff00::/8'].map(bitsOfPrefix6),
  kept: ['fe80::/64', 'fc00::/7', '2000::/3'].map(bitsOfPrefix6),
  tail: 128,
};

/**
 * Other addresses for addresses: those that share a prefix share one of the same length afterwards. Each bit is turned
 * or not as a hash of the key and the bits before it says (Xu, Fan, Ammar, Moon: Prefix-preserving IP address
 * anonymization, ICNP 2002).
 *
 * A turned bit swaps the two halves below its prefix, and so a range would no more be one. Around its ends nothing is
 * turned: each prefix of them from the bit on in which they differ. All other prefixes are wholly in the range or wholly
 * outside, and so is what becomes of them.
 */
export class AddressRenamer {
  readonly #key: string;
  readonly #turned = new Map<string, boolean>();

  /** @param ranges the two ends of each range that has to stay one. */
  constructor(key: string, ranges: Iterable<readonly [from: string, to: string]> = []) {
    this.#key = key;
    for (const [from, to] of ranges) {
      const [a, b] = [bitsOf(from), bitsOf(to)];
      if (a === undefined || b === undefined || a.length !== b.length) continue;
      let differ = 0;
      while (differ < a.length && a[differ] === b[differ]) differ++;
      for (let length = differ; length < a.length; length++)
        for (const end of [a, b]) this.#turned.set(prefixName(end.slice(0, length), end.length), false);
    }
  }

  /** `a.b.c.d`, with `/len` or without; undefined for what is no address. */
  ipv4(text: string): string | undefined {
    const [head = '', length] = text.split('/');
    const address = parseIpv4(head);
    if (address === undefined) return undefined;
    const bits = bits4(address);
    const renamed = formatIpv4(Number.parseInt(this.#rename(bits, length, IPV4), 2) as Ipv4);
    return length === undefined ? renamed : `${renamed}/${length}`;
  }

  ipv6(text: string): string | undefined {
    const [head = '', length] = text.split('/');
    const prefix = parseIpv6Prefix(head);
    if (prefix === undefined) return undefined;
    const renamed = this.#rename(bits6(prefix), length, IPV6);
    const words = [0, 32, 64, 96].map((at) => Number.parseInt(renamed.slice(at, at + 32), 2));
    const address = words as unknown as Ipv6Prefix['address'];
    const shown = formatIpv6Prefix({ address, length: 128 }).replace(/\/128$/, '');
    return length === undefined ? shown : `${shown}/${length}`;
  }

  /** A hardware address. Of group addresses only the part that is made of an IPv6 address is another. */
  mac(text: string): string {
    const octets = text.split(':').map((octet) => Number.parseInt(octet, 16));
    const [first = 0] = octets;
    if (octets.every((octet) => octet === first)) return text;
    const own = sha256(new TextEncoder().encode(`${this.#key} mac ${octets.join(' ')}`));
    const solicited = octets.slice(0, 3).every((octet, i) => octet === [0x33, 0x33, 0xff][i]);
    if ((first & 1) !== 0 && !solicited) return text;
    const from = solicited ? 3 : 1;
    const renamed = octets.map((octet, i) => (i < from ? (solicited ? octet : 2) : (own[i] ?? 0)));
    const padded = /^0|:0[0-9a-f]/i.test(text) || text.length === 17;
    return renamed.map((octet) => octet.toString(16).padStart(padded ? 2 : 1, '0')).join(':');
  }

  /** A prefix with no bits behind its length keeps none. */
  #rename(bits: string, length: string | undefined, family: Family): string {
    const network = length !== undefined && !bits.slice(Number(length)).includes('1') ? Number(length) : family.bits;
    if (family.fixed.some((each) => bits.startsWith(each))) return bits;
    let renamed = '';
    for (let i = 0; i < family.bits; i++) {
      const before = bits.slice(0, i);
      const stays = i >= network || i >= family.tail || this.#leads(before, family);
      renamed += stays || !this.#turns(before, family.bits) ? bits[i] : bits[i] === '0' ? '1' : '0';
    }
    return renamed;
  }

  /** Whether one of the prefixes that stay begins with these bits: both halves below them stay where they are. */
  #leads(before: string, { fixed, kept }: Family): boolean {
    return [...fixed, ...kept].some((each) => each.length > before.length && each.startsWith(before));
  }

  #turns(before: string, bits: number): boolean {
    const name = prefixName(before, bits);
    const known = this.#turned.get(name);
    if (known !== undefined) return known;
    const [byte = 0] = sha256(new TextEncoder().encode(`${this.#key} ${before}`));
    const turns = (byte & 1) === 1;
    this.#turned.set(name, turns);
    return turns;
  }
}

/** Prefixes of the two families are turned each by themselves. */
function prefixName(before: string, bits: number): string {
  return `${bits} ${before}`;
}

function bitsOf(text: string): string | undefined {
  const inet = parseIpv4(text);
  if (inet !== undefined) return bits4(inet);
  const inet6 = parseIpv6Prefix(text);
  return inet6 && bits6(inet6);
}

function bits4(address: Ipv4): string {
  return address.toString(2).padStart(32, '0');
}

function bitsOfPrefix4(text: string): string {
  const [head = '', length] = text.split('/');
  return bits4(parseIpv4(head) ?? (0 as Ipv4)).slice(0, Number(length));
}

function bits6({ address }: Ipv6Prefix): string {
  return address.map((word) => word.toString(2).padStart(32, '0')).join('');
}

function bitsOfPrefix6(text: string): string {
  const prefix = parseIpv6Prefix(text);
  return prefix === undefined ? '' : bits6(prefix).slice(0, prefix.length);
}
