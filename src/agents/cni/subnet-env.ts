import { formatIpv4, formatPrefix, type Ipv4Prefix, parsePrefix, plus } from '../../address/index.js';
import type { Source } from '../../linux/index.js';
import { didYouMean, type Problem, type ProblemCode, type Read, readResult } from '../../problem/index.js';
import type { SubnetEnv } from './flannel.js';

/** What /run/flannel/subnet.env says, and the names in it that are not modelled: those of IPv6. */
export interface SubnetEnvFile {
  readonly env: SubnetEnv;
  readonly unmodelled: readonly string[];
}

const NAMES = ['FLANNEL_NETWORK', 'FLANNEL_SUBNET', 'FLANNEL_MTU', 'FLANNEL_IPMASQ'] as const;
const IPV6 = ['FLANNEL_IPV6_NETWORK', 'FLANNEL_IPV6_SUBNET'];

/** Reads /run/flannel/subnet.env (loadFlannelSubnetEnv(), flannel-io/cni-plugin 1.9 flannel.go). */
export function readSubnetEnv(source: Source): Read<SubnetEnvFile> {
  const { file, text } = source;
  const problems: Problem[] = [];
  const fail = (code: ProblemCode, message: string, line: number, col: number): undefined => {
    problems.push({ code, message, file, path: [], line, col });
    return undefined;
  };
  const values = new Map<string, { readonly value: string; readonly line: number; readonly col: number }>();
  text.split('\n').forEach((content, index) => {
    if (content.trim() === '' || content.startsWith('#')) return;
    const [, name = '', value] = /^\s*(\w+)=(.*?)\s*$/.exec(content) ?? [];
    if (value === undefined) fail('syntax', `expected NAME=VALUE, found "${content.trim()}"`, index + 1, 1);
    else if (![...NAMES, ...IPV6].includes(name))
      fail('unknown-key', `no variable of flannel: "${name}"${didYouMean(name, NAMES)}`, index + 1, 1);
    else values.set(name, { value, line: index + 1, col: content.indexOf('=') + 2 });
  });
  function take<T>(
    name: (typeof NAMES)[number],
    expected: string,
    read: (value: string) => T | undefined,
  ): T | undefined {
    const found = values.get(name);
    if (found === undefined) return fail('missing', `${name} is missing`, 1, 1);
    const value = read(found.value);
    return value ?? fail('bad-value', `${name}: expected ${expected}, found "${found.value}"`, found.line, found.col);
  }
  const network = take('FLANNEL_NETWORK', 'one IPv4 prefix', parsePrefix);
  const subnet = take('FLANNEL_SUBNET', 'an IPv4 prefix', parsePrefix);
  const mtu = take('FLANNEL_MTU', 'a number from 68 to 65535', (value) => {
    const number = /^\d{1,5}$/.test(value) ? Number(value) : 0;
    return number >= 68 && number <= 65535 ? number : undefined;
  });
  const ipMasq = take('FLANNEL_IPMASQ', 'true or false', (value) => ({ true: true, false: false })[value]);
  const none: Ipv4Prefix = { address: 0 as Ipv4Prefix['address'], length: 0 };
  const env = { network: network ?? none, subnet: subnet ?? none, mtu: mtu ?? 0, ipMasq: ipMasq ?? false };
  return readResult({ env, unmodelled: IPV6.filter((name) => values.has(name)) }, problems);
}

/** Writes it as flanneld does: of the subnet the first address, that of the bridge (WriteSubnetFile(), pkg/subnet). */
export function formatSubnetEnv({ network, subnet, mtu, ipMasq }: SubnetEnv): string {
  const values = [formatPrefix(network), `${formatIpv4(plus(subnet.address, 1))}/${subnet.length}`, mtu, ipMasq];
  return NAMES.map((name, i) => `${name}=${values[i]}\n`).join('');
}
