import { Address4 } from 'ip-address';
import LongestPrefixMatch from 'longest-prefix-match';
import { Netmask } from 'netmask';
import {
  formatIpv4,
  formatPrefix,
  type Ipv4,
  type Ipv4Prefix,
  parseIpv4,
  plus,
  prefixOf,
} from '../src/address/index.js';
import { FibTable, newRoute, type Route, RT_SCOPE_UNIVERSE } from '../src/linux/index.js';
import { perSecond, printRates } from './measure.js';
import { randomFrom } from './random.js';

const SEED = 1;
const ROUTES = 1000;
const KEYS = 500;

/** Longest prefix match, peers side by side: the same prefixes, the same keys, and the same answers or no figures. */
export function benchRoutes(): void {
  const prefixes = makePrefixes();
  const keys = makeKeys(prefixes);
  const texts = keys.map(formatIpv4);
  const table = new FibTable();
  for (const dst of prefixes) table.append(routeTo(dst));
  const usable = (): boolean => true;
  const ours = (key: Ipv4): string => textOf(table.lookup(key, 0, usable)?.dst);

  const subnets = prefixes.map((prefix) => new Address4(formatPrefix(prefix)));
  const addresses = texts.map((text) => new Address4(text));
  const linearIpAddress = (key: Address4): string => {
    let best: Address4 | undefined;
    for (const subnet of subnets)
      if ((best === undefined || subnet.subnetMask > best.subnetMask) && key.isInSubnet(subnet)) best = subnet;
    return best?.address ?? '';
  };
  const masks = prefixes.map((prefix) => new Netmask(formatPrefix(prefix)));
  const linearNetmask = (key: string): string => {
    let best: Netmask | undefined;
    for (const mask of masks)
      if ((best === undefined || mask.bitmask > best.bitmask) && mask.contains(key)) best = mask;
    return best === undefined ? '' : `${best.base}/${best.bitmask}`;
  };
  const matcher = new LongestPrefixMatch();
  for (const prefix of prefixes) matcher.addPrefix(formatPrefix(prefix), formatPrefix(prefix));
  const matched = (key: string): string => String(matcher.getMatch(`${key}/32`)[0] ?? '');

  const all: readonly (readonly [name: string, answer: (i: number) => string])[] = [
    ['podpath FibTable', (i) => ours(keys[i] ?? (0 as Ipv4))],
    ['podpath FibTable, key as text', (i) => ours(parseIpv4(texts[i] ?? '') ?? (0 as Ipv4))],
    ['longest-prefix-match', (i) => matched(texts[i] ?? '')],
    ['ip-address, linear', (i) => linearIpAddress(addresses[i] ?? new Address4('0.0.0.0'))],
    ['netmask, linear', (i) => linearNetmask(texts[i] ?? '')],
  ];
  for (const [name, answer] of all)
    for (let i = 0; i < KEYS; i++) {
      const want = ours(keys[i] ?? (0 as Ipv4));
      if (answer(i) !== want) throw new Error(`${name} finds ${answer(i)} for ${texts[i]}, not ${want}`);
    }
  console.log(`Route lookup: ${ROUTES} prefixes, ${KEYS} keys, seed ${SEED}; all five agree on every key`);
  const rates = all.map(([name, answer]) => {
    const rate = perSecond(KEYS, () => {
      for (let i = 0; i < KEYS; i++) answer(i);
    });
    return [name, rate] as const;
  });
  printRates('lookups/s', rates);
}

/**
 * As on a node of a large cluster: mostly /24 of pod networks, some /26 and /32, a few short ones. Without a default
 * route, which longest-prefix-match 1.3.1 does not find.
 */
function makePrefixes(): readonly Ipv4Prefix[] {
  const random = randomFrom(SEED);
  const found = new Map<string, Ipv4Prefix>();
  while (found.size < ROUTES) {
    const length = [24, 24, 24, 24, 24, 26, 26, 32, 32, 16][random() % 10] ?? 24;
    const prefix = prefixOf(plus(0x0a000000 as Ipv4, random() % 0x1000000), length);
    found.set(formatPrefix(prefix), prefix);
  }
  return [...found.values()];
}

/** Half of them within a prefix, the others anywhere in 10.0.0.0/8. */
function makeKeys(prefixes: readonly Ipv4Prefix[]): readonly Ipv4[] {
  const random = randomFrom(SEED + 1);
  return Array.from({ length: KEYS }, (_, i) => {
    const { address, length } = prefixes[random() % prefixes.length] ?? prefixOf(0 as Ipv4, 32);
    const within = random() % 2 ** (32 - length);
    return i % 2 === 0 ? plus(address, within) : plus(0x0a000000 as Ipv4, random() % 0x1000000);
  });
}

/** Texts of prefixes, made once: making them is not what is measured. */
const texts = new Map<Ipv4Prefix, string>();

function textOf(prefix: Ipv4Prefix | undefined): string {
  if (prefix === undefined) return '';
  let text = texts.get(prefix);
  if (text === undefined) {
    text = formatPrefix(prefix);
    texts.set(prefix, text);
  }
  return text;
}

function routeTo(dst: Ipv4Prefix): Route {
  return { ...newRoute(dst, { dev: 'eth0' }), scope: RT_SCOPE_UNIVERSE, origin: { by: 'bench' } };
}
