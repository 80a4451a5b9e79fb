import type { Ipv4Prefix } from '../../address/index.js';
import { CALICO_KINDS, type CalicoKinds, readForm } from '../../cluster/index.js';
import { type CalicoEntry, entriesOf } from '../calico/entries.js';
import { valueAt } from '../value-at.js';

/** Calico's objects as the lab's manifest has them: what the API server added is left out. */
export function calicoObjects(entries: readonly CalicoEntry[]): readonly Readonly<Record<string, unknown>>[] {
  return entries.map(({ name, place: { document, path } }) => {
    const at = (key: string): unknown => valueAt(document.value, [...path, key]);
    return { apiVersion: at('apiVersion'), kind: at('kind'), metadata: { name }, spec: at('spec') };
  });
}

/** Those that can be read: of IPv4, that is. What is wrong with the others reading the lab will tell. */
function pools(entries: readonly CalicoEntry[]): readonly CalicoKinds['IPPool'][] {
  return entriesOf(entries, 'IPPool').flatMap(({ spec }) => readForm(CALICO_KINDS.IPPool, spec, [], () => {}) ?? []);
}

/** IPv4 prefixes of the pools. */
export function poolPrefixes(entries: readonly CalicoEntry[]): readonly Ipv4Prefix[] {
  return pools(entries).map(({ cidr }) => cidr);
}

/** The network that the pools make; undefined where there is none. With VXLAN in all of them there is no BGP. */
export function calicoLine(entries: readonly CalicoEntry[]): string | undefined {
  const all = pools(entries);
  if (all.length === 0) return undefined;
  const name = all.every(({ vxlanMode }) => vxlanMode !== 'Never') ? 'vxlan' : 'ipip';
  const mode = all.map((pool) => pool[`${name}Mode`]).find((each) => each !== 'Never');
  const network = mode === undefined ? 'bgp' : mode === 'Always' ? name : `${name}-crosssubnet`;
  return `cni: calico/${network} # from the IPPools`;
}
