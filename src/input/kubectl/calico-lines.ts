import { type Ipv4Prefix, parsePrefix } from '../../address/index.js';
import type { IPPoolFile } from '../calico/calico-file.js';
import { type CalicoEntry, entriesOf } from '../calico/entries.js';
import { valueAt } from '../value-at.js';

/** Calico's objects as the lab's manifest has them: what the API server added is left out. */
export function calicoObjects(entries: readonly CalicoEntry[]): readonly Readonly<Record<string, unknown>>[] {
  return entries.map(({ name, place: { document, path } }) => {
    const at = (key: string): unknown => valueAt(document.value, [...path, key]);
    return { apiVersion: at('apiVersion'), kind: at('kind'), metadata: { name }, spec: at('spec') };
  });
}

/** IPv4 prefixes of the pools. */
export function poolPrefixes(entries: readonly CalicoEntry[]): readonly Ipv4Prefix[] {
  return entriesOf(entries, 'IPPool').flatMap(({ spec }) => parsePrefix(spec.cidr) ?? []);
}

/** The network that the pools make; undefined where there is none. With VXLAN in all of them there is no BGP. */
export function calicoLine(entries: readonly CalicoEntry[]): string | undefined {
  const pools = entriesOf(entries, 'IPPool').flatMap(({ spec }) =>
    parsePrefix(spec.cidr) === undefined ? [] : [spec],
  );
  const [first] = pools;
  if (first === undefined) return undefined;
  const name = isVxlan(first) && pools.every(isVxlan) ? 'vxlan' : 'ipip';
  const modes = pools.flatMap(({ ipipMode = 'Never', vxlanMode = 'Never' }) => {
    const mode = name === 'vxlan' ? vxlanMode : ipipMode;
    return mode === 'Never' ? [] : [mode];
  });
  const [mode] = modes;
  const network = mode === undefined ? 'bgp' : mode === 'Always' ? name : `${name}-crosssubnet`;
  return `cni: calico/${network} # from the IPPools`;
}

function isVxlan({ vxlanMode = 'Never' }: IPPoolFile): boolean {
  return vxlanMode !== 'Never';
}
